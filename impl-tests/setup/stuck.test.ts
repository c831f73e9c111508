import { describe, expect, it } from "vitest"
import StuckReporter from "../../src/setup/stuck.mjs"

const file = (name: string) => ({ moduleId: `/${name}`, relativeModuleId: name })

/** A reporter on a clock of ours, and what it ended. */
function reporter() {
  const clock = { now: 0 }
  const ended: (readonly string[])[] = []
  const it = new StuckReporter({
    silenceMs: 1000,
    now: () => clock.now,
    end: (files) => ended.push(files),
  })
  return { it, clock, ended }
}

describe("the reporter of stuck runs", () => {
  it("ends a run of which nothing is heard, naming the files under way", () => {
    const { it: stuck, clock, ended } = reporter()
    for (const name of ["b", "a", "done"]) stuck.onTestModuleQueued(file(name))
    stuck.onTestModuleEnd(file("done"))
    clock.now = 999
    stuck.look()
    expect(ended).toEqual([])
    clock.now = 1000
    stuck.look()
    expect(ended).toEqual([["a", "b"]])
  })

  it("leaves a slow run alone in which tests still end", () => {
    const { it: stuck, clock, ended } = reporter()
    stuck.onTestModuleQueued(file("a"))
    for (let turn = 0; turn < 10; turn++) {
      clock.now += 900
      stuck.onTestCaseResult()
      stuck.look()
    }
    expect(ended).toEqual([])
  })

  it("has nothing to end while no file is under way", () => {
    const { it: stuck, clock, ended } = reporter()
    stuck.onTestModuleQueued(file("a"))
    stuck.onTestModuleEnd(file("a"))
    clock.now = 10_000
    stuck.look()
    expect(ended).toEqual([])
  })
})
