/**
 * The third judge, of those that model checking and graph equality leave alive: TLC's validation of recorded traces
 * (spec/Trace.tla). A mutant of the core records runs, of which one must be rejected. A mutant of the specification is
 * given the shipped core's recordings, as they are and with one event altered, and must come to another verdict about one.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Driver, topologyOf } from "../../impl-tests/trace/driver.ts"
import { type Line, traceOf } from "../../impl-tests/trace/text.ts"
import { eventTags } from "../../src/codec/record.ts"
import { NONE, type Topology } from "../../src/core/topology.ts"
import { specDirectory } from "../../src/model/spec.ts"
import { type Core, shipped } from "../../src/model/stack/step.ts"
import { validateTrace } from "../../src/model/validate/validate.ts"
import type { ValidateResult } from "../../src/model/validate/verdict.ts"
import { filesUnder, projectRoot } from "../../src/setup/files.mjs"
import { TRACE_VERSION, toLine } from "../../src/trace/event.ts"
import { type SpecMutant, usersOf } from "./spec.ts"
import { partsOf, sourcesOf } from "./spec-models.ts"
import { digestOf } from "./store.ts"

/** Worlds and seeds of the recordings: a plain one, and one without room. */
const runs: ReadonlyArray<readonly [Topology, number]> = [
  [topologyOf(), 1],
  [topologyOf({ room: 1, backlog: 1 }), 2],
  [topologyOf({ transports: 3, managers: 1 }), 3],
]
/** Steps of a mutated core's recording: fewer than come before a state that the shipped core is asked for. */
const STEPS = 3000
/** Events of which one is altered, and how many follow it. */
const ALTERED = 400
const AFTER = 40

/**
 * What TLC says: what replaying the core says beside it is no verdict of the specification.
 * @throws it came to none, which tells nothing of a mutant
 */
const verdictOf = (result: ValidateResult): string => {
  if (result._tag === "Unusable") throw new Error(`no verdict of a recording: ${result.why}`)
  if (result._tag === "Accepted" || result.why.startsWith("the specification allows it")) return "accepted"
  return `rejected at event ${result.event}: ${result.why.split(";")[0]!}`
}

/** What recordings are judged by. */
const TRACED = "Stack"
export const isTraced = ({ module }: SpecMutant): boolean => partsOf(TRACED).includes(module)

/** All that a verdict depends on, but for the core. */
export const recordedSources = (): string =>
  digestOf(
    ...sourcesOf({ module: "Trace" }),
    ...[
      ...filesUnder(join(projectRoot, "src", "model", "validate"), ".ts"),
      join(projectRoot, "impl-tests", "trace", "driver.ts"),
      join(projectRoot, "model-tests", "mutants", "recorded.ts"),
    ].map((x) => readFileSync(x, "utf8")),
  )

interface Recording {
  readonly header: string
  readonly events: ReadonlyArray<Line>
}

const record = ([topology, seed]: (typeof runs)[number], steps: number, core: Core): Recording => {
  const driver = new Driver(topology, seed, 80, core).run(steps)
  const header = JSON.stringify({ pika: "trace", version: TRACE_VERSION, topology })
  return { header, events: driver.steps.map((step, k) => toLine(k + 1, step) as unknown as Line) }
}

const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "pika-recorded-"))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const validated = async (text: string, folder: string, specs?: string): Promise<string> => {
  const path = join(folder, "run.ndjson")
  writeFileSync(path, text)
  const options = { explain: false, runs: 1, ...(specs === undefined ? {} : { specs }) }
  return verdictOf(await validateTrace(path, options))
}

/** How TLC's verdict of a core's recordings differs from acceptance; undefined: it accepts each. */
export const recordedKill = (core: Core): Promise<string | undefined> =>
  inFolder(async (folder) => {
    for (const run of runs) {
      const { header, events } = record(run, STEPS, core)
      const verdict = await validated(traceOf(header, events), folder)
      if (verdict !== "accepted") return verdict
    }
    return undefined
  })

/**
 * What a step is about, where no message says it, and for whom it decided. That a message heads its
 * channel Trace itself asks.
 */
const about = ["a", "c", "n", "g", "to"]
const decided = ["ca", "cg"]

/** The recording with its last event of this kind altered, in each of some ways, and a little of what followed. */
const alterations = function* (events: ReadonlyArray<Line>, tag: string): Generator<ReadonlyArray<Line>> {
  for (const outcome of new Set(events.filter(({ e }) => e === tag).map(({ o }) => o))) {
    const at = events.findLastIndex(({ e, o }) => e === tag && o === outcome)
    const event = events[at]!
    const cut = events.slice(0, at + 1 + AFTER)
    const change = (part: Line) => cut.with(at, { ...event, ...part })
    for (const field of tag.includes("Receive") ? decided : [...about, ...decided]) {
      const value = event[field]
      if (typeof value !== "number") continue
      // Below nobody there is nothing: no recording says it.
      for (const by of [1, -1]) if (value + by >= NONE) yield change({ [field]: value + by })
    }
    const [, role = "", index = ""] = /^([a-z]+)(\d+)$/.exec(String(event.p))!
    yield change({ p: `${role}${index === "0" ? 1 : 0}` })
    yield cut.toSpliced(at, 0, event)
  }
}

/** Judges mutants of the specification by so many recordings; what the specification itself says is asked once. */
export const makeRecordedJudge = (count = runs.length) => {
  const own = new Map<string, Promise<string>>()
  const recordings = runs.slice(0, count).map((run) => record(run, ALTERED, shipped))
  return (mutant: SpecMutant): Promise<string | undefined> =>
    inFolder(async (folder) => {
      const users = usersOf(partsOf(TRACED), mutant.definition)
      const tags = eventTags.filter((tag) => users.has(tag))
      const specs = join(folder, "spec")
      cpSync(specDirectory, specs, { recursive: true })
      writeFileSync(join(specs, `${mutant.module}.tla`), mutant.source)
      const differs = async (header: string, events: ReadonlyArray<Line>, what: string) => {
        const text = traceOf(header, events)
        const expected = own.get(text) ?? validated(text, folder)
        own.set(text, expected)
        const verdict = await validated(text, folder, specs)
        return verdict === (await expected) ? undefined : `${what}: ${verdict}, not ${await expected}`
      }
      const [{ header, events }] = recordings as [Recording]
      for (const tag of tags) {
        for (const altered of alterations(events, tag)) {
          const found = await differs(header, altered, `with another ${tag}`)
          if (found !== undefined) return found
        }
      }
      for (const { header, events } of recordings) {
        const found = await differs(header, events, "as recorded")
        if (found !== undefined) return found
      }
      return undefined
    })
}
