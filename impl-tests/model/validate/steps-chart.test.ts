import { expect, test } from "vitest"
import { stepsChart } from "../../../src/model/validate/steps-chart.ts"
import { chartText } from "../../../src/tla/chart/text.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"

const driver = new Driver(topologyOf(), 5).run(1500)
const claims = driver.steps.flatMap(({ event }, k) => (event._tag === "ReceiveClaim" && k > 500 ? [k] : []))
const at = claims[0]!
const until = driver.steps.slice(0, at + 1)

test("the end of a run is drawn from its steps alone: those of the last one's connection", () => {
  const { topology } = driver
  const chart = stepsChart(topology, until, ["OneAnswer does not hold"])!
  const { event, process } = until.at(-1)!
  const { c } = (event as { message: { c: number } }).message
  const last = chart.steps.at(-1)!
  expect(last).toMatchObject({ number: at + 2, wrong: true })
  expect(last.label).toMatch(/^ReceiveClaim/)
  expect(chart.lanes[last.lane]).toBe(`ts${process.index}`)
  // It takes in the claim that an earlier step has sent.
  const claim = chart.steps.find((x) => x.sends?.some((y) => y.id === last.receives))
  expect(claim).toMatchObject({ label: "Claim" })
  expect(chart.steps.length).toBeGreaterThan(3)
  for (const { number } of chart.steps.slice(0, -1)) {
    const step = driver.steps[number - 2]!
    const text = JSON.stringify(step.event)
    expect(text.includes(`"c":${c}`) || /Claim|Waiting|Detach/.test(step.event._tag)).toBe(true)
  }
  expect(chartText(chart)).toContain("✗ OneAnswer does not hold")
})

test("a step that the core does not take is drawn as refused", () => {
  const bad = until.with(-1, { ...until.at(-1)!, outcome: "Ignored" })
  const chart = stepsChart(driver.topology, bad, ["not so"])!
  const last = chart.steps.at(-1)!
  expect(last).toMatchObject({ number: at + 2, wrong: true })
  expect(last.label).toContain("outcome Ignored")
  expect(last.receives).toBeUndefined()
})

test("of no step there is none", () => {
  expect(stepsChart(topologyOf(), [], [])).toBeUndefined()
})
