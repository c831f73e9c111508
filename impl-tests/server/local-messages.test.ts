import { expect, test } from "vitest"
import type { Role } from "../../src/core/outbox.ts"
import type { Receive } from "../../src/server/dispatcher.ts"
import { LocalMessages } from "../../src/server/local-messages.ts"

const rider = Int32Array.from({ length: 100 }, (_, k) => k)

test("messages come in order with riders of their own, those that are sent meanwhile after all others", () => {
  const local = new LocalMessages()
  const seen: Array<string> = []
  const receive: Receive = (message, port, sender, words, at) => {
    const c = "c" in message ? message.c : -1
    // What is sent from within makes the list grow, and its rider does not touch ours.
    if (c < 200) local.push("manager", { _tag: "ConnectionClosed", c: c + 1000 }, port, sender, rider, 50, 8)
    seen.push(`${message._tag} ${c} ${port} ${sender} ${words?.slice(at, at + 2).join() ?? "-"}`)
  }
  const receivers = new Map<Role, Receive>([
    ["transport", receive],
    ["manager", receive],
  ])
  for (let c = 0; c < 200; c++) {
    const own = c % 2 === 0 ? rider : undefined
    local.push("transport", { _tag: "Open", c }, 80, c % 3, own, c % 40, 8)
  }
  // A bounded number in one go; the rest waits.
  expect(local.run(150, receivers)).toBe(150)
  expect(local.waiting).toBe(50 + 150)
  expect(local.run(1000, receivers)).toBe(250)
  expect([local.waiting, local.run(1000, receivers)]).toEqual([0, 0])
  const first = Array.from({ length: 200 }, (_, c) => {
    const words = c % 2 === 0 ? `${c % 40},${(c % 40) + 1}` : "-"
    return `Open ${c} 80 ${c % 3} ${words}`
  })
  const then = Array.from({ length: 200 }, (_, c) => `ConnectionClosed ${c + 1000} 80 ${c % 3} 50,51`)
  expect(seen).toEqual([...first, ...then])
})
