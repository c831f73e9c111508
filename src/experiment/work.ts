/** Tasks over worker processes, a core each. */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Data, Effect } from "effect"
import type { RunResult } from "./run.ts"
import { nameOf, type Store, type Task } from "./store.ts"
import type { FromWorker } from "./worker-main.ts"

/** A task that gave no result; what was done before it stays. */
export class TaskFailed extends Data.TaggedError("TaskFailed")<{ readonly message: string }> {}

/** A task that is done: how long it took, s, and the core steps of its run. */
export interface Finished {
  readonly task: Task
  readonly seconds: number
  readonly steps: number
}

const start = Effect.sync(() => fork(fileURLToPath(new URL("./worker-main.ts", import.meta.url))))

const end = (child: ChildProcess) =>
  Effect.sync(() => {
    child.kill("SIGKILL")
  })

const ask = (child: ChildProcess, task: Task): Effect.Effect<RunResult, TaskFailed> =>
  Effect.callback((resume) => {
    const failed = (why: string) =>
      resume(Effect.fail(new TaskFailed({ message: `${nameOf(task)}: ${why}` })))
    const exit = (code: number | null, signal: string | null) =>
      failed(`its process ended without a result (${signal ?? `exit ${code}`})`)
    const error = (cause: Error) => failed(cause.message)
    child.once("exit", exit)
    child.once("error", error)
    child.once("message", (raw) => {
      child.off("exit", exit)
      child.off("error", error)
      const message = raw as FromWorker
      if ("failed" in message) failed(message.failed)
      else resume(Effect.succeed(message.result))
    })
    child.send(task.spec)
  })

/**
 * Runs tasks and stores each result as soon as it is there, so that an end in the middle loses only what was under way.
 * Interruption ends the workers.
 */
export const work = (
  tasks: ReadonlyArray<Task>,
  store: Store,
  workers: number,
  say: (finished: Finished) => void,
): Effect.Effect<void, TaskFailed> => {
  let next = 0
  const one = (child: ChildProcess) =>
    Effect.gen(function* () {
      for (;;) {
        const task = tasks[next++]
        if (task === undefined) return
        const began = performance.now()
        const result = yield* ask(child, task)
        const seconds = (performance.now() - began) / 1000
        yield* Effect.try({
          try: () => store.write(task, result, seconds),
          catch: (error) =>
            new TaskFailed({
              message: `${nameOf(task)}: its result can't be written: ${(error as Error).message}`,
            }),
        })
        say({ task, seconds, steps: result.steps })
      }
    })
  const count = Math.min(workers, tasks.length)
  return Effect.forEach(
    Array.from({ length: count }),
    () => Effect.acquireUseRelease(start, one, (child) => end(child)),
    { concurrency: count === 0 ? 1 : count, discard: true },
  )
}
