import { expect, test } from "vitest"
import { tellCourse, timesOf } from "../../src/cli/experiment-course.ts"
import { Course, clock, weightOf } from "../../src/experiment/progress.ts"
import type { Store, Task } from "../../src/experiment/store.ts"
import { small, workload } from "./spec.ts"

const task = (seed: number, duration = 100_000): Task => ({
  experiment: "test",
  key: "one",
  spec: small("Tournament 2", { seed, duration, warmUp: 0 }),
})

test("a run weighs what its connections do, and less without the handshake's steps", () => {
  expect(weightOf(task(1, 300_000))).toBe(3 * weightOf(task(1)))
  const baseline = { spec: small("shared-queue", { duration: 100_000, warmUp: 0 }) }
  expect(weightOf(baseline)).toBeLessThan(weightOf(task(1)))
  const closed = (configuration: string | number) => ({
    spec: small("Naive", {
      configuration,
      workload: { ...workload, arrivals: { kind: "closed" as const, clients: 9 } },
    }),
  })
  expect(weightOf(closed("TS8LS8CM8"))).toBe(8 * weightOf(closed(1)))
})

test("what is left goes by weight, not by number", () => {
  const course = new Course([task(1, 300_000), task(2), task(3)])
  expect(course.left(7)).toBeUndefined()
  const long = new Course([task(1), task(2, 10_000_000)])
  long.finished(task(1))
  // The first, start and all, says little of what is a hundred times as much.
  expect(long.left(7)).toBeUndefined()
  expect(course.line(7)).toBe("0 of 3 runs in 0:07")
  course.finished(task(1, 300_000))
  expect(course.left(30)).toBeCloseTo(20)
  expect(course.line(30)).toBe("1 of 3 runs in 0:30, about 0:20 left")
  course.finished(task(2))
  course.finished(task(3))
  expect(course.left(50)).toBe(0)
})

test("time as a clock has it", () => {
  expect([0, 59.6, 61, 3599, 3600, 36_061].map(clock)).toEqual([
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:00:00",
    "10:01:01",
  ])
})

const written = (isTTY: boolean) => {
  const out: Array<string> = []
  return { out, console: { isTTY, columns: 60, write: (text: string) => out.push(text) } }
}

test("a log has a line now and then, and one at the end", () => {
  const { out, console } = written(false)
  const tasks = [1, 2, 3, 4].map((seed) => task(seed))
  let now = 0
  const told = tellCourse(tasks, console, () => now)
  for (const [k, one] of tasks.entries()) {
    now = [1000, 2000, 12_000, 13_000][k]!
    told.finished({ task: one, seconds: 1, steps: 5 })
  }
  told.end()
  expect(out).toEqual([
    "1 of 4 runs in 0:01, about 0:03 left; last test/one/1, 5 protocol steps in 1.0 s\n",
    "3 of 4 runs in 0:12, about 0:04 left; last test/one/3, 5 protocol steps in 1.0 s\n",
    "4 of 4 runs in 0:13, about 0:00 left; last test/one/4, 5 protocol steps in 1.0 s\n",
  ])
})

test("a terminal has one line, no longer than it is wide, that goes away", () => {
  const { out, console } = written(true)
  const told = tellCourse([task(1), task(2)], console, () => 1000)
  told.finished({ task: task(1), seconds: 1, steps: 5 })
  told.end()
  expect(out.join("")).not.toContain("\n")
  expect(out.every((text) => text.startsWith("\r\u001b[K") && text.length < 60 + 4)).toBe(true)
  expect(out.at(-1)).toBe("\r\u001b[K")
})

test("times are summed by experiment, with the longest run's name", () => {
  const store = { seconds: ({ spec }: Task) => (spec.seed === 9 ? undefined : spec.seed) } as Store
  expect(timesOf(store, [["test", [1, 2, 9].map((seed) => task(seed))]])).toEqual([
    "test           3 runs, 3.0 s of one core, the longest 2.0 s: test/one/2",
  ])
})
