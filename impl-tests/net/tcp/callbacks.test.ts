import { expect, test } from "vitest"
import { type Said, Script } from "./script.ts"

/** A script whose owner ends the connection from within the event `name`, at once. */
function endingIn(name: "established" | "readable" | "acked" | "peerFinished"): Script {
  const end = (tcb: number) => {
    expect(s.table.abort(tcb, s.now)).toBe(0)
  }
  const s: Script = new Script({}, { [name]: end })
  s.attachOnEstablished = name !== "established"
  return s
}

const cases: readonly (readonly ["readable" | "acked" | "peerFinished", Partial<Said>, string])[] = [
  ["readable", { payload: "x" }, "RA 2 ack 2"],
  // Not as predicted: it acknowledges too.
  ["readable", { ack: 2, payload: "x" }, "RA 2 ack 2"],
  ["acked", { ack: 2, payload: "x" }, "RA 2 ack 2"],
  ["peerFinished", { flags: "FA" }, "RA 2 ack 2"],
]

test.each(cases)("ended within %s (%o): RST is the last that is heard of it", (name, said, answer) => {
  const s = endingIn(name).open()
  s.write("a")
  s.heard()
  expect(s.say({ flags: "A", seq: 1, ack: 1, ...said })).toEqual([answer])
  expect(s.events().at(-1)).toBe("ended 3")
  expect(s.table.connections).toBe(0)
  expect(s.pass(60_000_000)).toEqual([])
})

test("ended within established", () => {
  const s = endingIn("established")
  s.say({ flags: "S", seq: 0 })
  expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual(["RA 1 ack 2"])
  expect(s.events()).toEqual(["established", "ended 3"])
  expect([s.table.connections, s.table.halfOpen]).toEqual([0, 0])
})
