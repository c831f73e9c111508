import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { initialManager, type Manager, stepManager } from "../src/core/manager.ts"
import { Outbox } from "../src/core/outbox.ts"
import { defaultBalance, type SchemeName, type Topology } from "../src/core/topology.ts"
import { push } from "../src/core/window.ts"
import { specDirectory } from "../src/model/spec.ts"
import { configurationOf, type Model } from "../src/tla/model.ts"
import { runTlc } from "../src/tla/tlc.ts"
import { parseValue, type TlaValue } from "../src/tla/value.ts"
import { drawing, scheme } from "./ladder/offers.ts"

/** What decides, and what the specification says is decided. */
interface Row {
  readonly text: string
  /** application, service time */
  readonly locals: ReadonlyArray<readonly [number, number]>
  /** manager, application, service time, admitted */
  readonly offers: ReadonlyArray<readonly [number, number, number, boolean]>
  /** Applications that may get the connection. */
  readonly candidates: ReadonlyArray<number>
  /** Managers whose offers are admitted then. */
  readonly admitted: ReadonlyArray<number>
}

const plain = (value: TlaValue): unknown =>
  value._tag === "Tuple" || value._tag === "Set"
    ? value.items.map(plain)
    : value._tag === "Int" || value._tag === "Bool"
      ? value.value
      : expect.unreachable(`a ${value._tag} in a row`)

const rowOf = (text: string): Row => {
  const [locals, offers, candidates, admitted] = plain(parseValue(text)) as [
    Row["locals"],
    Row["offers"],
    Row["candidates"],
    Row["admitted"],
  ]
  return { text, locals, offers, candidates, admitted }
}

/** Every row that TLC reaches. */
const rowsOf = async (model: Model): Promise<ReadonlyArray<Row>> => {
  const scratch = mkdtempSync(join(tmpdir(), "pika-draws-"))
  try {
    const config = join(scratch, "MCDraws.cfg")
    writeFileSync(config, configurationOf({ ...model, invariants: ["Rows"], properties: [] }))
    const module = join(specDirectory, "MCDraws.tla")
    const report = await Effect.runPromise(runTlc({ module, config, workers: 1, heap: 1024, brief: true }))
    expect(report.outcome).toEqual({ _tag: "Success" })
    return report.printed.filter((line) => line.startsWith("<<")).map(rowOf)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const topologyOf = (model: Model, name: SchemeName): Topology => ({
  applications: model.constants.NApplications as number,
  managers: model.constants.NManagers as number,
  transports: 1,
  connections: 1,
  backlog: 1,
  room: 1,
  claimTimeout: 1000,
  balance: {
    ...defaultBalance,
    scheme: name,
    tariff: model.constants.Tariff as number,
    high: (model.constants.High as number) / 100,
    low: (model.constants.Low as number) / 100,
  },
})

/** The shipped machine in the state that the row tells. */
const managerOf = (row: Row, topology: Topology): Manager => {
  let state = initialManager(0, topology)
  for (const [a, time] of row.locals) {
    const window = time === 0 ? state.windows.get(a) : push(state.windows.get(a), time)
    state = {
      ...state,
      acceptors: [...state.acceptors, { a, g: 1 }],
      listeners: state.listeners.set(a, true),
      windows: state.windows.set(a, window),
    }
  }
  for (const [k, a, serviceTime, admitted] of row.offers) {
    state = {
      ...state,
      offers: state.offers.set(k, { a, g: 1, listener: true, serviceTime, admitted, wants: 0 }),
    }
  }
  return state
}

/** The rarest candidate of any row has a chance of one in thirty. */
const DRAWS = 1024
const drawOf = (k: number): number => Math.imul(k, 0x9e3779b9) >>> 0

const drawn = (row: Row, topology: Topology): Pick<Row, "candidates" | "admitted"> => {
  const before = managerOf(row, topology)
  const candidates = new Set<number>()
  const admitted = new Set<string>()
  for (let k = 0; k < DRAWS; k++) {
    const out = new Outbox()
    const after = stepManager(before, { _tag: "Syn", c: 0 }, { now: 0, draw: drawOf(k) }, topology, out)
    if (out.outcome === "Assigned") candidates.add(out.a)
    const managers = row.offers.map(([m]) => m).filter((m) => after.offers.get(m).admitted)
    admitted.add(JSON.stringify(managers))
  }
  expect(admitted.size).toBe(1)
  return {
    candidates: [...candidates].sort((x, y) => x - y),
    admitted: JSON.parse([...admitted][0] ?? "[]"),
  }
}

const schemes: ReadonlyArray<SchemeName> = ["Naive", "Unfiltered", "Filtered", "Tournament", "Shortest"]
const cases = drawing.flatMap((model) => schemes.map((name) => [name, model.shows, model] as const))

describe("the core draws among exactly the candidates of the specification, and admits what it admits", () => {
  test.each(cases)("%s, %s", async (name, _shows, model) => {
    const topology = topologyOf(model, name)
    const rows = await rowsOf(scheme(model, name))
    expect(rows.length).toBeGreaterThan(100)
    for (const row of rows) {
      expect({ text: row.text, ...drawn(row, topology) }).toEqual({
        text: row.text,
        candidates: row.candidates,
        admitted: row.admitted,
      })
    }
  })
})
