import { Result, Schema } from "effect"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type * as Events from "../../src/core/event.ts"
import type * as Messages from "../../src/core/message.ts"
import * as schema from "../../src/core/schema.ts"
import * as topologies from "../../src/core/topology.ts"
import { moves, small, walk } from "./walk.ts"

/** The two types are the same: TypeScript compares them as `extends` can't, readonly and optional included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

describe("schemas", () => {
  test("are pinned to the hand-written types (by tsc)", () => {
    const pinned: ReadonlyArray<true> = [
      true satisfies Same<typeof schema.Message.Type, Messages.Message>,
      true satisfies Same<typeof schema.ApplicationEvent.Type, Events.ApplicationEvent>,
      true satisfies Same<typeof schema.ManagerEvent.Type, Events.ManagerEvent>,
      true satisfies Same<typeof schema.TransportEvent.Type, Events.TransportEvent>,
      true satisfies Same<typeof schema.Event.Type, Events.Event>,
      true satisfies Same<typeof schema.Env.Type, Events.Env>,
      true satisfies Same<typeof schema.Balance.Type, topologies.Balance>,
      true satisfies Same<typeof schema.Topology.Type, topologies.Topology>,
      true satisfies Same<typeof schema.Message.Encoded, Messages.Message>,
    ]
    // @ts-expect-error one readonly less is another type
    const other: true = false as Same<{ c: number }, { readonly c: number }>
    expect([...pinned, other]).toContain(false)
  })

  test("every event and message of a run passes", () => {
    const isEvent = Schema.is(schema.Event)
    const isMessage = Schema.is(schema.Message)
    fc.assert(
      fc.property(
        moves(150),
        fc.constantFrom<topologies.SchemeName>("Tournament", "Late"),
        (list, scheme) => {
          walk(small("2/2/1/2", { balance: { scheme } }), list, undefined, (_, { event }, out) => {
            expect(isEvent(event), JSON.stringify(event)).toBe(true)
            for (const x of out.messages.slice(0, out.length)) expect(isMessage(x)).toBe(true)
          })
        },
      ),
      { numRuns: 15, endOnFailure: true },
    )
  })

  test("what is no message fails", () => {
    const isMessage = Schema.is(schema.Message)
    for (const bad of [
      undefined,
      {},
      { _tag: "Opened", c: 1 },
      { _tag: "Open" },
      { _tag: "Open", c: -1 },
      { _tag: "Open", c: 1.5 },
      { _tag: "Open", c: "1" },
      { _tag: "Offer", a: -2, g: 0, listener: true, serviceTime: 0 },
      { _tag: "Assign", c: 1, a: 1, g: 1, fresh: 1 },
    ]) {
      expect(isMessage(bad), JSON.stringify(bad)).toBe(false)
    }
  })
})

describe("a configuration", () => {
  const good = small("3/2/2/3")
  const edit = (path: string, value: unknown): unknown => {
    const copy = structuredClone(good) as unknown as Record<string, unknown>
    const [first, second] = path.split(".") as [string, string?]
    if (second === undefined) copy[first] = value
    else (copy[first] as Record<string, unknown>)[second] = value
    return copy
  }

  test("within its limits is decoded", () => {
    expect(Result.getOrThrow(schema.decodeTopology(good))).toEqual(good)
    for (const [field, most] of Object.entries(topologies.limits)) {
      expect(Result.isSuccess(schema.decodeTopology(edit(field, most)))).toBe(true)
    }
  })

  const bad: ReadonlyArray<readonly [string, unknown]> = [
    ...Object.entries(topologies.limits).flatMap(
      ([field, most]): Array<[string, unknown]> => [
        [field, most + 1],
        [field, 0],
        [field, 1.5],
        [field, "1"],
        [field, undefined],
      ],
    ),
    ["balance.tariff", 0],
    ["balance.tariff", Number.POSITIVE_INFINITY],
    ["balance.tariff", Number.NaN],
    ["balance.low", 2],
    ["balance.high", -1],
    ["balance.scheme", "Best"],
    ["balance.window", "mode"],
    ["balance", undefined],
    ["colour", "blue"],
  ]

  test.for(bad)("%s = %s is refused by name", ([path, value]) => {
    const result = schema.decodeTopology(edit(path, value))
    if (Result.isSuccess(result)) throw new Error("decoded")
    expect(result.failure._tag).toBe("TopologyError")
    expect(result.failure.message).toContain(`"${path.split(".").at(-1)}"`)
    // The check without Effect, which the trace reader uses, is of the same mind.
    if (path !== "colour") expect(topologies.topologyProblem(edit(path, value))).toBeDefined()
  })

  test("every wrong field is named at once", () => {
    const result = schema.decodeTopology({ ...good, room: 0, managers: 99 })
    expect(Result.isFailure(result) && result.failure.message).toMatchInlineSnapshot(`
      "Expected a value between 1 and 16, got 99
        at ["managers"]
      Expected a value between 1 and 4096, got 0
        at ["room"]"
    `)
  })
})
