/**
 * Commands as a user without any privilege, wherever root keeps the project: it appears read-only in a folder open to all, and
 * without bundles.
 */
import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { projectRoot } from "../../src/setup/files.mjs"
import { scratch } from "./pika.ts"

/** Linux's overflow user: owns nothing. */
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

const MOUNT = `mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" &&
  mount -t tmpfs -o ro,mode=755 none "$2/build/bundle" && cd "$2" && shift 2 && exec "$@"`

export interface Nobody {
  /** A folder that nobody may write, for control sockets and HOME. */
  readonly folder: string
  /** The command line that runs `argv`, in which paths of the project mean its place there. Needs root. */
  command(argv: ReadonlyArray<string>): ReadonlyArray<string>
  remove(): void
}

export const asNobody = (): Nobody => {
  const { folder, remove } = scratch()
  const project = join(folder, "project")
  mkdirSync(project)
  mkdirSync(join(projectRoot, "build", "bundle"), { recursive: true })
  chmodSync(folder, 0o777)
  return {
    folder,
    command: (argv) => [
      ...["unshare", "--mount", "sh", "-c", MOUNT, "sh", projectRoot, project],
      ...[...NOBODY, "env", `HOME=${folder}`],
      ...argv.map((x) => (x.startsWith(projectRoot) ? project + x.slice(projectRoot.length) : x)),
    ],
    remove,
  }
}
