/** Reads a recording for TLC: each port's events in the form that TLC's side reads, and the core's states on the way. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { StepRecord } from "../../codec/record.ts"
import type { Topology } from "../../core/topology.ts"
import { connectionIds } from "../../core/topology.ts"
import { ValueWriter } from "../../tla/binary.ts"
import { processName } from "../../trace/event.ts"
import { problem, type TraceProblem } from "../../trace/parser.ts"
import { readTrace } from "../../trace/read.ts"
import { Replayer } from "../../trace/replay.ts"
import { Captor, type Capture, stateOf, type Used } from "../stack/state.ts"
import { LaneWriter } from "./lane.ts"

/** A place in a lane where all variables are compared with the core's. */
export interface Checkpoint {
  /** Number of the Agree record. */
  readonly record: number
  /** Number of the state in the lane's file of states. */
  readonly state: number
  /** Position of the event after which it stands. */
  readonly at: number
}

/** One port's instance. */
export interface Lane {
  readonly port: number
  readonly path: string
  /** File of the states that the checkpoints name. */
  readonly states: string
  /** The end included. */
  readonly records: number
  readonly events: number
  readonly used: Used
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

export interface Recording {
  readonly topology: Topology
  readonly events: number
  readonly lanes: ReadonlyArray<Lane>
  readonly altered: boolean
  /** Where the core parts from what it recorded: no state after that event is known. */
  readonly diverged: { readonly at: number; readonly why: string } | undefined
}

/** Events of a lane between two checkpoints. */
export const CHECK_EVERY = 4096

const ascending = (ids: ReadonlySet<number>): ReadonlyArray<number> => [...ids].sort((x, y) => x - y)

/** Lays out one port's events, from its beginning or from a state that the core had. */
export class LaneBuilder {
  events = 0
  readonly #options: LaneOptions
  readonly #writer: LaneWriter
  readonly #captures: Array<Capture>
  readonly #checkpoints: Array<Checkpoint> = []
  #position = 0

  constructor(options: LaneOptions) {
    this.#options = options
    this.#writer = new LaneWriter(join(options.scratch, `lane-${options.name}`))
    this.#captures = options.start === undefined ? [] : [options.start]
  }

  /** The step at position `at`, which the core has just taken (`agreed`), or would not have. */
  add(step: StepRecord, at: number, agreed: boolean): string | undefined {
    this.events++
    this.#position = at
    this.#options.ids.add(step)
    const why = this.#writer.step(step, at)
    if (why !== undefined) return why
    if (agreed) {
      this.#options.captor.observe(step)
      if (this.events % CHECK_EVERY === 0) this.check()
    }
    return undefined
  }

  /** Has all variables compared with the core's here. */
  check(): void {
    const state = this.#captures.length
    this.#writer.agree(this.#position, state)
    this.#captures.push(this.#options.captor.capture())
    this.#checkpoints.push({ record: this.#writer.records, state, at: this.#position })
  }

  /** `ends`: nothing follows; else its last checkpoint is where the next lane starts. */
  finish(ends: boolean): Lane {
    const { scratch, name, port, ids } = this.#options
    const { used } = ids
    if (ends) this.#writer.end(this.#position, this.events)
    this.#writer.close()
    const states = join(scratch, `states-${name}`)
    writeStates(states, this.#captures, used)
    return {
      port,
      path: this.#writer.path,
      states,
      records: this.#writer.records,
      events: this.events,
      used,
      checkpoints: this.#checkpoints,
    }
  }
}

export interface LaneOptions {
  readonly port: number
  /** Of its files in `scratch`. */
  readonly name: string
  readonly scratch: string
  readonly captor: Captor
  readonly ids: Ids
  /** State that it starts from, number 0 of its states; undefined: Init. */
  readonly start?: Capture
}

/** The ids that were named so far. */
export class Ids {
  readonly #topology: Topology
  readonly #connections = new Set<number>()
  readonly #applications = new Set<number>()

  constructor(topology: Topology) {
    this.#topology = topology
  }

  add({ event, process, chosen }: StepRecord): void {
    const own = event as unknown as { c?: number; message?: { c?: number; a?: number } }
    this.#use(own.c ?? own.message?.c, own.message?.a, chosen.a)
    if (process.role === "application") this.#use(undefined, process.index, -1)
  }

  get used(): Used {
    return { applications: ascending(this.#applications), connections: ascending(this.#connections) }
  }

  #use(c: number | undefined, a: number | undefined, chosen: number): void {
    const { applications } = this.#topology
    if (c !== undefined && c >= 0 && c < connectionIds(this.#topology)) this.#connections.add(c)
    for (const x of [a, chosen]) if (x !== undefined && x >= 0 && x < applications) this.#applications.add(x)
  }
}

/** An index of 64-bit offsets, one more than there are states; then the states. */
const writeStates = (path: string, captures: ReadonlyArray<Capture>, used: Used): void => {
  const index = Buffer.alloc(8 * (captures.length + 1))
  const writer = new ValueWriter()
  captures.forEach((capture, k) => {
    index.writeBigInt64LE(BigInt(index.length + writer.length), 8 * k)
    writer.value(stateOf(capture, used))
  })
  index.writeBigInt64LE(BigInt(index.length + writer.length), 8 * captures.length)
  writeFileSync(path, Buffer.concat([index, writer.bytes()]))
}

/** Reads the NDJSON trace `path`; what TLC is to read goes into the directory `scratch`. */
export const readRecording = async (path: string, scratch: string): Promise<Recording | TraceProblem> => {
  let topology: Topology | undefined
  let replayer: Replayer | undefined
  let diverged: Recording["diverged"]
  let unfit: TraceProblem | undefined
  const lanes = new Map<number, LaneBuilder>()
  const read = await readTrace(path, {
    header: (x) => {
      topology = x
      replayer = new Replayer(x)
    },
    step: (step, at) => {
      let lane = lanes.get(step.port)
      if (lane === undefined) {
        const { port } = step
        const captor = new Captor(replayer!.instances.of(port))
        lane = new LaneBuilder({ port, name: String(port), scratch, captor, ids: new Ids(topology!) })
        lanes.set(step.port, lane)
      }
      if (diverged === undefined) {
        const why = replayer!.step(step)
        if (why !== undefined) diverged = { at, why: `${processName(step.process)} ${why}` }
      }
      const why = lane.add(step, at, diverged === undefined)
      if (why !== undefined) unfit = problem("BadLine", at + 1, `line ${at + 1}: ${why}`)
      return why === undefined
    },
  })
  const built = [...lanes.values()].map((lane) => lane.finish(true))
  if ("reason" in read) return read
  if (unfit !== undefined) return unfit
  if (read.events === 0) return problem("Empty", 0, "the recording holds no event")
  return { topology: topology!, events: read.events, lanes: built, altered: read.altered, diverged }
}
