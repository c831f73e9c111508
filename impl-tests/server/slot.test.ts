import { beforeEach, describe, expect, test } from "vitest"
import { defaultBalance } from "../../src/core/topology.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import { Slot } from "../../src/server/slot.ts"

const plan = parseConfiguration("TS2LS2+CM1")
const topology = {
  applications: 2,
  managers: 1,
  transports: 2,
  connections: 4,
  backlog: 4,
  room: 2,
  claimTimeout: 1000,
  balance: defaultBalance,
}

let said: Array<string> = []
const make = () =>
  new Slot(1, {
    plan,
    topology,
    attach: () => said.push("attach"),
    detach: () => said.push("detach"),
    welcome: (slot) => said.push(`welcome after ${slot.g}`),
    step: (_slot, event, out) => said.push(`${event._tag} ${out.outcome}`),
  })
const all = (tell: (server: number) => void) => {
  for (let k = 0; k < plan.servers.length; k++) tell(k)
}

beforeEach(() => {
  said = []
})

describe("an application slot", () => {
  test("its process begins when every server has acknowledged, and it is free when every server has seen its end", () => {
    const slot = make()
    slot.take(80)
    expect(said).toEqual(["Attach Done", "attach"])
    slot.attached(0)
    slot.attached(2)
    expect(said.at(-1)).toBe("ReceiveAttached Done")
    slot.attached(1)
    expect(said.slice(-2)).toEqual(["ReceiveAttached Done", "welcome after 0"])
    slot.lost()
    expect(said.slice(-2)).toEqual(["Die Done", "detach"])
    slot.detached(0, 0)
    slot.detached(1, 0)
    expect(slot.free).toBe(false)
    expect(() => slot.take(80)).toThrow("slot 1 is not free")
    slot.detached(2, 7)
    expect(slot.free).toBe(true)
  })

  test("a successor's generations go on where its predecessor's ended, whatever port it had", () => {
    const slot = make()
    slot.take(80)
    all((k) => slot.attached(k))
    slot.lost()
    all((k) => slot.detached(k, k === 2 ? 5 : 0))
    slot.take(81)
    all((k) => slot.attached(k))
    expect(said.at(-1)).toBe("welcome after 5")
    expect(slot.port).toBe(81)
  })

  test("a process that is lost while it attaches is ended after the attachment, and never welcomed", () => {
    const slot = make()
    slot.take(80)
    slot.attached(0)
    slot.lost()
    slot.lost()
    expect(said).not.toContain("detach")
    slot.attached(1)
    slot.attached(2)
    expect(said.slice(-2)).toEqual(["Die Done", "detach"])
    expect(said.filter((x) => x.startsWith("welcome"))).toEqual([])
    // No step of its machine was illegal.
    expect(said.filter((x) => x.includes("Illegal"))).toEqual([])
  })

  test("an answer that nobody awaits changes nothing", () => {
    const slot = make()
    slot.attached(0)
    slot.detached(0, 9)
    slot.take(80)
    slot.detached(0, 9)
    expect([slot.g, slot.awaiting.size]).toEqual([0, 3])
  })
})
