/** Runs a command of the project as a user would, and reads along. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { projectRoot } from "../../src/setup/files.mjs"

export interface Pika {
  readonly child: ChildProcess
  /** All that it has said until now, both streams. */
  text(): string
  /** Resolves when it has said it. @throws with all that it said, when it ends before or `seconds` go by */
  said(what: string | RegExp, seconds?: number): Promise<void>
  /** Exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>
}

const follow = (child: ChildProcess): Pika => {
  let text = ""
  const listeners = new Set<() => void>()
  const more = (x: Buffer) => {
    text += x
    for (const look of listeners) look()
  }
  child.stdout!.on("data", more)
  child.stderr!.on("data", more)
  const exit = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve(code ?? signal ?? "none"))
  })
  const said = (what: string | RegExp, seconds = 30) =>
    new Promise<void>((resolve, reject) => {
      const found = () => (typeof what === "string" ? text.includes(what) : what.test(text))
      const end = (failed?: string) => {
        listeners.delete(look)
        clearTimeout(timer)
        if (failed === undefined) resolve()
        else reject(new Error(`${failed} without ${what}; it said:\n${text}`))
      }
      const look = () => {
        if (found()) end()
      }
      const timer = setTimeout(() => end(`${seconds} s`), seconds * 1000)
      listeners.add(look)
      void exit.then((code) => {
        if (listeners.has(look)) end(found() ? undefined : `ended (${code})`)
      })
      look()
    })
  return { child, text: () => text, said, exit }
}

/** Starts any command line. */
export const start = (argv: ReadonlyArray<string>, env: Record<string, string> = {}): Pika =>
  follow(
    spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } }),
  )

/** `pika` on the Node that runs the tests, without the set-up that is done already. */
export const pika = (...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  join(projectRoot, "src/cli/main.ts"),
  ...args,
]

/** A folder that is removed at the end. */
export const scratch = (): { readonly folder: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), "pika-cli-"))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
