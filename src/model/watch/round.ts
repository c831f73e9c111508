/** A round of models in a thread of its own, which can be stopped at any time and leaves nothing behind. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import type { RoundOrder, RoundVerdict } from "./round-main.ts"

/** A thread that explores the core hears nothing: then it is ended, ms. TLC doesn't run at that time. */
const PATIENCE = 300

export interface Round {
  /** Resolves when it is over; with what is wrong with the core, if that can't be loaded. */
  readonly over: Promise<Error | undefined>
  /** Resolves when nothing of it is left. */
  stop(): Promise<void>
}

export const startRound = (models: ReadonlyArray<string>, told: (verdict: RoundVerdict) => void): Round => {
  // What the thread, or its TLC, had no time to remove is all in here.
  const scratch = mkdtempSync(join(tmpdir(), "pika-round-"))
  const worker = new Worker(new URL("./round-main.ts", import.meta.url), {
    workerData: { models } satisfies RoundOrder,
    env: { ...process.env, TMPDIR: scratch },
  })
  let failure: Error | undefined
  worker.on("message", told)
  worker.on("error", (error) => {
    failure = error as Error
  })
  const over = new Promise<Error | undefined>((resolve) => {
    worker.once("exit", () => {
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
      resolve(failure)
    })
  })
  return {
    over,
    stop: async () => {
      worker.off("message", told)
      worker.postMessage("stop")
      const late = setTimeout(() => void worker.terminate(), PATIENCE)
      await over
      clearTimeout(late)
    },
  }
}
