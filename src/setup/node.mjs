import { existsSync } from "node:fs"
import { join } from "node:path"
import { findCommand, outputOf, run, searchPath } from "./command.mjs"
import { SetupError } from "./errors.mjs"

/** The first Node whose type stripping runs this project's sources. */
export const neededMajor = 24

/**
 * The Node binary that runs the project: this one where it is new enough, else the npm package's.
 * @param {string} root
 * @returns {string | undefined} absolute path, undefined where neither is there
 */
export function nodeBinary(root) {
  if (Number(process.versions.node.split(".")[0]) >= neededMajor) return process.execPath
  const packaged = packagedNode(root)
  return existsSync(packaged) ? packaged : undefined
}

/** @param {string} root */
function packagedNode(root) {
  return join(root, "node_modules", "node", "bin", "node")
}

/**
 * The environment of everything the project starts: its own commands first on the PATH, system directories last.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnv(root, env = process.env) {
  const bin = join(root, "node_modules", ".bin")
  const rest = searchPath(env)
    .split(":")
    .filter((directory) => directory !== bin)
  return { ...env, PATH: [bin, ...rest].join(":") }
}

/**
 * The environment npm is run in: without our node_modules, which it is about to replace, on the PATH.
 * @param {string} root
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnv(root) {
  const bin = join(root, "node_modules")
  const path = searchPath()
    .split(":")
    .filter((directory) => !directory.startsWith(bin))
    .join(":")
  // What an outer `npm start` exports for its script would steer this npm: keep only what the user set.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(name),
  )
  return { ...Object.fromEntries(own), PATH: path }
}

/**
 * Makes sure that a Node that can run the project is there, after the npm packages are.
 * @param {string} root
 */
export async function ensureNode(root) {
  const binary = nodeBinary(root)
  if (binary !== undefined) return binary
  // Users who set `ignore-scripts` have the package without its binary: run its one script now.
  const result = await run("node", ["installArchSpecificPackage"], {
    cwd: join(root, "node_modules", "node"),
    env: npmEnv(root),
  })
  const fetched = nodeBinary(root)
  if (fetched === undefined) {
    throw new SetupError(
      `Node ${process.versions.node} is too old to run TypeScript, and the npm package "node" brought no binary for ${process.platform}-${process.arch}: ${outputOf(result)}`,
      `install Node ${neededMajor} or newer, or give npm access to its registry and run again`,
    )
  }
  return fetched
}

/** @returns {string | undefined} the npm command */
export function npmCommand() {
  return findCommand("npm", npmEnv("/"))
}
