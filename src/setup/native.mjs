import { existsSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { pathToFileURL } from "node:url"
import { SetupError } from "./errors.mjs"
import { digest, filesUnder, readIfThere, writeAtomically } from "./files.mjs"

/** @param {string} root */
function buildScript(root) {
  return join(root, "src", "native", "build.mjs")
}

/** @param {string} root */
function stampPath(root) {
  return join(root, "build", ".native-key")
}

/**
 * Key of what the addon is made from: its C sources, its build script, the headers' version.
 * @param {string} root
 */
function nativeKey(root) {
  const directory = join(root, "src", "native")
  const sources = [".c", ".h", ".mjs"].flatMap((ending) => filesUnder(directory, ending))
  const headers = readIfThere(join(root, "node_modules", "node-api-headers", "package.json")) ?? ""
  return digest([headers, ...sources.flatMap((path) => [relative(root, path), readFileSync(path)])])
}

/**
 * Whether the addon stands and is made from today's sources.
 * @param {string} root
 */
export function nativeIsFresh(root) {
  if (!existsSync(buildScript(root))) return true
  return existsSync(join(root, "build", "pika.node")) && readIfThere(stampPath(root)) === nativeKey(root)
}

/**
 * Builds the addon with gcc, by the native room's own script.
 * @param {string} root
 */
export async function buildAddon(root) {
  const { buildNative } = await import(pathToFileURL(buildScript(root)).href)
  try {
    await buildNative({ root })
  } catch (error) {
    if (error instanceof SetupError) throw error
    const what = error instanceof Error ? error.message : String(error)
    throw new SetupError(
      `the native addon could not be built: ${what}`,
      "install gcc and libc6-dev, then run again",
      { cause: error },
    )
  }
  writeAtomically(stampPath(root), nativeKey(root))
}
