/** Whether users may make namespaces here, and what forbids it. */
import { readFileSync } from "node:fs"

/** Settings that forbid user namespaces, and the value that allows them. The first two of Linux, then Debian's, then Ubuntu's. */
const settings = [
  { name: "user.max_user_namespaces", forbids: (x: number) => x === 0, allow: 10_000 },
  { name: "user.max_net_namespaces", forbids: (x: number) => x === 0, allow: 10_000 },
  { name: "kernel.unprivileged_userns_clone", forbids: (x: number) => x === 0, allow: 1 },
  { name: "kernel.apparmor_restrict_unprivileged_userns", forbids: (x: number) => x !== 0, allow: 0 },
] as const

const settingOf = (name: string): number | undefined => {
  try {
    return Number(readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8"))
  } catch {
    return undefined
  }
}

/** The settings here that forbid, as name=value. */
export const forbidding = (): ReadonlyArray<{ readonly is: string; readonly allow: string }> =>
  settings.flatMap(({ name, forbids, allow }) => {
    const value = settingOf(name)
    return value !== undefined && forbids(value)
      ? [{ is: `${name}=${value}`, allow: `${name}=${allow}` }]
      : []
  })

/** What to do where no network namespace can be made. */
export const namespaceRemedy = (root: boolean): string => {
  const here = forbidding()
  const allow = `sysctl ${here.map((x) => x.allow).join(" ")}`
  if (root) {
    return here.length > 0
      ? `${here.map((x) => x.is).join(", ")} here: ${allow}`
      : "run where the kernel allows network namespaces (a container needs CAP_SYS_ADMIN)"
  }
  return here.length > 0
    ? `${here.map((x) => x.is).join(", ")} here: run as root, or have root let users make them: ${allow}`
    : "run as root; in a container, allow it unshare(2) with CLONE_NEWUSER (its seccomp profile)"
}
