/** Server and application processes start from a bundle: ten times faster than stripping types in every file. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Key of all sources: any change makes another bundle. */
const sourcesKey = (): string => {
  const hash = createHash("sha256")
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((x) => x.isFile() && x.name.endsWith(".ts"))
    .map((x) => join(x.parentPath, x.name))
    .sort()
  for (const file of files) hash.update(file).update(readFileSync(file))
  hash.update(readFileSync(join(root, "package-lock.json")))
  return hash.digest("hex").slice(0, 16)
}

/** Path of the bundle of `entry` (below src/), built when there is none of today's sources. */
export const bundle = async (entry: string): Promise<string> => {
  const folder = join(root, "build", "bundle")
  const name = entry.replaceAll(/[^a-z]+/g, "-")
  const path = join(folder, `${name}-${sourcesKey()}.mjs`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const { build } = await import("esbuild")
  const result = await build({
    entryPoints: [join(root, "src", entry)],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    write: false,
    logLevel: "silent",
  })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, result.outputFiles[0]!.contents)
  renameSync(temporary, path)
  return path
}

export const addonPath = join(root, "build", "pika.node")
