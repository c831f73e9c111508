import { expect, test } from "vitest"
import { namesUnder, sectionsOf } from "../../src/tla/configuration.ts"

test("a configuration's sections, in the singular, without comments", () => {
  const text = `SPECIFICATION Spec \\* PROPERTY Not
(* INVARIANT
   Nor *)
CONSTANTS N = 3
  M <- Small
INVARIANTS A, B
INVARIANT C PROPERTIES P Q
ALIAS X CHECK_DEADLOCK FALSE`
  const sections = sectionsOf(text)
  expect(sections.map(({ keyword }) => keyword)).toEqual([
    "SPECIFICATION",
    "CONSTANT",
    "INVARIANT",
    "INVARIANT",
    "PROPERTY",
    "ALIAS",
    "CHECK_DEADLOCK",
  ])
  expect(sections[1]!.text).toBe("N = 3\n  M <- Small")
  expect(namesUnder(sections, "INVARIANT")).toEqual(["A", "B", "C"])
  expect(namesUnder(sections, "PROPERTY")).toEqual(["P", "Q"])
  expect(sectionsOf("")).toEqual([])
})

test("no keyword in the middle of a name", () => {
  expect(namesUnder(sectionsOf("INVARIANT MY_INVARIANTS INITIAL"), "INVARIANT")).toEqual([
    "MY_INVARIANTS",
    "INITIAL",
  ])
})
