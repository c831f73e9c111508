import { existsSync, symlinkSync, unlinkSync } from "node:fs"
import { join } from "node:path"
import { outputOf, run } from "./command.mjs"
import { SetupError } from "./errors.mjs"
import { digest, readIfThere, writeAtomically } from "./files.mjs"
import { npmCommand, npmEnv } from "./node.mjs"

/** @typedef {{version?: string, integrity?: string, optional?: boolean, link?: boolean}} LockEntry */

/** @param {string} root */
function stampPath(root) {
  return join(root, "node_modules", ".pika-setup")
}

/** @param {string} root */
function lockDigest(root) {
  const lock = readIfThere(join(root, "package-lock.json"))
  if (lock === undefined) {
    throw new SetupError("package-lock.json is missing", "git checkout -- package-lock.json")
  }
  return digest([lock])
}

/**
 * Whether node_modules is what the lock file says. Without our stamp, npm's own record of what it installed decides,
 * so that a tree which a user made by `npm ci` is not made again.
 * @param {string} root
 */
export function packagesAreFresh(root) {
  if (!existsSync(join(root, "node_modules", ".bin", "pika"))) return false
  const wanted = lockDigest(root)
  if (readIfThere(stampPath(root)) === wanted) return true
  return installedMatchesLock(root)
}

/** @param {string} root */
export function installedMatchesLock(root) {
  const lock = readPackages(join(root, "package-lock.json"))
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"))
  if (lock === undefined || installed === undefined) return false
  for (const [path, entry] of Object.entries(lock)) {
    if (path === "") continue
    const there = installed[path]
    if (there === undefined && entry.optional === true) continue
    if (there?.version !== entry.version || there?.integrity !== entry.integrity) return false
  }
  return Object.keys(installed).every((path) => lock[path] !== undefined)
}

/**
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readIfThere(path) ?? "").packages
  } catch {
    return undefined
  }
}

/**
 * Installs the npm packages of the lock file and links our own command among theirs, where `npx pika` finds it
 * without asking a registry.
 * @param {string} root
 */
export async function installPackages(root) {
  if (!installedMatchesLock(root)) {
    const npm = npmCommand()
    if (npm === undefined) {
      throw new SetupError("npm is not on the PATH", "install Node with npm (Debian: apt-get install npm)")
    }
    const result = await run(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      env: npmEnv(root),
    })
    if (result.code !== 0) {
      throw new SetupError(
        `npm ci failed: ${outputOf(result)}`,
        "mend what npm names (network, registry, disk) and run again",
      )
    }
  }
  linkOwnCommand(root)
  writeAtomically(stampPath(root), lockDigest(root))
}

/** @param {string} root */
function linkOwnCommand(root) {
  const link = join(root, "node_modules", ".bin", "pika")
  try {
    unlinkSync(link)
  } catch {
    // not there yet
  }
  symlinkSync(join("..", "..", "src", "cli", "pika.mjs"), link)
}
