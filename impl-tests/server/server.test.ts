import { describe, expect, test } from "vitest"
import type { Stream } from "../../src/application/stream.ts"
import { merge } from "../../src/trace/merge.ts"
import { Replayer } from "../../src/trace/replay.ts"
import { clientsOf, openMany, play, runs } from "./drive.ts"
import { TestStack } from "./stack.ts"

/** What all recorded must replay to the same outputs, without one illegal step. */
const replays = (stack: TestStack): ReadonlyMap<string, number> => {
  const merged = merge(stack.logs(), stack.topology)
  const replayer = new Replayer(merged.topology)
  for (const step of merged.steps) expect(replayer.step(step)).toBeUndefined()
  for (const server of stack.servers) {
    expect(server.transport?.counters.illegal ?? 0).toBe(0)
    expect(server.manager?.counters.illegal ?? 0).toBe(0)
  }
  return new Map(Object.entries(replayer.outcomes))
}

const held = (streams: ReadonlyArray<Stream>): number => streams.filter((x) => x.ended === undefined).length

describe.each(runs)("%s, %s", (configuration, scheme) => {
  test("every connection is served by an application, and the run replays", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const apps = [stack.attach(0), stack.attach(1), stack.attach(2)]
    const clients = clientsOf(stack)
    play(stack, clients, apps, 20)
    const conversations = openMany(stack, clients, 24)
    play(stack, clients, apps, 100)
    for (const x of conversations) expect(x.heard).toMatch(/^hello you from [012]$/)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => 0))
    expect(apps.reduce((sum, app) => sum + app.streams.length, 0)).toBe(24)
    expect(apps.map((app) => held(app.streams))).toEqual([0, 0, 0])
    expect(replays(stack).get("Gone:Served")).toBe(24)
  })

  test("an application that does not answer in time loses the connection to another", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const apps = [stack.attach(0), stack.attach(1)]
    const clients = clientsOf(stack)
    play(stack, clients, apps, 20)
    // Application 0 is stopped; 1 goes on.
    const conversations = openMany(stack, clients, 12)
    play(stack, clients, [apps[1]!], 400, 100)
    for (const x of conversations) expect(x.heard).toBe("hello you from 1")
    // It serves again when it goes on.
    play(stack, clients, apps, 50)
    const later = openMany(stack, clients, 24, 30000)
    play(stack, clients, apps, 200)
    expect(later.every((x) => x.heard.startsWith("hello you"))).toBe(true)
    expect(apps[0]!.streams.length).toBeGreaterThan(0)
    expect(replays(stack).get("ClaimTimeout:GivenBack")).toBeGreaterThan(0)
  })

  test("an application that is killed: its connections are reset, what it had not claimed goes to others", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const apps = [stack.attach(0), stack.attach(1)]
    const clients = clientsOf(stack)
    play(stack, clients, apps, 20)
    // Both claim, neither answers.
    const conversations = openMany(stack, clients, 12)
    for (let k = 0; k < 20; k++) {
      for (const client of clients) client.turn(stack.now)
      stack.settle(apps, 50)
    }
    const owned = apps[0]!.streams.length
    expect(owned).toBeGreaterThan(0)
    const more = openMany(stack, clients, 6, 25000)
    for (let k = 0; k < 3; k++) {
      for (const client of clients) client.turn(stack.now)
      stack.settle([], 50)
    }
    stack.kill(apps[0]!)
    play(stack, clients, [apps[1]!], 400, 100)
    expect(conversations.filter((x) => x.ended === 1)).toHaveLength(owned)
    for (const x of more) expect(x.heard).toBe("hello you from 1")
    // A successor takes the slot and serves.
    const successor = stack.attach(0, apps[0]!.attachment.state.g)
    play(stack, clients, [successor, apps[1]!], 20)
    const later = openMany(stack, clients, 24, 30000)
    play(stack, clients, [successor, apps[1]!], 200)
    expect(later.every((x) => x.heard.startsWith("hello you"))).toBe(true)
    expect(successor.streams.length).toBeGreaterThan(0)
    replays(stack)
  })
})

const split = ["TS2LS2CM2", "TS2LS2+CM1", "TS2+LS1+CM1", "TS1+LS1+CM1"]
test.each(runs.filter(([x]) => split.includes(x)))(
  "%s, %s: queues of 8 messages and 2 frames are enough: what finds no room is tried again",
  (configuration, scheme) => {
    const stack = new TestStack(configuration, 4, 8, 2, scheme)
    const apps = [stack.attach(0), stack.attach(1), stack.attach(2)]
    const clients = clientsOf(stack)
    play(stack, clients, apps, 20)
    const conversations = openMany(stack, clients, 8)
    play(stack, clients, apps, 1200, 20_000)
    for (const x of conversations) expect(x.heard).toMatch(/^hello you from [012]$/)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => 0))
    expect(replays(stack).get("Gone:Served")).toBe(8)
  },
)
