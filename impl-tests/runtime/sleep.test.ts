import { expect, test } from "vitest"
import { sleepOf } from "../../src/runtime/live.ts"

test.each([
  ["until its next timer", false, false, 12_345, 13],
  ["no longer than it is patient, though nothing is due", false, false, Number.POSITIVE_INFINITY, 100],
  ["not at all when something is due", false, false, 0, 0],
  ["little while the kernel has no room for its frames", false, true, Number.POSITIVE_INFINITY, 1],
  ["never when it polls", true, false, Number.POSITIVE_INFINITY, 0],
] as const)("a server sleeps %s", (_, busyPoll, pending, until, ms) => {
  expect(sleepOf(busyPoll, pending, until, 0)).toBe(ms)
})
