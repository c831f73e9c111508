import { afterEach, describe, expect, test, vi } from "vitest"
import { run } from "../../src/sim/run.ts"
import { configurations, drawScenario, faultNames } from "../../src/sim/scenario.ts"
import { shrink } from "../../src/sim/shrink.ts"
import { toLine } from "../../src/trace/event.ts"
import { loseTimedOut } from "./lose-timed-out.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

const bytesOf = (seed: number): string =>
  run(drawScenario({ seed }))
    .trace.map((step, k) => JSON.stringify(toLine(k + 1, step)))
    .join("\n")

const firstFailing = (): number => {
  for (let seed = 1; seed < 100; seed++) if (run(drawScenario({ seed })).failure !== undefined) return seed
  throw new Error("no seed found the bug")
}

describe("a seed", () => {
  test("determines the run: the same seed, the same bytes", () => {
    for (const seed of [3, 14, 15, 92, 65]) {
      const bytes = bytesOf(seed)
      expect(bytes.length).toBeGreaterThan(1000)
      expect(bytesOf(seed)).toBe(bytes)
    }
    expect(bytesOf(3)).not.toBe(bytesOf(4))
  })

  test("that fails, fails again in the same way at the same step", () => {
    loseTimedOut()
    const seed = firstFailing()
    const first = run(drawScenario({ seed }))
    const second = run(drawScenario({ seed }))
    expect(second.failure).toBe(first.failure)
    expect(second.trace).toEqual(first.trace)
  })

  test("that fails is made smaller, and still fails", () => {
    loseTimedOut()
    const seed = firstFailing()
    const whole = drawScenario({ seed })
    const { failure } = run(whole)
    const smaller = shrink({ seed }, failure!)
    const scenario = drawScenario(smaller.options)
    expect(run(scenario).failure).toBe(smaller.failure)
    expect(scenario.plans.length).toBeLessThan(whole.plans.length)
    expect(scenario.faults.length).toBeLessThanOrEqual(whole.faults.length)
    expect(whole.plans).toEqual(expect.arrayContaining([...scenario.plans]))
  })
})

describe("the seeds", () => {
  const scenarios = Array.from({ length: 1000 }, (_, k) => drawScenario({ seed: k + 1 }))

  test("draw every configuration and every fault, and many of them together", () => {
    expect(new Set(scenarios.map((x) => x.configuration))).toEqual(new Set(configurations))
    for (const name of faultNames) {
      expect(scenarios.filter((x) => x.faults.includes(name)).length, name).toBeGreaterThan(100)
    }
    expect(scenarios.some((x) => x.faults.length === 0)).toBe(true)
    expect(scenarios.filter((x) => x.faults.length > 4).length).toBeGreaterThan(500)
  })

  test("a fault less leaves all else as it was", () => {
    for (const whole of scenarios.slice(0, 50)) {
      const faults = whole.faults.filter(
        (x) => x !== "kill" && x !== "slow" && x !== "reset" && x !== "close",
      )
      const less = drawScenario({ seed: whole.seed, faults, every: true })
      expect(less.topology).toEqual(whole.topology)
      expect(less.wire).toEqual(whole.wire)
      expect(less.plans.map((x) => [x.at, x.host, x.port])).toEqual(
        whole.plans.map((x) => [x.at, x.host, x.port]),
      )
      expect(less.incidents).toEqual(whole.incidents.filter((x) => x._tag !== "Kill" && x._tag !== "Leave"))
    }
  })
})

test("what the stack does under faults is what the protocol has rules for", () => {
  const outcomes = new Map<string, number>()
  for (let seed = 1; seed <= 160; seed++) {
    for (const { event, outcome } of run(drawScenario({ seed })).trace) {
      const key = `${event._tag}:${outcome}`
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1)
    }
  }
  const rules = [
    "ReceiveClaim:Claimed",
    "ReceiveClaim:TimedOut",
    "ClaimTimeout:GivenBack",
    "Established:GivenBack",
    "AssignWaiting:Assigned",
    "Syn:Queued",
    "Syn:Dropped",
    "Syn:Known",
    "Syn:Refused",
    "ResetWaiting:Done",
    "ReceiveReset:Done",
    "ReceiveAcceptorRemoved:Done",
    "CloseListener:Done",
    "TransportReceiveDetach:Done",
    "Gone:Served",
    "ReceiveOffer:Done",
    "Ask:Done",
    "SendOffer:Done",
    "ReturnOffer:Done",
    "ReceiveConnectionEstablished:Done",
    "ReceiveAcceptorUnused:Done",
    "ReceiveAssign:Ignored",
  ]
  expect(rules.filter((x) => !outcomes.has(x))).toEqual([])
})
