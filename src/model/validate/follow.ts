/**
 * Has TLC judge a recording while it is written. What has come since the last look is one more part of each port's lane:
 * it starts from the state that the part before ended by comparing itself with. No more is kept than such a part.
 */
import { mkdirSync, rmSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import type { StepRecord } from "../../codec/record.ts"
import type { Topology } from "../../core/topology.ts"
import { scratchDirectory } from "../../tla/scratch.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { processName } from "../../trace/event.ts"
import { ALTERED, problem, TraceParser, type TraceProblem } from "../../trace/parser.ts"
import { Replayer } from "../../trace/replay.ts"
import { Captor, type Capture } from "../stack/state.ts"
import { judgePart, type Part } from "./part.ts"
import { Ids, type Lane, LaneBuilder, type Recording } from "./recording.ts"
import { tracePart } from "./trace-run.ts"
import { coreText, rejection, type ValidateResult } from "./verdict.ts"
import { diagnose } from "./why.ts"

/** Bytes of the file that one part holds at most. */
const MOST_BYTES = 32 << 20
const CHUNK = 1 << 18
/** How long to wait for more of the file, ms. */
const PAUSE = 200

/** One port, as far as it was read. */
class Follower {
  readonly #port: number
  readonly #captor: Captor
  readonly #ids: Ids
  #start: Capture | undefined
  #builder: LaneBuilder | undefined

  constructor(port: number, replayer: Replayer, topology: Topology) {
    this.#port = port
    this.#captor = new Captor(replayer.instances.of(port))
    this.#ids = new Ids(topology)
  }

  add(step: StepRecord, at: number, agreed: boolean, scratch: string): string | undefined {
    this.#builder ??= new LaneBuilder({
      port: this.#port,
      name: String(this.#port),
      scratch,
      captor: this.#captor,
      ids: this.#ids,
      ...(this.#start === undefined ? undefined : { start: this.#start }),
    })
    return this.#builder.add(step, at, agreed)
  }

  /** What was added since the last part; undefined: nothing. `agreed`: the core's state is known. */
  part(agreed: boolean): Part | undefined {
    const builder = this.#builder
    if (builder === undefined) return undefined
    this.#builder = undefined
    const first = this.#start
    if (agreed) {
      builder.check()
      this.#start = this.#captor.capture()
    }
    const lane: Lane = builder.finish(!agreed)
    const start = first === undefined ? undefined : { record: 0, state: 0, at: 0 }
    return { lane, first: 1, last: lane.records, start, end: agreed ? lane.checkpoints.at(-1) : undefined }
  }
}

/** The recording as far as it was read. */
class Reader {
  readonly parser: TraceParser
  diverged: Recording["diverged"]
  unfit: TraceProblem | undefined
  topology: Topology | undefined
  /** Where the part that is being read is laid out. */
  scratch = ""
  #replayer: Replayer | undefined
  readonly #followers = new Map<number, Follower>()

  constructor() {
    this.parser = new TraceParser({
      header: (topology) => {
        this.topology = topology
        this.#replayer = new Replayer(topology)
      },
      step: (step, at) => this.#step(step, at),
    })
  }

  /** What was read since the last call, a part for each port that it names. */
  parts(): ReadonlyArray<Part> {
    return [...this.#followers.values()].flatMap((x) => x.part(this.diverged === undefined) ?? [])
  }

  #step(step: StepRecord, at: number): boolean {
    const replayer = this.#replayer!
    let follower = this.#followers.get(step.port)
    if (follower === undefined) {
      follower = new Follower(step.port, replayer, this.topology!)
      this.#followers.set(step.port, follower)
    }
    const why = replayer.step(step)
    if (why !== undefined) this.diverged = { at, why: `${processName(step.process)} ${why}` }
    const trouble = follower.add(step, at, why === undefined, this.scratch)
    if (trouble !== undefined) this.unfit = problem("BadLine", at + 1, `line ${at + 1}: ${trouble}`)
    // From where the core parts from it no state is known: what was read until there is judged.
    return why === undefined && trouble === undefined
  }
}

export interface FollowOptions {
  /** Told of each part that held: every event up to this position is a step of the specification. */
  readonly onAgreed?: (events: number) => void
}

/** What the parts of one look come to; undefined: they held. */
const judgeParts = (
  path: string,
  reader: Reader,
  parts: ReadonlyArray<Part>,
): Effect.Effect<ValidateResult | undefined, TlcUnavailable> =>
  Effect.gen(function* () {
    const { diverged, scratch } = reader
    const topology = reader.topology!
    const checked = yield* Effect.forEach(
      parts,
      (part) =>
        Effect.map(tracePart(part, topology, scratch, { module: "Trace" }), (report) => ({
          part,
          result: judgePart(part, report),
        })),
      { concurrency: 2 },
    )
    for (const { result } of checked)
      if (result._tag === "Failed") return { _tag: "Unusable", why: result.why }
    const [first] = checked.flatMap((x) => rejection(x) ?? []).sort((x, y) => x.at - y.at)
    if (first !== undefined) {
      const { at, ...culprit } = first
      const core = diverged === undefined || diverged.at > at ? "" : coreText(diverged, at)
      const lanes = parts.map((x) => x.lane)
      const recording: Recording = { topology, events: reader.parser.events, lanes, altered: false, diverged }
      const diagnosis = yield* diagnose(path, recording, scratch, culprit)
      const result = { _tag: "Rejected", event: at, why: `${first.why}${core}` } as const
      return diagnosis === undefined ? result : { ...result, diagnosis }
    }
    if (diverged === undefined) return undefined
    const why = `the specification allows it, but the core does not do it: ${diverged.why}`
    return { _tag: "Rejected", event: diverged.at, why }
  })

/** Reads on, at most `MOST_BYTES`; answers how many bytes there were, or what is wrong with them. */
const readOn = async (file: FileHandle, reader: Reader): Promise<number | TraceProblem> => {
  const { parser } = reader
  const buffer = Buffer.alloc(CHUNK)
  let bytes = 0
  while (bytes < MOST_BYTES && !parser.stopped) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK)
    if (bytesRead === 0) break
    bytes += bytesRead
    const found = parser.push(buffer.subarray(0, bytesRead))
    if (found !== undefined) return found
  }
  return reader.unfit ?? bytes
}

const follow = (
  path: string,
  folder: string,
  { onAgreed }: FollowOptions,
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.gen(function* () {
    const opened = yield* Effect.promise(() => open(path).catch((error: Error) => error))
    if (opened instanceof Error)
      return {
        _tag: "Unusable",
        why: problem("Unreadable", 0, `cannot be read: ${opened.message}`).why,
      } as const
    yield* Effect.addFinalizer(() => Effect.promise(() => opened.close()))
    const reader = new Reader()
    const { parser } = reader
    let bytes = 0
    for (let look = 0; ; look++) {
      reader.scratch = join(folder, String(look))
      mkdirSync(reader.scratch)
      const read = yield* Effect.promise(() =>
        readOn(opened, reader).catch((error: Error) =>
          problem("Unreadable", 0, `cannot be read: ${error.message}`),
        ),
      )
      const parts = reader.parts()
      const result = yield* judgeParts(path, reader, parts)
      rmSync(reader.scratch, { recursive: true, force: true })
      // A step that nothing allows comes before what is wrong with the file after it.
      if (result !== undefined) return result
      if (parts.length > 0) onAgreed?.(parser.events)
      if (typeof read !== "number") return { _tag: "Unusable", why: read.why } as const
      bytes += read
      if (parser.ended) {
        const found = parser.finish() ?? (parser.altered ? ALTERED : undefined)
        if (found !== undefined) return { _tag: "Unusable", why: found.why } as const
        if (parser.events === 0)
          return { _tag: "Unusable", why: problem("Empty", 0, "the recording holds no event").why } as const
        const ports = [...parser.ports].sort((x, y) => x - y)
        return { _tag: "Accepted", events: parser.events, ports } as const
      }
      if (read > 0) continue
      const { size } = yield* Effect.promise(() => opened.stat())
      if (size < bytes)
        return {
          _tag: "Unusable",
          why: problem("Altered", 0, "it became shorter while it was followed").why,
        } as const
      yield* Effect.sleep(PAUSE)
    }
  }).pipe(Effect.scoped)

/** Follows the NDJSON trace in `path` to its end, or to what is wrong with it. Interruption leaves nothing behind. */
export const followTrace = (
  path: string,
  options: FollowOptions = {},
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* scratchDirectory("follow")
      return yield* follow(path, folder, options)
    }),
  )
