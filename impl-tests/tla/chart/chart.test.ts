import { describe, expect, test } from "vitest"
import { type Chart, ChartError, passagesOf, wrapped } from "../../../src/tla/chart/chart.ts"

const message = (id: number, from = 0, to = 1) => ({ id, from, to, label: `M${id}` })
const chart = (steps: Chart["steps"], before: Chart["before"] = []): Chart => ({
  title: "",
  lanes: ["a", "b"],
  before,
  steps,
})

describe("passages", () => {
  test("tell where a message leaves, arrives or is lost", () => {
    const all = chart(
      [
        { lane: 0, number: 1, label: "send", sends: [message(1), message(2), message(3)] },
        { lane: 1, number: 2, label: "take", receives: 9, drops: [2] },
        { lane: 1, number: 3, label: "take", receives: 1, sends: [{ ...message(4, 1, 0), direct: true }] },
      ],
      [message(9)],
    )
    expect(passagesOf(all).map((x) => [x.message.id, x.sent, x.received ?? null, x.dropped ?? null])).toEqual(
      [
        [9, -1, 1, null],
        [1, 0, 2, null],
        [2, 0, null, 1],
        [3, 0, null, null],
        [4, 2, 2, null],
      ],
    )
  })

  test.each<[string, Chart["steps"], RegExp]>([
    [
      "received before it is sent",
      [
        { lane: 1, number: 1, label: "take", receives: 1 },
        { lane: 0, number: 2, label: "send", sends: [message(1)] },
      ],
      /no message 1 is under way at step 1/,
    ],
    [
      "received twice",
      [
        { lane: 0, number: 1, label: "send", sends: [message(1)] },
        { lane: 1, number: 2, label: "take", receives: 1 },
        { lane: 1, number: 3, label: "take", receives: 1 },
      ],
      /no message 1 .* step 3/,
    ],
    [
      "lost after it was received",
      [
        { lane: 0, number: 1, label: "send", sends: [message(1)] },
        { lane: 1, number: 2, label: "take", receives: 1 },
        { lane: 1, number: 3, label: "lose", drops: [1] },
      ],
      /no message 1 .* step 3/,
    ],
    [
      "two of one id",
      [{ lane: 0, number: 1, label: "send", sends: [message(1), message(1)] }],
      /two messages/,
    ],
    ["a lane that is none", [{ lane: 2, number: 1, label: "step" }], /lane 2, of 2/],
    ["to a lane that is none", [{ lane: 0, number: 1, label: "send", sends: [message(1, 0, 7)] }], /lane 7/],
  ])("%s", (_name, steps, why) => {
    expect(() => passagesOf(chart(steps))).toThrow(ChartError)
    expect(() => passagesOf(chart(steps))).toThrow(why)
  })
})

test("text is broken at spaces, and where there is none", () => {
  expect(wrapped("one two three", 7)).toEqual(["one two", "three"])
  expect(wrapped("a abcdefghij b", 4)).toEqual(["a", "abcd", "efgh", "ij b"])
  expect(wrapped("", 4)).toEqual([""])
})
