import { ensureSystem, systemIsFresh } from "./debian.mjs"
import { projectRoot } from "./files.mjs"
import { compileJava, javaIsFresh } from "./java.mjs"
import { withLock } from "./lock.mjs"
import { buildAddon, nativeIsFresh } from "./native.mjs"
import { ensureNode, nodeBinary } from "./node.mjs"
import { installPackages, packagesAreFresh } from "./packages.mjs"
import { ensureTlc, locateTlc } from "./tlc.mjs"

/** @typedef {"system" | "packages" | "node" | "native" | "tlc" | "java"} StepName */

/**
 * @typedef {object} Options
 * @property {string} [root]
 * @property {readonly StepName[]} [steps] which steps; all by default
 * @property {boolean} [mayInstall] whether Debian packages may be installed (root only); no by default
 * @property {(line: string) => void} [say] progress, one line at a time
 */

/**
 * @typedef {object} Step
 * @property {string} title what is being done, for the reader
 * @property {(root: string) => boolean} isFresh cheap: a few stats and hashes of small files
 * @property {(root: string, options: {say: (line: string) => void, mayInstall: boolean}) => Promise<unknown>} bring
 */

/** In the order they depend on one another. @type {Readonly<Record<StepName, Step>>} */
export const steps = {
  system: {
    title: "system packages",
    isFresh: (root) => systemIsFresh(root),
    bring: (root, { say, mayInstall }) => ensureSystem(root, say, mayInstall),
  },
  packages: {
    title: "npm packages of the lock file",
    isFresh: packagesAreFresh,
    bring: (root) => installPackages(root),
  },
  node: {
    title: "Node 24",
    isFresh: (root) => nodeBinary(root) !== undefined,
    bring: (root) => ensureNode(root),
  },
  native: { title: "native addon", isFresh: nativeIsFresh, bring: (root) => buildAddon(root) },
  tlc: {
    title: "TLC",
    isFresh: (root) => locateTlc(root) !== undefined,
    bring: (root, { say }) => ensureTlc(root, say),
  },
  java: { title: "Java classes for TLC", isFresh: javaIsFresh, bring: (root) => compileJava(root) },
}

export const allSteps = /** @type {StepName[]} */ (Object.keys(steps))

/**
 * The steps that would have something to do.
 * @param {string} root
 * @param {readonly StepName[]} names
 */
export function staleSteps(root, names = allSteps) {
  return names.filter((name) => !steps[name].isFresh(root))
}

/**
 * Brings everything the project needs; does nothing, in a few milliseconds, where all of it is there. Several
 * processes may call it at once: one works, the others wait for it.
 * @param {Options} [options]
 * @returns {Promise<StepName[]>} the steps that had something to do
 * @throws {import("./errors.mjs").SetupError} what is missing and how to get it
 */
export async function setUp(options = {}) {
  const root = options.root ?? projectRoot
  const say = options.say ?? (() => {})
  const names = options.steps ?? allSteps
  if (staleSteps(root, names).length === 0) return []
  const body = async () => {
    /** @type {StepName[]} */
    const done = []
    for (const name of names) {
      // Looked at again, one by one: another process may have brought it, or a step before made it stale.
      if (steps[name].isFresh(root)) continue
      const began = performance.now()
      say(`${steps[name].title} …`)
      await steps[name].bring(root, { say, mayInstall: options.mayInstall ?? false })
      say(`${steps[name].title}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`)
      done.push(name)
    }
    return done
  }
  return withLock(root, body, () => say("another set-up is under way: waiting for it"))
}
