/** What the bridge says of the lock: does the model hold, is the code the model, is a recording a behaviour of it? */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import {
  compareGraphs,
  configurationOf,
  differenceText,
  exploreMachine,
  readTraceText,
  runTlc,
  type TraceCheck,
  tlcGraph,
  traceWriter,
  validateEvents,
} from "../../../src/tla/index.ts"
import { type Client, Event, initial, State, step } from "./lock.ts"

const directory = dirname(fileURLToPath(import.meta.url))
const clients: ReadonlyArray<Client> = ["c1", "c2"]
const constants = { Clients: "{c1, c2}", NULL: "NULL" }

/** A run of TLC on Lock.tla with these invariants; its configuration lives as long as the scope. */
const lockRun = (invariants: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "lock-"))
      const config = join(folder, "Lock.cfg")
      writeFileSync(config, configurationOf({ specification: "Spec", constants, invariants, properties: [] }))
      return { module: join(directory, "Lock.tla"), config, workers: 1, heap: 256, folder }
    }),
    ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )

/** The model alone: what TLC says. */
export const modelCheck = (...invariants: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(lockRun(invariants), runTlc))

/** Every event that can happen. */
const alphabet = clients.flatMap((client) =>
  (["Ask", "Enter", "Leave", "HearRequest", "HearReturn"] as const).map((_tag): Event => ({ _tag, client })),
)

/** The code against the model, state by state, edge by edge: undefined when they are equal, or where they part. */
export const codeAgainstModel = (code = step) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { report, graph } = yield* tlcGraph(yield* lockRun(["OneHolder", "HolderKnown"]), { depths: {} })
      if (graph === undefined) return `TLC ended with ${report.outcome._tag}`
      const machine = { state: State, events: Event, initial: initial(clients), alphabet, step: code }
      const mine = exploreMachine(machine, 100_000)
      const difference = compareGraphs(graph, mine)
      return difference === undefined ? undefined : differenceText(difference, "the model", "the code")
    }),
  )

/** A run of the code: events that it took, as a recording. `draw`: 0 … 1. */
export const record = (length: number, draw: () => number): string => {
  const writer = traceWriter(Event)
  let state = initial(clients)
  let text = ""
  for (let k = 0; k < length; k++) {
    const possible = alphabet.filter((event) => step(state, event) !== undefined)
    const event = possible[Math.floor(draw() * possible.length)]!
    state = step(state, event)!
    text += writer.line(event)
  }
  return text + writer.end()
}

/** The trace specification is generated from the events' schema: LockTrace.tla shows what comes of it. */
export const lockTrace: TraceCheck<Event> = {
  trace: {
    name: "LockTrace",
    specification: "Lock",
    variables: ["client", "holder", "queue", "network"],
    events: Event,
    sets: { client: "Clients" },
  },
  directory,
  constants,
  invariants: ["OneHolder", "HolderKnown"],
}

/** TLC's verdict on a recording. */
export const validate = (text: string) =>
  Effect.suspend(() => validateEvents(lockTrace, readTraceText(text, Event)))
