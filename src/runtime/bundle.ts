/** Server and application processes start from a bundle: ten times faster than stripping types in every file. */
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Key of all sources: any change makes another bundle. */
const sourcesKey = (): string => {
  const hash = createHash("sha256")
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((x) => x.isFile() && /\.(ts|mjs)$/.test(x.name))
    .map((x) => join(x.parentPath, x.name))
    .sort()
  for (const file of files) hash.update(file).update(readFileSync(file))
  hash.update(readFileSync(join(root, "package-lock.json")))
  return hash.digest("hex").slice(0, 16)
}

/** Path of the bundle of `entry` (below src/), built when there is none of today's sources. */
export const bundle = async (entry: string): Promise<string> => {
  const name = `${entry.replaceAll(/[^a-z]+/g, "-")}-${sourcesKey()}.mjs`
  const folders = [join(root, "build", "bundle"), ...(own === undefined ? [] : [own])]
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  const contents = await build(entry)
  try {
    return write(folders[0]!, name, contents)
  } catch {
    return write(ownFolder(), name, contents)
  }
}

let building = 0

const build = async (entry: string): Promise<Uint8Array> => {
  const esbuild = await import("esbuild")
  building++
  try {
    const result = await esbuild.build({
      entryPoints: [join(root, "src", entry)],
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node24",
      // Puts constants where they are used: an imported one is read from memory, and checked, at every use.
      minifySyntax: true,
      write: false,
      logLevel: "silent",
    })
    return result.outputFiles[0]!.contents
  } finally {
    // Its service would stay for as long as we do, with 100 MB.
    if (--building === 0) await esbuild.stop()
  }
}

/** A project that belongs to somebody else can't be written: then bundles live as long as this process, in a folder of ours. */
let own: string | undefined

const ownFolder = (): string => {
  if (own !== undefined) return own
  const folder = mkdtempSync(join(tmpdir(), "pika-bundle-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  own = folder
  return folder
}

/** In one step: another process sees the whole file or none. */
const write = (folder: string, name: string, contents: Uint8Array): string => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
  return path
}

/**
 * V8's bounds of inlining, for programs that run many small functions for each frame: with them one of 64 B is received in 74 ns
 * in place of 88, from the caches.
 */
export const programOptions: ReadonlyArray<string> = [
  "--max-inlined-bytecode-size=1500",
  "--max-inlined-bytecode-size-cumulative=4000",
]

export const addonPath = join(root, "build", "pika.node")
