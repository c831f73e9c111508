import { spawn } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"

/** Where Debian keeps tc, ethtool and nginx; an ordinary user's PATH often lacks them. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

/** How much of a failing command's output an error message repeats: characters from its start and from its end. */
const shownStart = 1500
const shownEnd = 2500

/**
 * The PATH that the project's processes get: the caller's, then the system directories.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function searchPath(env = process.env) {
  const own = (env.PATH ?? "").split(delimiter).filter((directory) => directory !== "")
  return [...own, ...systemDirectories.filter((directory) => !own.includes(directory))].join(delimiter)
}

/**
 * The first executable file of that name on the search path.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findCommand(name, env = process.env) {
  for (const directory of searchPath(env).split(delimiter)) {
    const path = join(directory, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // not here
    }
  }
  return undefined
}

/**
 * Runs a command to its end. Never throws for a failing command: look at `code`.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number}} [options]
 * @returns {Promise<{code: number, stdout: string, stderr: string}>} code is 127 where the command could not start, 124 after a timeout
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const env = { ...(options.env ?? process.env), PATH: searchPath(options.env) }
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill("SIGKILL")
    }, options.timeoutMs ?? 600_000)
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text
    })
    child.on("error", (error) => {
      clearTimeout(timer)
      resolve({ code: 127, stdout, stderr: `${stderr}${error.message}` })
    })
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      if (signal !== null && !late) stderr += `\nended by ${signal}`
      resolve({ code: late ? 124 : (code ?? 128), stdout, stderr })
    })
  })
}

/**
 * What a command printed, its middle left out where it is long, indented, for an error message.
 * @param {{code: number, stdout: string, stderr: string}} result
 */
export function outputOf(result) {
  const all = `${result.stdout}\n${result.stderr}`.trim()
  const long = all.length > shownStart + shownEnd
  const text = long ? `${all.slice(0, shownStart)}\n[…]\n${all.slice(-shownEnd)}` : all
  return `exit code ${result.code}\n${text.replace(/^/gm, "    ")}`
}
