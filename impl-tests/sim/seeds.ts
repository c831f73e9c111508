/** Seeds of the simulator as tests, in files of their own so that they run beside each other. */
import { describe, expect, test } from "vitest"
import { commandOf } from "../../src/cli/sim.ts"
import { run } from "../../src/sim/run.ts"
import { drawScenario } from "../../src/sim/scenario.ts"

const AT_ONCE = 25

/** Every seed from `first` on: its stack, its faults; nothing may be wrong, and its recording must replay. */
export const testSeeds = (first: number, count: number): void => {
  describe("whole stacks with faults", () => {
    for (let from = first; from < first + count; from += AT_ONCE) {
      test(`seeds ${from} to ${from + AT_ONCE - 1}`, () => {
        for (let seed = from; seed < from + AT_ONCE; seed++) {
          const { failure } = run(drawScenario({ seed }))
          expect(failure, `again: ${commandOf({ seed })}`).toBeUndefined()
        }
      })
    }
  })
}
