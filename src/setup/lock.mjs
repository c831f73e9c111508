import { connect, createServer } from "node:net"
import { digest } from "./files.mjs"

/** How often a waiter looks again before it gives up; each look lasts until the holder lets go. */
const maxTurns = 1000
const refusedPauseMs = 20

/**
 * Runs `body` while no other process of this machine runs one for the same root. The lock is an abstract
 * Unix socket: the kernel drops it with its holder, so that a killed set-up never leaves a stale lock, and a
 * waiter is woken by its connection closing, without polling.
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} body
 * @param {() => void} [onWait] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(root, body, onWait) {
  const path = `\0pika-setup-${digest([root]).slice(0, 32)}`
  for (let turn = 0; turn < maxTurns; turn++) {
    const server = await listen(path)
    if (server === undefined) {
      if (turn === 0) onWait?.()
      await closing(path)
      continue
    }
    try {
      return await body()
    } finally {
      server.release()
    }
  }
  throw new Error(`gave up waiting for another set-up after ${maxTurns} turns`)
}

/**
 * @param {string} path
 * @returns {Promise<{release(): void} | undefined>} undefined: held by another
 */
function listen(path) {
  return new Promise((resolve, reject) => {
    /** @type {Set<import("node:net").Socket>} */
    const waiters = new Set()
    const server = createServer((socket) => {
      waiters.add(socket)
      socket.on("error", () => {}).on("close", () => waiters.delete(socket))
    })
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE") resolve(undefined)
      else reject(error)
    })
    server.listen(path, () => {
      resolve({
        release() {
          server.close()
          for (const socket of waiters) socket.destroy()
        },
      })
    })
  })
}

/**
 * Ends when the holder does. A holder that has bound but not yet listens refuses: look again a little later.
 * @param {string} path
 * @returns {Promise<void>}
 */
function closing(path) {
  return new Promise((resolve) => {
    connect(path)
      .on("error", () => {})
      .on("close", (failed) => setTimeout(resolve, failed ? refusedPauseMs : 0))
      .resume()
  })
}
