import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { initialNaive, type NaiveEvent, stepNaive } from "../../src/core/naive-accept.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { apply, enabled, initialSystem, type System } from "../../src/core/system.ts"
import { small } from "./walk.ts"

/** Runs the events from an empty queue; what each of them cost. */
const costs = (events: ReadonlyArray<NaiveEvent>): Array<number> => {
  let state = initialNaive(16)
  return events.map((event) => {
    const result = stepNaive(state, event)
    state = result.state
    return result.sent.length
  })
}

const arrive: NaiveEvent = { _tag: "Arrive", c: 1 }
const accept: NaiveEvent = { _tag: "Accept", a: 0, block: true }
const select: NaiveEvent = { _tag: "Select", a: 0 }

describe("naive accept costs what the paper says (§3.2)", () => {
  test("accept(): three messages, whether the connection or the application waits", () => {
    expect(costs([arrive, accept])).toEqual([0, 3])
    expect(costs([accept, arrive])).toEqual([1, 2])
  })

  test("select(): five for a hit with its accept(), two for a miss", () => {
    expect(costs([arrive, select, accept])).toEqual([0, 2, 3])
    expect(costs([select, select])).toEqual([2, 2])
  })

  test("an accept() that doesn't wait is told that there is nothing", () => {
    expect(stepNaive(initialNaive(1), { ...accept, block: false }).sent.at(-1)).toEqual({
      _tag: "Ready",
      a: 0,
      ready: false,
    })
  })

  test("the speculative handshake: two messages from claim to connection, none for a poll that misses", () => {
    let system: System = initialSystem(small("1/1/1/1"))
    const out = new Outbox()
    const sent: Array<[string, number]> = []
    for (const tag of [
      ...["Attach", "ReceiveAttach", "ReceiveAttached", "Register", "ReceiveAcceptConnection"],
      ...[
        "Syn",
        "ReceiveAssign",
        "Established",
        "ReceiveAvailable",
        "Claim",
        "ReceiveClaim",
        "ReceiveClaimed",
      ],
    ]) {
      const step = enabled(system).find((x) => x.event._tag === tag)
      if (step === undefined) throw new Error(`${tag} isn't enabled`)
      system = apply(system, step, { now: 1, draw: 0 }, out)
      sent.push([tag, out.length])
    }
    const costOf = (tags: ReadonlyArray<string>) =>
      sent.filter(([tag]) => tags.includes(tag)).reduce((n, [, k]) => n + k, 0)
    expect(costOf(["Claim", "ReceiveClaim", "ReceiveClaimed"])).toBe(2)
    // The announcement came before the application asked; registering is paid once for many connections.
    expect(costOf(["Syn", "Established"])).toBe(2)
    // A poll between connections: it is registered and has no token, so there is nothing to send.
    expect(enabled(system).some((x) => ["Register", "Claim"].includes(x.event._tag))).toBe(false)
  })
})

test("naive accept serves each connection once, first in line first, and drops above the backlog", () => {
  const event = fc.oneof(
    fc.constant({ _tag: "Arrive" as const }),
    fc.record({ _tag: fc.constant("Accept" as const), a: fc.nat(2), block: fc.boolean() }),
    fc.record({ _tag: fc.constant("Select" as const), a: fc.nat(2) }),
    fc.record({ _tag: fc.constant("Die" as const), a: fc.nat(2) }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (events, backlog) => {
      let state = initialNaive(backlog)
      let arrived = 0
      const admitted: Array<number> = []
      const served: Array<number> = []
      for (const x of events) {
        const result = stepNaive(state, x._tag === "Arrive" ? { ...x, c: arrived++ } : x)
        state = result.state
        if (x._tag === "Arrive" && !result.dropped) admitted.push(arrived - 1)
        for (const y of result.sent) if (y._tag === "Connection") served.push(y.c)
        // Never both: whoever waits gets what comes.
        expect(state.queue.length === 0 || state.waiting.length === 0).toBe(true)
        expect(state.queue.length).toBeLessThanOrEqual(backlog)
        expect(new Set(state.waiting).size).toBe(state.waiting.length)
        expect([...served, ...state.queue]).toEqual(admitted)
      }
    }),
  )
})
