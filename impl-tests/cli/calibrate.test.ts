import { afterEach, expect, test, vi } from "vitest"
import { calibrateCommand, parseCalibrate } from "../../src/cli/calibrate.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

test.each([
  [["--nonsense"], "nonsense"],
  [["trial-1"], "trial-1"],
  [["--write", "x.json", "--quick"], "no --quick"],
  [["--write", "x.md"], "must end in .json"],
])("%j is refused before anything runs", async (args, word) => {
  let complained = ""
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    complained += text
    return true
  })
  expect(await calibrateCommand(args)).toBe(2)
  expect(complained).toContain(word)
  expect(complained).toContain("usage: pika calibrate")
})

test("what it is asked for", () => {
  expect(parseCalibrate([])).toEqual({ caches: false, quick: false, json: false, write: undefined })
  expect(parseCalibrate(["--caches", "--write", "a/caches.json"])).toEqual({
    caches: true,
    quick: false,
    json: false,
    write: "a/caches.json",
  })
})
