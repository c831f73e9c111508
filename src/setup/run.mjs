import { spawn } from "node:child_process"
import { constants } from "node:os"
import { SetupError } from "./errors.mjs"
import { nodeBinary, projectEnv } from "./node.mjs"

const inherit = /** @type {const} */ (["inherit", "inherit", "inherit"])

/**
 * Runs a program of the project in the foreground; signals reach it. By a channel to us that closes it sees our end, too, where
 * that was a SIGKILL.
 * @param {string} root
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export function runNode(root, args) {
  const node = nodeBinary(root)
  if (node === undefined) throw new SetupError("Node 24 is missing", "npm ci")
  const child = spawn(node, args, { cwd: process.cwd(), stdio: [...inherit, "ipc"], env: projectEnv(root) })
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])
  for (const signal of signals) process.on(signal, pass)
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
