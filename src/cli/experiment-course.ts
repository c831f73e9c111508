/** How `pika experiment` tells how far it is: one line that moves on a terminal, a line now and then in a log. */
import { Course } from "../experiment/progress.ts"
import { nameOf, type Store, type Task } from "../experiment/store.ts"
import type { Finished } from "../experiment/work.ts"

/** Where lines are written: `process.stderr`. */
export interface Console {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const CLEAR = "\r\u001b[K"
/** In a log: ms between two lines, at the least. */
const LOG_EVERY = 10_000
/** On a terminal: ms between two looks at the clock. */
const TERMINAL_EVERY = 1000

export interface Told {
  finished(one: Finished): void
  /** Takes the terminal's line away. */
  end(): void
}

/** `now`: ms. */
export const tellCourse = (
  tasks: ReadonlyArray<Task>,
  out: Console,
  now: () => number = () => performance.now(),
): Told => {
  const course = new Course(tasks)
  const began = now()
  const line = (): string => course.line((now() - began) / 1000)
  let told = Number.NEGATIVE_INFINITY
  let last = ""
  const show = (): void => {
    const text = last === "" ? line() : `${line()}; last ${last}`
    out.write(`${CLEAR}${text.slice(0, (out.columns ?? 80) - 1)}`)
  }
  const timer = out.isTTY === true ? setInterval(show, TERMINAL_EVERY) : undefined
  if (out.isTTY === true) show()
  return {
    finished: ({ task, seconds, steps }) => {
      course.finished(task)
      last = nameOf(task)
      if (out.isTTY === true) {
        show()
        return
      }
      if (course.done < course.of && now() - told < LOG_EVERY) return
      told = now()
      out.write(`${line()}; last ${last}, ${steps} protocol steps in ${seconds.toFixed(1)} s\n`)
    },
    end: () => {
      clearInterval(timer)
      if (out.isTTY === true) out.write(CLEAR)
    },
  }
}

/** What each experiment's runs took, as they are kept: a line each. */
export const timesOf = (
  store: Store,
  parts: ReadonlyArray<readonly [string, ReadonlyArray<Task>]>,
): ReadonlyArray<string> =>
  parts.map(([name, tasks]) => {
    const times = tasks.flatMap((task) => {
      const seconds = store.seconds(task)
      return seconds === undefined ? [] : [{ name: nameOf(task), seconds }]
    })
    const sum = times.reduce((all, { seconds }) => all + seconds, 0)
    const longest = times.reduce((a, b) => (a.seconds >= b.seconds ? a : b), { name: "none", seconds: 0 })
    return `${name.padEnd(14)} ${tasks.length} runs, ${sum.toFixed(1)} s of one core, the longest ${longest.seconds.toFixed(1)} s: ${longest.name}`
  })
