import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { defaultBalance, NONE, type SchemeName } from "../../src/core/topology.ts"
import { type ConnectionSeen, Follower, type Look } from "../../src/trace/follow.ts"
import { Replayer } from "../../src/trace/replay.ts"
import { Driver, topologyOf } from "./driver.ts"

const follow = (driver: Driver, watch: (follower: Follower, k: number) => void = () => {}) => {
  const ended: Array<ConnectionSeen> = []
  const looks: Array<Look> = []
  const follower = new Follower(driver.topology, {
    connection: (x) => ended.push({ ...x }),
    looked: (x) => looks.push({ ...x }),
  })
  driver.steps.forEach(({ process, event, env, outcome, chosen }, k) => {
    follower.step(process.index, event, env.now, outcome, chosen.a)
    watch(follower, k)
  })
  return { follower, ended, looks }
}

const scheme = fc.constantFrom<SchemeName>("Tournament", "Shortest", "Late")

describe("what steps say of connections", () => {
  test("law: each admitted SYN is one connection, over or under way, and over as its machines say", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), scheme, (seed, name) => {
        const driver = new Driver(topologyOf({ balance: { ...defaultBalance, scheme: name } }), seed).run(600)
        const replayer = new Replayer(driver.topology)
        for (const step of driver.steps) replayer.step(step)
        const { outcomes } = replayer
        const count = (...names: ReadonlyArray<string>) =>
          names.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0)
        const { follower, ended, looks } = follow(driver)
        const of = (ending: string) => ended.filter((x) => x.ending === ending).length
        expect(of("served")).toBe(count("Gone:Served"))
        expect(of("left")).toBe(count("Gone:Done"))
        expect(of("reset")).toBe(count("ReceiveReset:Done"))
        expect(ended.length + follower.open).toBe(count("Syn:Assigned", "Syn:Queued"))
        expect(looks.length).toBeLessThanOrEqual(count("ReceiveAvailable:Done"))
        expect(follower.tallies).toMatchObject({
          steps: driver.steps.length,
          dropped: count("Syn:Dropped"),
          refused: count("Syn:Refused"),
          known: count("Syn:Known"),
          claimTimeouts: count("ClaimTimeout:GivenBack"),
          late: count("ReceiveClaim:TimedOut"),
          offers: count("ReceiveOffer:Done"),
        })
        const claimed = ended.filter((x) => x.application !== NONE).length
        follower.finish(1e9)
        expect(follower.open).toBe(0)
        const late = ended.slice(-ended.length).filter((x) => x.ending === "unfinished")
        const mine = late.filter((x) => x.application !== NONE).length
        expect(claimed + mine).toBe(count("ReceiveClaim:Claimed"))
      }),
      { numRuns: 60 },
    )
  })

  test("law: a connection's times are in order, and a service time is what its transport reported", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const driver = new Driver(topologyOf(), seed).run(600)
        const reported = driver.steps.filter((x) => x.outcome === "Served").map((x) => x.chosen.time)
        const { ended } = follow(driver)
        const served = ended.filter((x) => x.ending === "served")
        expect(served.map((x) => Math.max(1, x.ended - x.offered))).toEqual(reported)
        for (const x of served) {
          const times = [x.arrived, x.established, x.offered, x.claimed, x.ended]
          expect(times).toEqual(times.toSorted((a, b) => a - b))
          expect(x.local).toBe(x.application % driver.topology.managers === x.manager)
        }
      }),
      { numRuns: 60 },
    )
  })

  test("lives begin with the first registration, and end as the process or its listener did", () => {
    const driver = new Driver(topologyOf(), 11).run(2000)
    const { follower } = follow(driver)
    const count = (tag: string) => driver.steps.filter((x) => x.event._tag === tag).length
    expect(follower.lives.length).toBeGreaterThan(3)
    expect(follower.lives.length).toBeLessThanOrEqual(count("Attach"))
    for (const { from, closed, ended } of follower.lives) {
      if (!Number.isNaN(closed)) expect(closed).toBeGreaterThan(from)
      if (!Number.isNaN(ended)) expect(ended).toBeGreaterThan(Number.isNaN(closed) ? from : closed)
    }
    expect(follower.lives.some((x) => !Number.isNaN(x.ended))).toBe(true)
    expect(follower.lives.some((x) => !Number.isNaN(x.closed))).toBe(true)
  })

  test("an announcement found its application idle when it had nothing else", () => {
    const driver = new Driver(topologyOf({ applications: 1, managers: 1, transports: 1 }), 5).run(3000)
    const { looks } = follow(driver)
    expect(looks.some((x) => x.idle)).toBe(true)
    expect(looks.some((x) => !x.idle)).toBe(true)
    for (const { after } of looks) expect(after).toBeGreaterThan(0)
  })
})
