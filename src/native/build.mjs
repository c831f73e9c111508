// Builds the addon and its helper programs with gcc; no node-gyp. Set-up runs it; a build that stands costs milliseconds.
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { delimiter, join } from "node:path"

const flags = ["-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
const shared = ["-fPIC", "-shared", "-fvisibility=hidden"]
const sanitizers = [
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
  "-fno-omit-frame-pointer",
]

/** Drivers without N-API: what the addon, the namespace helper and the tests in C have in common. */
const drivers = [
  "nic.c",
  "tap.c",
  "packet.c",
  "packet-open.c",
  "xdp.c",
  "xdp-open.c",
  "large.c",
  "checksum.c",
]
const addon = [
  ...["addon.c", "memory.c", "doorbell.c", "socket.c", "nic-api.c", "interface-api.c", "layout.c"],
  ...["interface.c", "netns/link.c"],
  ...drivers,
]

/** @type {Readonly<Record<string, {readonly sources: readonly string[], readonly flags: readonly string[]}>>} */
const targets = {
  "pika.node": { sources: addon, flags: shared },
  "pika-netns": {
    sources: ["netns/pika-netns.c", "netns/link.c", "tap.c", "nic.c", "packet-open.c"],
    flags: [],
  },
  pingpong: { sources: ["bench/pingpong.c"], flags: [] },
  "bench-receive": { sources: ["bench/receive.c"], flags: [] },
  openloop: { sources: ["bench/openloop.c"], flags: [] },
  // Only for the tests: see impl-tests/native/sanitized.e2e.test.ts.
  "pure-test": {
    sources: ["../../impl-tests/native/pure.c", "nic.c", "checksum.c"],
    flags: sanitizers,
  },
  "pika-sanitized.node": { sources: addon, flags: [...shared, ...sanitizers] },
}
const always = ["pika.node", "pika-netns", "pingpong", "bench-receive", "openloop"]

/**
 * @returns {string} the compiler's path
 */
function compiler() {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, "gcc")
    if (directory !== "" && existsSync(path)) return path
  }
  throw new Error("gcc is not on the PATH: apt-get install gcc libc6-dev")
}

/**
 * Key of a target: every C file of the room, the flags, the compiler.
 * @param {string} here
 * @param {string} gcc
 */
function keyOf(here, gcc) {
  const hash = createHash("sha256")
  const { mtimeMs, size } = statSync(gcc)
  hash.update(JSON.stringify([gcc, mtimeMs, size, flags, targets]))
  const files = readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
  // The tests' own C lies elsewhere.
  const outside = Object.values(targets).flatMap(({ sources }) =>
    sources.filter((name) => name.startsWith("..")),
  )
  for (const name of [...files, ...outside.filter((path) => existsSync(join(here, path)))])
    hash
      .update(name)
      .update("\0")
      .update(readFileSync(join(here, name)))
  return hash.digest("hex")
}

/**
 * Builds into `root`/build what isn't built from today's sources yet.
 * @param {{root: string, only?: readonly string[]}} options `only`: names of targets; default the addon and the programs
 * @returns {Promise<void>}
 * @throws {Error} without gcc, naming the remedy; with what gcc said
 */
export async function buildNative({ root, only = always }) {
  const here = join(root, "src", "native")
  const out = join(root, "build")
  const headers = join(root, "node_modules", "node-api-headers", "include")
  if (!existsSync(headers)) throw new Error(`${headers} is not there: npm ci`)
  const gcc = compiler()
  const key = keyOf(here, gcc)
  mkdirSync(out, { recursive: true })
  await Promise.all(
    only.map(async (name) => {
      const target = targets[name]
      if (target === undefined)
        throw new Error(`no target ${name}; there are ${Object.keys(targets).join(", ")}`)
      const stamp = join(out, `.${name}-key`)
      if (existsSync(join(out, name)) && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return
      const temporary = join(out, `.${name}.${process.pid}`)
      const sources = target.sources.map((source) => join(here, source))
      try {
        await run(gcc, [
          ...flags,
          ...target.flags,
          "-isystem",
          headers,
          "-I",
          here,
          "-o",
          temporary,
          ...sources,
        ])
        // In one step: a process that has the old one loaded keeps it.
        renameSync(temporary, join(out, name))
      } finally {
        rmSync(temporary, { force: true })
      }
      writeFileSync(stamp, key)
    }),
  )
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { maxBuffer: 1 << 24, timeout: 300_000 }, (error, _stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error(`gcc: ${stderr.trim() || error.message}`))
    })
  })
}
