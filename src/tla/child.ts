/** A Java program as a child that leaves nothing behind: in a process group of its own, ended whole. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import type { Readable, Writable } from "node:stream"

export type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * Its standard input stays open and empty: `pika.Watch` ends the program when it closes, with this process, however that
 * ends.
 */
export const startChild = (command: string, args: ReadonlyArray<string>, cwd: string): Child =>
  spawn(command, args, { cwd, stdio: ["pipe", "pipe", "pipe"], detached: true })

/** Kills the program and what it may have started (`java` may be somebody's script). */
export const killChild = (child: Child): void => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // It has ended already.
  }
}

/** Resolves when the program has ended and all it said was read. */
export const childEnded = (child: Child): Promise<void> =>
  new Promise((resolve) => {
    if (child.pid === undefined || child.stdout.closed) resolve()
    else child.once("close", () => resolve())
  })
