import { describe, expect, test } from "vitest"
import { behaviourChart, type ChartedState } from "../../../src/model/chart/behaviour.ts"
import type { Rules } from "../../../src/model/chart/rules.ts"
import { stackRules } from "../../../src/model/chart/stack.ts"
import { changesOf } from "../../../src/model/chart/values.ts"
import { passagesOf } from "../../../src/tla/chart/chart.ts"
import { chartSvg } from "../../../src/tla/chart/svg.ts"
import { chartText } from "../../../src/tla/chart/text.ts"
import { parseState, parseValue, printValue } from "../../../src/tla/value.ts"

/** One channel from a to b, and a number. */
const rules: Rules = {
  lanes: () => ["a", "b", "idle"],
  channels: (state) => {
    const value = state.get("channel")!
    return [{ path: "channel", from: "a", to: "b", messages: value._tag === "Tuple" ? value.items : [] }]
  },
  hidden: new Set(["channel"]),
  actor: ({ action }) => (action === "Send" ? "a" : "b"),
  outside: ({ action }) => (action === "Hear" ? [{ process: "a", label: "PING", input: true }] : []),
  messageLabel: printValue,
}

const states = (...list: ReadonlyArray<readonly [string, string]>): ReadonlyArray<ChartedState> =>
  list.map(([action, text], k) => ({ number: k + 1, action, variables: parseState(text) }))
const state = (channel: string, x = 0) => `/\\ channel = ${channel}\n/\\ x = ${x}\n`

describe("a behaviour's chart", () => {
  test("takes what changed in a channel for messages sent and received", () => {
    const chart = behaviourChart(
      states(
        ["Init", state("<<>>")],
        ["Send", state("<<1>>")],
        ["Send", state("<<1, 1>>")],
        ["Take", state("<<1>>", 5)],
        ["Hear", state("<<1>>", 5)],
      ),
      rules,
      { title: "t" },
    )
    expect(chart.lanes).toEqual(["a", "b"])
    expect(chart.steps.map((x) => [x.number, x.lane, x.label, x.receives ?? null, x.sends?.length])).toEqual([
      [2, 0, "Send", null, 1],
      [3, 0, "Send", null, 1],
      // First in, first out, though both messages look the same.
      [4, 1, "Take", 1, 0],
      [5, 1, "Hear", null, 1],
    ])
    expect(chart.steps[2]!.notes).toEqual(["x: 0 → 5"])
    expect(chart.steps.map((x) => x.wrong === true)).toEqual([false, false, false, true])
    expect(passagesOf(chart).map((x) => x.received ?? null)).toEqual([2, null, 3])
  })

  test("of a first state that is wrong has no step, and says so", () => {
    const chart = behaviourChart(states(["Init", state("<<>>")]), rules, {
      title: "t",
      verdict: ["wrong at once"],
    })
    expect([chart.lanes, chart.steps]).toEqual([["a"], []])
    expect(chartText(chart)).toContain("wrong at once")
    expect(chartSvg(chart)).toContain("wrong at once")
  })

  test("takes what vanished besides the first for lost", () => {
    const chart = behaviourChart(states(["Init", state("<<1, 2, 3>>")], ["Take", state("<<3>>")]), rules, {
      title: "t",
    })
    // What is under way throughout has no part in it.
    expect(chart.before?.map((x) => x.label)).toEqual(["1", "2"])
    expect(chart.steps[0]).toMatchObject({ receives: 1, drops: [2] })
  })

  test("ends with the step that was refused, where there is one", () => {
    const chart = behaviourChart(states(["Init", state("<<1>>")], ["Take", state("<<>>")]), rules, {
      title: "t",
      refused: { process: "idle", number: 9, label: "Take 7" },
    })
    expect(chart.lanes).toEqual(["a", "b", "idle"])
    expect(chart.steps.map((x) => [x.number, x.wrong === true])).toEqual([
      [2, false],
      [9, true],
    ])
  })

  test("leaves out steps, and what only they have to do with", () => {
    const variables = (channel: string, x = 0) => parseState(state(channel, x))
    const chart = behaviourChart(
      [
        { number: 0, action: "", variables: variables("<<>>") },
        { number: 1, action: "Send", variables: variables("<<1>>") },
        // Between: 1 was received, 2 and 3 were sent.
        { number: 5, action: "Send", from: variables("<<2, 3>>"), variables: variables("<<2, 3, 4>>") },
        { number: 6, action: "Take", variables: variables("<<3, 4>>") },
        // Between: 3 was received.
        { number: 9, action: "Take", from: variables("<<4>>"), variables: variables("<<>>") },
      ],
      rules,
      { title: "t", wrong: false },
    )
    expect(
      chart.steps.map((x) => [x.number, x.sends?.map((y) => y.label).join(), x.receives ?? null]),
    ).toEqual([
      [1, "", null],
      [5, "4", null],
      [6, "", 2],
      [9, "", 4],
    ])
    // Its sender is not shown.
    expect(chart.before?.map((x) => x.label)).toEqual(["2"])
    expect(() => passagesOf(chart)).not.toThrow()
  })

  test("tells a long change of a set or sequence by what came and went", () => {
    const many = "{<<6145, 6>>, <<6150, 6>>, <<6155, 8>>, <<6166, 9>>, <<6171, 12>>"
    const chart = behaviourChart(
      states(
        ["Init", `/\\ channel = <<>>\n/\\ x = ${many}}\n`],
        ["Send", `/\\ channel = <<>>\n/\\ x = ${many.replace(", <<6150, 6>>", "")}, <<7, 7>>}\n`],
      ),
      rules,
      { title: "t" },
    )
    expect(chart.steps[0]!.notes).toEqual(["x: + <<7, 7>>, − <<6150, 6>>"])
  })

  test("of no state at all is a chart too", () => {
    expect(behaviourChart([], rules, { title: "t" }).steps).toEqual([])
  })
})

test("changes are told where they are", () => {
  const before = parseValue('(0 :> [phase |-> "Up", g |-> 1, tokens |-> <<>>])')
  const after = parseValue('(0 :> [phase |-> "Up", g |-> 2, tokens |-> <<<<0, 1, 1>>>>])')
  expect(changesOf("app", before, after)).toEqual([
    { path: "app[0].g", before: "1", after: "2" },
    {
      path: "app[0].tokens",
      before: "<<>>",
      after: "<<<<0, 1, 1>>>>",
      members: { added: ["<<0, 1, 1>>"], removed: [] },
    },
  ])
  expect(changesOf("x", parseValue("(0 :> 1)"), parseValue("(0 :> 1 @@ 2 :> 3)"))).toHaveLength(1)
})

test("messages are named as in the paper", () => {
  const label = (text: string) => stackRules.messageLabel(parseValue(text))
  expect(label('[type |-> "ConnectionAvailable", c |-> 3, n |-> 1, g |-> 2]')).toBe(
    "CONNECTION-AVAILABLE c 3, n 1, g 2",
  )
  expect(label('[type |-> "Assign", c |-> 3, a |-> 1, g |-> 2, fresh |-> TRUE]')).toBe(
    "ASSIGN c 3, a 1, g 2, fresh",
  )
  expect(label('[type |-> "Claimed", c |-> 0, n |-> 1, g |-> 1, back |-> 0]')).toBe("CLAIMED c 0, n 1, g 1")
  expect(label('[type |-> "Attached"]')).toBe("ATTACHED")
})
