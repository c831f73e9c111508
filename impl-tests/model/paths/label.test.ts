import { expect, test } from "vitest"
import { kindOf, parseLabel } from "../../../src/model/paths/label.ts"

test.each([
  ["Claim(0)", "Claim", [0], undefined, "Claim"],
  ['Syn(0, 1, -1, "Queued")', "Syn", [0, 1, -1], "Queued", "Syn Queued"],
  ["Next", "Next", [], undefined, "Next"],
])("%s", (text, name, numbers, outcome, kind) => {
  const label = parseLabel(text)
  expect(label).toEqual({ text, name, numbers, outcome })
  expect(kindOf(label)).toBe(kind)
})

test.each(["", "Claim(", "Claim(x)", "Claim(0) Die(0)", "Syn({1}, 2)"])("%j is none", (text) => {
  expect(() => parseLabel(text)).toThrow(SyntaxError)
})
