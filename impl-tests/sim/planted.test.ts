/** Bugs planted into the running stack: the seeds must find each. A check that cannot fail checks nothing. */
import { afterEach, describe, expect, test, vi } from "vitest"
import { Stream } from "../../src/application/stream.ts"
import { RecorderWriter } from "../../src/codec/recorder-ring.ts"
import { type Machines, machines } from "../../src/core/system.ts"
import { TransportServer } from "../../src/server/transport-server.ts"
import { run } from "../../src/sim/run.ts"
import { drawScenario, type ScenarioOptions } from "../../src/sim/scenario.ts"
import { hazards } from "../core/hazards.ts"
import { loseTimedOut } from "./lose-timed-out.ts"

type Role = keyof Machines
type Step = (...args: Array<unknown>) => unknown

const { planted, replacing } = vi.hoisted(() => {
  /** What replaces a machine's step, for the whole stack and for the watch over it; the real one is called from within. */
  const planted: Partial<Record<Role, Step>> = {}
  const replacing = (role: Role, real: unknown) => {
    let inside = false
    return (...args: Array<unknown>) => {
      const step = planted[role]
      if (step === undefined || inside) return (real as Step)(...args)
      inside = true
      try {
        return step(...args)
      } finally {
        inside = false
      }
    }
  }
  return { planted, replacing }
})

vi.mock("../../src/core/application.ts", async (original) => {
  const real = await original<typeof import("../../src/core/application.ts")>()
  return { ...real, stepApplication: replacing("application", real.stepApplication) }
})
vi.mock("../../src/core/manager.ts", async (original) => {
  const real = await original<typeof import("../../src/core/manager.ts")>()
  return { ...real, stepManager: replacing("manager", real.stepManager) }
})
vi.mock("../../src/core/transport.ts", async (original) => {
  const real = await original<typeof import("../../src/core/transport.ts")>()
  return { ...real, stepTransport: replacing("transport", real.stepTransport) }
})

type Where = Omit<ScenarioOptions, "seed">

const SEEDS = 80
const MOST_EVENTS = 300_000

/** The first failure among the seeds; undefined: there is none. */
const firstFailure = (where: Where = {}): string | undefined => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = run(drawScenario({ ...where, seed }), { mostEvents: MOST_EVENTS })
    if (failure !== undefined) return `seed ${seed}: ${failure}`
  }
  return undefined
}

afterEach(() => {
  for (const role of Object.keys(planted) as Array<Role>) delete planted[role]
  vi.restoreAllMocks()
})

const roles = Object.keys(machines) as ReadonlyArray<Role>

/** Several managers, often without an acceptor of their own, and applications that are late. */
const remote: Where = {
  configuration: "TS4LS4CM4",
  faults: ["hiccup", "stall", "reset"],
  every: true,
  connections: 100,
}

/** Every component in a server of its own, little room anywhere. */
const crowded: Where = {
  configuration: "TS2+LS1+CM1",
  faults: ["small", "hiccup", "stop", "stall", "reset"],
  every: true,
  connections: 60,
}

/** Where a bug shows itself soon; any mix of faults by default. */
const places: Readonly<Record<string, Where>> = {
  1: crowded,
  "1b": remote,
  "1c": crowded,
  6: { configuration: "TS1LS1CM1", faults: ["hiccup", "close", "stop"], every: true },
  12: crowded,
  13: crowded,
}

describe("naive designs of the protocol", () => {
  // Hazard 10 makes the stack slower, until the application wakes, and is no wrong state. Hazard 11 takes some hundred seeds.
  const running = hazards.filter(
    ({ variant, name }) =>
      !/^1[01]:/.test(name) && roles.some((role) => variant.machines[role] !== machines[role]),
  )

  test.for(running)("$name", ({ variant, name }) => {
    for (const role of roles) {
      if (variant.machines[role] !== machines[role]) planted[role] = variant.machines[role] as Step
    }
    expect(firstFailure(places[name.split(":")[0]!])).toBeDefined()
  })
})

describe("bugs of the servers", () => {
  test("a TIMED-OUT that never reaches its application", () => {
    loseTimedOut()
    expect(firstFailure()).toMatch(/Expected|messages on t\d+>a\d+/)
  })

  test("a claim timer that never fires", () => {
    vi.spyOn(TransportServer.prototype, "tick").mockReturnValue(Number.POSITIVE_INFINITY)
    expect(firstFailure({ faults: ["stop"], every: true })).toMatch(/still announced/)
  })

  test("an end that a transport is not told of", () => {
    vi.spyOn(TransportServer.prototype, "detach").mockImplementation(() => {})
    expect(firstFailure({ faults: ["kill"], every: true })).toBeDefined()
  })

  test("buffers that do not come back", () => {
    const { flushStatus } = TransportServer.prototype
    vi.spyOn(TransportServer.prototype, "flushStatus").mockImplementation(function (
      this: TransportServer,
      link,
    ) {
      const before = link.free.length
      flushStatus.call(this, link)
      if (link.free.length > before) link.free.pop()
    })
    expect(firstFailure({ faults: [] })).toMatch(/buffers of application \d+ in use/)
  })

  test("one wrong byte in what an application writes", () => {
    const { write } = Stream.prototype
    vi.spyOn(Stream.prototype, "write").mockImplementation(function (this: Stream, bytes) {
      const copy = bytes.slice()
      if (copy.length > 100) copy[99]! ^= 1
      return write.call(this, copy)
    })
    expect(firstFailure({ faults: [] })).toMatch(/byte \d+ of answer \d+ is wrong/)
  })

  test("one wrong byte in what an application reads", () => {
    const { read } = Stream.prototype
    vi.spyOn(Stream.prototype, "read").mockImplementation(function (this: Stream, most) {
      const bytes = read.call(this, most)
      if (bytes !== undefined && bytes.length > 100) bytes[99]! ^= 1
      return bytes
    })
    expect(firstFailure({ faults: [] })).toMatch(/byte \d+ of request \d+ is wrong/)
  })

  test("a record that gets lost", () => {
    const { record } = RecorderWriter.prototype
    let count = 0
    vi.spyOn(RecorderWriter.prototype, "record").mockImplementation(function (this: RecorderWriter, ...step) {
      if (++count % 500 !== 0) record.apply(this, step)
    })
    expect(firstFailure({ faults: [] })).toMatch(/MergeError|replay diverges/)
  })
})
