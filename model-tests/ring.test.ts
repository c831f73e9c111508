/**
 * The shipped queue, access by access: real `QueueWriter` and `QueueReader` in two processes that stop before each access
 * to shared memory, driven along paths that cover every edge of TLC's graph of spec/Ring.tla. At each step the access that
 * the code is about to make is the one that the specification names, and all shared words are the same after it.
 */
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import {
  QUEUE_CONSUMED,
  QUEUE_SLEEPING,
  QUEUE_SLOTS,
  QUEUE_WANTING,
  QUEUE_WRITTEN,
} from "../src/memory/layout.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../src/memory/queue.ts"
import { allocateRegion } from "../src/memory/region.ts"
import { graphOf } from "../src/model/graph-of.ts"
import { coverEdges, type GraphPath } from "../src/tla/graph/cover.ts"
import type { StateGraph } from "../src/tla/graph/graph.ts"
import { parseValue, type TlaValue } from "../src/tla/value.ts"
import { models } from "./manifest.ts"
import { type Io, Puppet } from "./puppet.ts"

const CAPACITY = 2

/** What a host may do next, where the specification leaves it open: asked at the point where it decides. */
type Choice = "send" | "flush" | "arm" | "sleep" | "peek"

/** Who hosts the writing end: any batches, flushed before it sleeps (server/server.ts). */
const writer = (make: typeof makeWriter) => (io: Io) => {
  const queue = make(io)
  for (;;) {
    switch (io.choose() as Choice) {
      case "send": {
        const value = queue.position + 1
        const at = queue.reserve()
        if (at < 0) break
        queue.words[at] = value
        queue.words[at + 1] = value
        queue.submit()
        break
      }
      case "flush":
        if (queue.flush()) io.ring()
        break
      case "arm":
        if (queue.armRoom()) io.wait()
        break
      default:
        io.wait()
    }
  }
}

/** Who hosts the reading end. */
const reader = (make: typeof makeReader) => (io: Io) => {
  const queue = make(io)
  for (;;) {
    switch (io.choose() as Choice) {
      case "peek": {
        const at = queue.peek()
        if (at < 0) break
        // Taken as any host does: once, before the slot is given back.
        void (queue.words[at]! + queue.words[at + 1]!)
        queue.release()
        break
      }
      case "flush":
        if (queue.flushRoom()) io.ring()
        break
      default:
        if (queue.arm()) {
          io.wait()
          queue.disarm()
        }
    }
  }
}

type WritingEnd = Pick<QueueWriter, "words" | "position" | "reserve" | "submit" | "flush" | "armRoom">
type ReadingEnd = Pick<QueueReader, "words" | "peek" | "release" | "flushRoom" | "arm" | "disarm">

const makeWriter = ({ region }: Io): WritingEnd => new QueueWriter(region, 0, CAPACITY)
const makeReader = ({ region }: Io): ReadingEnd => new QueueReader(region, 0, CAPACITY)

/** By action of the specification: the access, and what the host decided on before it, if it had to. */
const accesses: Readonly<Record<string, readonly [access: string, choice?: Choice]>> = {
  WLook: ["load consumed", "send"],
  WOne: ["store one", "send"],
  WTwo: ["store two"],
  WStamp: ["store stamp"],
  WCount: ["store written"],
  WFlush: ["store written", "flush"],
  WFlag: ["load sleeping"],
  WSwap: ["swap sleeping"],
  WRing: ["ring"],
  WArm: ["store wanting", "arm"],
  WAgain: ["load consumed"],
  WUnarm: ["store wanting"],
  WWake: ["wait"],
  SCount: ["load written"],
  SLast: ["load stamp"],
  SLook: ["load consumed"],
  RPeek: ["load stamp", "peek"],
  ROne: ["load one"],
  RTwo: ["load two"],
  RRelease: ["store consumed"],
  RFlush: ["store consumed", "flush"],
  RFlag: ["load wanting"],
  RSwap: ["swap wanting"],
  RRing: ["ring"],
  RArm: ["store sleeping", "arm"],
  RAgain: ["load stamp"],
  RUnarm: ["store sleeping"],
  RWake: ["wait"],
}

/** By index of the word: its name. */
const names = new Map<number, string>([
  [QUEUE_WRITTEN / 4, "written"],
  [QUEUE_CONSUMED / 4, "consumed"],
  [QUEUE_SLEEPING / 4, "sleeping"],
  [QUEUE_WANTING / 4, "wanting"],
  ...Array.from({ length: CAPACITY }, (_, k) =>
    ["stamp", "one", "two"].map((name, at) => [QUEUE_SLOTS / 4 + 16 * k + at, name] as const),
  ).flat(),
])

const numbersOf = (value: TlaValue): ReadonlyArray<number> => {
  switch (value._tag) {
    case "Int":
      return [value.value]
    case "Bool":
      return [Number(value.value)]
    case "Function":
      return value.entries.flatMap(([, x]) => numbersOf(x))
    default:
      throw new Error(`no word: ${value._tag}`)
  }
}

/** Shared words and bells, as the specification's state has them. */
const memoryOf = (graph: StateGraph, state: number): string => {
  const values = graph.describe(state)
  const words = "written consumed sleeping wanting stamp one two bellR bellW".split(" ")
  return words.map((name) => `${name} ${numbersOf(parseValue(values.get(name)!))}`).join(", ")
}

interface Ends {
  readonly makeWriter: typeof makeWriter
  readonly makeReader: typeof makeReader
}

const shipped: Ends = { makeWriter, makeReader }

/** Drives both ends along the path; where they part from the specification, in words. */
const drive = (
  graph: StateGraph,
  memories: ReadonlyArray<string>,
  { edges }: GraphPath,
  ends: Ends,
): string | undefined => {
  const region = allocateRegion(queueBytes(CAPACITY))
  initQueue(region, 0, CAPACITY)
  const { words } = region
  const bells = { r: false, w: false }
  const attach = (role: "r" | "w") =>
    new Puppet(region, names, role === "w" ? writer(ends.makeWriter) : reader(ends.makeReader))
  const attached = (role: "r" | "w") => {
    const puppet = attach(role)
    // What the first ones find is what initQueue made.
    while (puppet.next.kind !== "choose") puppet.step()
    return puppet
  }
  const processes = { r: attached("r"), w: attached("w") }
  const found = (): string => {
    const slots = (at: number) =>
      Array.from({ length: CAPACITY }, (_, k) => words[QUEUE_SLOTS / 4 + 16 * k + at])
    return [
      `written ${words[QUEUE_WRITTEN / 4]}`,
      `consumed ${words[QUEUE_CONSUMED / 4]}`,
      `sleeping ${words[QUEUE_SLEEPING / 4]}`,
      `wanting ${words[QUEUE_WANTING / 4]}`,
      `stamp ${slots(0)}`,
      `one ${slots(1)}`,
      `two ${slots(2)}`,
      `bellR ${Number(bells.r)}`,
      `bellW ${Number(bells.w)}`,
    ].join(", ")
  }
  for (const [k, edge] of edges.entries()) {
    const action = graph.labelNames[graph.labels[edge]!]!.replace(/\(\)$/, "")
    const role = action.startsWith("R") ? "r" : "w"
    switch (action) {
      case "Want":
        bells.w = true
        break
      case "Die":
        break
      case "Bury":
        bells.r = true
        break
      case "WIdle":
        processes.w.choose("sleep")
        break
      default: {
        if (action === "SCount") processes.w = attach("w")
        const [access, choice] = accesses[action]!
        const process = processes[role]
        if (process.next.kind === "choose" && choice !== undefined) process.choose(choice)
        if (process.nextName !== access)
          return `step ${k + 1}, ${action}: the code is about to ${process.nextName}`
        if (access === "ring") bells[role === "w" ? "r" : "w"] = true
        if (access === "wait") bells[role] = false
        process.step()
      }
    }
    const [mine, its] = [found(), memories[graph.targets[edge]!]!]
    if (mine !== its) return `step ${k + 1}, ${action}: the code has ${mine}, the specification ${its}`
  }
  return undefined
}

const driveAll = (graph: StateGraph, ends: Ends) => {
  const { paths, steps } = coverEdges(graph, 400)
  const memories = Array.from({ length: graph.states }, (_, s) => memoryOf(graph, s))
  for (const path of paths) {
    const problem = drive(graph, memories, path, ends)
    if (problem !== undefined) return { problem, steps }
  }
  return { problem: undefined, steps }
}

/** The real end, but for what `part` makes of it. */
const writerBut = (part: (end: WritingEnd) => Partial<WritingEnd>): Ends => ({
  ...shipped,
  makeWriter: (io) => {
    const end = makeWriter(io)
    const { words } = end
    const same: WritingEnd = {
      words,
      get position() {
        return end.position
      },
      reserve: () => end.reserve(),
      submit: () => end.submit(),
      flush: () => end.flush(),
      armRoom: () => end.armRoom(),
    }
    return Object.assign(same, part(end))
  },
})

const readerBut = (part: (end: ReadingEnd) => Partial<ReadingEnd>): Ends => ({
  ...shipped,
  makeReader: (io) => {
    const end = makeReader(io)
    const { words } = end
    return {
      words,
      peek: () => end.peek(),
      release: () => end.release(),
      flushRoom: () => end.flushRoom(),
      arm: () => end.arm(),
      disarm: () => end.disarm(),
      ...part(end),
    }
  },
})

const sleeping = QUEUE_SLEEPING / 4

/** Each is what a bad design of the specification does, or no design at all. */
const naive: ReadonlyArray<readonly [string, Ends, RegExp]> = [
  [
    "no second look",
    readerBut(({ words }) => ({
      arm: () => {
        Atomics.store(words, sleeping, 1)
        return true
      },
    })),
    /RAgain: the code is about to wait/,
  ],
  [
    "the flag after the look",
    readerBut((end) => ({
      arm: () => {
        if (end.peek() >= 0) return false
        Atomics.store(end.words, sleeping, 1)
        return true
      },
    })),
    /RArm: the code is about to load stamp/,
  ],
  [
    "the slot given back before it is read",
    readerBut((end) => ({
      peek: () => {
        const at = end.peek()
        if (at >= 0) end.release()
        return at
      },
      release: () => {},
    })),
    /ROne: the code is about to store consumed/,
  ],
  [
    "the stamp before the message",
    writerBut((end) => ({
      reserve: () => {
        const at = end.reserve()
        if (at >= 0) end.submit()
        return at
      },
      submit: () => {},
    })),
    /WOne: the code is about to store stamp/,
  ],
  [
    "a flag that is not taken down by who rings",
    writerBut((end) => ({
      flush: () => {
        Atomics.store(end.words, QUEUE_WRITTEN / 4, end.position)
        return Atomics.load(end.words, sleeping) !== 0
      },
    })),
    /WSwap: the code is about to ring/,
  ],
  [
    "no fence before the flag is looked at",
    writerBut((end) => ({
      flush: () => Atomics.load(end.words, sleeping) !== 0 && Atomics.exchange(end.words, sleeping, 0) !== 0,
    })),
    /WFlush: the code is about to load sleeping/,
  ],
  [
    "no second look for room",
    writerBut(({ words }) => ({
      armRoom: () => {
        Atomics.store(words, QUEUE_WANTING / 4, 1)
        return true
      },
    })),
    /WAgain: the code is about to wait/,
  ],
]

describe("src/memory/queue.ts does what spec/Ring.tla says, access by access", () => {
  const graphs = new Map<string, StateGraph>()
  test.each(["ring-3", "ring-2-death"])("along paths that cover every edge of %s", async (name) => {
    const graph = await Effect.runPromise(graphOf(models.find((x) => x.name === name)!))
    graphs.set(name, graph)
    const { problem, steps } = driveAll(graph, shipped)
    expect(problem).toBeUndefined()
    expect(steps).toBeGreaterThan(graph.targets.length)
  })

  test.each(naive)("%s is told", (_name, ends, problem) => {
    expect(driveAll(graphs.get("ring-3")!, ends).problem).toMatch(problem)
  })
})
