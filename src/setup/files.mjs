import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's top directory. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * sha256 of the parts, each preceded by its length so that no two lists collide.
 * @param {readonly (string | Uint8Array)[]} parts
 * @returns {string} hexadecimal
 */
export function digest(parts) {
  const hash = createHash("sha256")
  for (const part of parts) {
    hash.update(`${typeof part === "string" ? Buffer.byteLength(part) : part.length}:`)
    hash.update(part)
  }
  return hash.digest("hex")
}

/**
 * sha256 of one file, as `sha256sum` prints it.
 * @param {string} path
 */
export function fileSha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex")
}

/**
 * The file's text, or undefined where it can't be read.
 * @param {string} path
 */
export function readIfThere(path) {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/**
 * Writes so that a reader sees the old file or the new one, never a half. What fails (a full disk) leaves nothing behind.
 * @param {string} path
 * @param {string | Uint8Array} content
 */
export function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true })
  const half = `${path}.${process.pid}.half`
  try {
    writeFileSync(half, content)
    renameSync(half, path)
  } catch (error) {
    rmSync(half, { force: true })
    throw error
  }
}

/**
 * All files under a directory whose name ends in `ending`, sorted; none where the directory is missing.
 * @param {string} directory
 * @param {string} ending
 * @returns {string[]}
 */
export function filesUnder(directory, ending) {
  /** @type {string[]} */
  const found = []
  let entries
  try {
    entries = readdirSync(directory, { withFileTypes: true })
  } catch {
    return found
  }
  for (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.push(...filesUnder(path, ending))
    else if (entry.name.endsWith(ending)) found.push(path)
  }
  return found.sort()
}
