import { describe, expect, it } from "vitest"
import { countTests, exitCode, summaryLine } from "../../src/setup/test.mjs"

const report = (...files: { status: string; tests: string[] }[]) =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((one) => ({ status: one })),
    })),
  })

describe("countTests", () => {
  it("counts passed, failed and skipped", () => {
    const text = report(
      { status: "passed", tests: ["passed", "skipped", "pending", "todo"] },
      { status: "failed", tests: ["failed", "passed"] },
    )
    expect(countTests(text, 1)).toEqual({ passed: 2, failed: 1, skipped: 3 })
  })

  it("counts a file that could not be loaded", () => {
    const text = report({ status: "passed", tests: ["passed"] }, { status: "failed", tests: [] })
    expect(countTests(text, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it("counts a failure that no test explains", () => {
    expect(countTests(report({ status: "passed", tests: ["passed"] }), 1).failed).toBe(1)
  })

  it.each([[undefined], ["{"], [""]])("a missing or broken report %j is a failure", (text) => {
    expect(countTests(text, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe("the verdict", () => {
  it("is a plain line", () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 1 })).toBe("3 passed, 0 failed, 1 skipped")
  })

  it("is good only if nothing failed and something ran", () => {
    expect(exitCode({ passed: 1, failed: 0, skipped: 0 })).toBe(0)
    expect(exitCode({ passed: 1, failed: 1, skipped: 0 })).toBe(1)
    expect(exitCode({ passed: 0, failed: 0, skipped: 9 })).toBe(1)
  })
})
