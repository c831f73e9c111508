/**
 * The command line that runs `argv` as a user in a user namespace that allows no further one. As root's child too it is
 * nobody special: its capabilities go.
 */
export const withoutNamespaces = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const limit = `echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all "$@"`
  const user = ["--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
  return ["unshare", ...user, "sh", "-c", limit, "sh", ...argv]
}
