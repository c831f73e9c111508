import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Of the tests of models those that record real traffic first, want a free port, or hear how far TLC is. */
const apart = [
  "impl-tests/model/validate/corruptions.e2e.test.ts",
  "impl-tests/{model,tla}/distributed.e2e.test.ts",
  "impl-tests/tla/{newer,tlc}.e2e.test.ts",
]
/** The others start TLC, and look at nothing else of the machine: two at once, as one leaves half of two cores idle. */
const models = ["model-tests/**/*.test.ts", "impl-tests/{model,tla}/**/*.e2e.test.ts"]
/** Tests that start processes or interfaces: alone, one after the other, so that none disturbs another. */
const alone = ["impl-tests/!(model|tla)/**/*.e2e.test.ts", ...apart]

/** Take a quarter of a minute or more, the longest first: begun before the others, so that no core waits for them at the end. */
const longest = [
  "model-tests/check.test.ts",
  "impl-tests/model/validate/validate.e2e.test.ts",
  "model-tests/hazards.test.ts",
  "model-tests/mutants-spec.test.ts",
  "impl-tests/tla/checkpoint.e2e.test.ts",
  "model-tests/paths.test.ts",
  "impl-tests/model/validate/follow.e2e.test.ts",
  "impl-tests/model/command/check.e2e.test.ts",
  "impl-tests/model/walk-through.e2e.test.ts",
]

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification): number => {
      const k = longest.findIndex((path) => moduleId.endsWith(`/${path}`))
      return k < 0 ? longest.length : k
    }
    return (await super.sort(files)).sort((x, y) => place(x) - place(y))
  }
}

export default defineConfig({
  test: {
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of one file's tests, those that say that they may: two runs of TLC, a core for each.
    maxConcurrency: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["impl-tests/**/*.test.ts"],
          exclude: ["impl-tests/**/*.e2e.test.ts"],
          // Of itself Vitest leaves a core to who only waits for the others.
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "models",
          include: models,
          exclude: apart,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: alone,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
