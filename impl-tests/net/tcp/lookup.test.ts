import { expect, test } from "vitest"
import { RECORD_WORDS, W_ISS } from "../../../src/net/tcp/layout.ts"
import { PEER } from "../rig.ts"
import { Script } from "./script.ts"

/** A peer's port whose flow isn't there, though the table would guess that it is. */
function lookalike(s: Script): number {
  const { flows } = s.table.core
  for (let port = 1; port < 65_536; port++) {
    const ports = (port << 16) | s.localPort
    if (flows.find(PEER.ip, ports) < 0 && flows.guess(PEER.ip, ports) >= 0) return port
  }
  throw new Error("no port has the same tag: choose another secret")
}

test("a flow that only looks like another one is told apart, whatever state that one is in", () => {
  const s = new Script().open()
  const first = s.tcb
  const own = s.peerPort
  s.peerPort = lookalike(s)
  // Unknown: refused, and the other connection doesn't hear of it.
  expect(s.say({ flags: "A", seq: 1, ack: 9 })).toEqual(["R 9"])
  s.open()
  const second = s.tcb
  expect(second).not.toBe(first)
  for (const [port, tcb] of [
    [own, first],
    [s.peerPort, second],
  ] as const) {
    s.peerPort = port
    s.iss = s.table.core.words[tcb * RECORD_WORDS + W_ISS]!
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual(["A 1 ack 2"])
  }
})

test("what is fetched ahead changes nothing, for whatever bytes", () => {
  const s = new Script().open()
  const before = s.table.core.words.slice()
  const region = s.wire.region
  for (const offset of [0, 8, 1994, region.bytes.length - 54, region.bytes.length - 8]) {
    for (const fill of [0, 255]) {
      region.bytes.fill(fill)
      s.table.prefetch(region, offset)
    }
  }
  expect(s.table.core.words).toEqual(before)
  expect(s.heard()).toEqual([])
})
