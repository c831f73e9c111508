/** Whether the shipped core has the specification's state graph under each model that judges mutants. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { specDirectory } from "../../src/model/spec.ts"
import { coreEquals, stackGraph } from "../../src/model/stack/equality.ts"
import { filesUnder, projectRoot } from "../../src/setup/files.mjs"
import { tlcGraph } from "../../src/tla/graph/tlc-graph.ts"
import { configurationOf } from "../../src/tla/model.ts"
import { cornerModel, corners, sourcesOf } from "./spec-models.ts"
import { digestOf, Store } from "./store.ts"

/** All that the core's own graph depends on. */
export const coreSources = (): string =>
  digestOf(
    ...["core", join("model", "stack"), join("tla", "graph")]
      .flatMap((room) => filesUnder(join(projectRoot, "src", room), ".ts"))
      .map((file) => readFileSync(file, "utf8")),
  )

export interface Corner {
  readonly name: string
  readonly states: number
  readonly edges: number
  /** How core and specification differ; undefined: nowhere. */
  readonly problem?: string
}

const HEAP = 1536

const look = (name: string, constants: (typeof corners)[number][1]): Effect.Effect<Corner, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-corner-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      const config = join(folder, "MC.cfg")
      writeFileSync(config, configurationOf(cornerModel([name, constants])))
      const run = { module: join(specDirectory, "MC.tla"), config, workers: 1, heap: HEAP }
      const { report, graph } = yield* tlcGraph(run, stackGraph)
      if (graph === undefined) return { name, states: 0, edges: 0, problem: report.outcome._tag }
      const { states, edges, problem } = coreEquals(graph, constants)
      return { name, states, edges, ...(problem === undefined ? {} : { problem }) }
    }),
  )

/** These corners, each looked at once for each core and specification. */
export const cornersEqual = async (
  chosen: typeof corners,
  store: Store<Corner> = new Store("corners"),
): Promise<ReadonlyArray<Corner>> => {
  const all = digestOf(coreSources(), ...sourcesOf({ module: "MC" }))
  const found: Array<Corner> = []
  for (const corner of chosen) {
    const [name, constants] = corner
    const key = digestOf(all, configurationOf(cornerModel(corner)))
    found.push(await store.get(key, () => Effect.runPromise(look(name, constants))))
  }
  if (chosen === corners) store.forgetOthers()
  return found
}
