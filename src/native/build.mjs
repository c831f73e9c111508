// Builds the addon with gcc; no node-gyp. Run by set-up, which knows when it is stale.
import { spawnSync } from "node:child_process"
import { mkdirSync, renameSync } from "node:fs"
import { join } from "node:path"

const sources = ["addon.c", "memory.c", "doorbell.c", "socket.c", "tap.c"]
const flags = [
  "-std=gnu17",
  "-O2",
  "-g",
  "-fPIC",
  "-shared",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-D_GNU_SOURCE",
]

/**
 * @param {{root: string}} options
 * @throws {Error} with what gcc said
 */
export function buildNative({ root }) {
  const here = join(root, "src", "native")
  const out = join(root, "build")
  mkdirSync(out, { recursive: true })
  const temporary = join(out, `pika.node.${process.pid}`)
  const headers = join(root, "node_modules", "node-api-headers", "include")
  const paths = sources.map((name) => join(here, name))
  const result = spawnSync("gcc", [...flags, "-isystem", headers, "-o", temporary, ...paths], {
    encoding: "utf8",
  })
  if (result.error !== undefined) throw new Error(`gcc cannot be run: ${result.error.message}`)
  if (result.status !== 0) throw new Error(`gcc: ${result.stderr.trim()}`)
  // In one step: a process that has the old one loaded keeps it.
  renameSync(temporary, join(out, "pika.node"))
}
