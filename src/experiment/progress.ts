/** How far a set of runs is, and how long the rest may take. */
import type { RunSpec } from "./run.ts"
import type { Task } from "./store.ts"
import { meanRequests } from "./workload.ts"

/** Connections/s of one server that clients keep as busy as they can (Table 5). */
const SATURATED = 70_000

/** Servers that a configuration's name begins with: `TS8…`. */
const serversOf = ({ configuration }: Omit<RunSpec, "seed">): number =>
  typeof configuration === "number" ? configuration : Number(/^TS(\d+)/.exec(configuration)?.[1] ?? 1)

/**
 * What a run's time grows with: its connections, which are dearer where each takes the handshake's steps. Without unit, and
 * rough: it only divides the time of all among them.
 */
export const weightOf = ({ spec }: Pick<Task, "spec">): number => {
  const { arrivals, requests } = spec.workload
  const rate =
    arrivals.kind === "closed" ? SATURATED * serversOf(spec) : arrivals.rate * meanRequests(requests)
  return (spec.warmUp + spec.duration) * rate * (spec.scheme.kind === "core" ? 5 : 1)
}

/** s → m:ss, or h:mm:ss. */
export const clock = (seconds: number): string => {
  const whole = Math.round(seconds)
  const two = (x: number): string => String(x).padStart(2, "0")
  const [h, m, s] = [Math.trunc(whole / 3600), Math.trunc(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Share of all that has to be done before it says anything of the rest. */
const KNOWN = 0.02

/** Time is an argument: s since the beginning. */
export class Course {
  done = 0
  readonly of: number
  readonly #all: number
  #sum = 0

  constructor(tasks: ReadonlyArray<Task>) {
    this.of = tasks.length
    this.#all = tasks.reduce((sum, task) => sum + weightOf(task), 0)
  }

  finished(task: Task): void {
    this.done++
    this.#sum += weightOf(task)
  }

  /** s, or undefined before anything is known. */
  left(elapsed: number): number | undefined {
    if (this.done === this.of) return 0
    return this.#sum < KNOWN * this.#all ? undefined : (elapsed / this.#sum) * (this.#all - this.#sum)
  }

  line(elapsed: number): string {
    const left = this.left(elapsed)
    const rest = left === undefined ? "" : `, about ${clock(left)} left`
    return `${this.done} of ${this.of} runs in ${clock(elapsed)}${rest}`
  }
}
