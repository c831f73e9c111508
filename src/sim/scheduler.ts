/**
 * Effect's scheduler for a world that moves by itself alone: no timer, no microtask, no event loop. A fiber runs within
 * the call that resumes it; what Effect itself would put off waits, in order, until the world calls `flush`. So the world's
 * calls are the only order there is, and the same calls give the same run.
 */
import { Layer, Scheduler } from "effect"

/** Tasks run by one `flush` at the most: beyond, fibers only wake each other. */
const MOST_TASKS = 1_000_000

export class StepScheduler implements Scheduler.Scheduler, Scheduler.SchedulerDispatcher {
  readonly executionMode = "sync"
  #tasks: Array<{ readonly task: () => void; readonly priority: number }> = []

  /** Never: how long a fiber runs is the program's own choice. */
  shouldYield(): boolean {
    return false
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this
  }

  /** Lower priorities first, equal ones in order. */
  scheduleTask(task: () => void, priority: number): void {
    let at = this.#tasks.length
    while (at > 0 && this.#tasks[at - 1]!.priority > priority) at--
    this.#tasks.splice(at, 0, { task, priority })
  }

  get waiting(): number {
    return this.#tasks.length
  }

  /** Runs what waits, and what comes of it. @throws {RangeError} when that does not end. */
  flush(): void {
    for (let k = 0; k < MOST_TASKS; k++) {
      const next = this.#tasks.shift()
      if (next === undefined) return
      next.task()
    }
    throw new RangeError(`more than ${MOST_TASKS} tasks: fibers wake each other without end`)
  }

  /** As the scheduler of everything that is run under it. */
  get layer(): Layer.Layer<never> {
    return Layer.succeed(Scheduler.Scheduler, this)
  }
}
