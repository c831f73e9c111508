/** `pika coverage`: which edges of the models' graphs, and which actions with which outcomes, runs of the code have taken. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { graphOf } from "../model/graph-of.ts"
import {
  type Coverage,
  coverageText,
  graphCoverage,
  KindCounts,
  type ModelCoverage,
  modelCoverage,
  type Source,
} from "../model/paths/coverage.ts"
import { drivePaths } from "../model/paths/drive.ts"
import type { StackConstants } from "../model/stack/constants.ts"
import { topologyOf } from "../model/stack/step.ts"
import { projectRoot } from "../setup/files.mjs"
import { coverEdges } from "../tla/graph/cover.ts"
import { Follower } from "../tla/graph/follow.ts"
import type { Model } from "../tla/model.ts"
import { guided, recorded, seeds as runSeeds, scripted, walks } from "./coverage-runs.ts"

export interface CoverageOptions {
  /** Models of spec/MC.tla, whose whole graphs are wanted. */
  readonly models: ReadonlyArray<Model>
  /** Of each model: simulated runs that are led, and paths that are scripts, at the most. */
  readonly runs: number
  readonly seeds: number
  readonly recordings: ReadonlyArray<string>
}

/** Random walks of the core for each model. */
const WALKS = 500
/** Longer than anything in a scripted run but what waits for this timer, µs. */
const CLAIM_TIMEOUT = 20_000

/** @throws {Error} a run shows something wrong; {TlcUnavailable} and the like from TLC */
export const coverageOf = async (options: CoverageOptions): Promise<Coverage> => {
  const counts = new KindCounts()
  const models: Array<ModelCoverage> = []
  const count = (source: Source) => (name: string) => {
    counts.step(source, name)
    return true
  }
  // First what may be no recording.
  for (const path of options.recordings) await recorded(path, count("recordings"))
  for (const model of options.models) models.push(await ofModel(model, options.runs, counts))
  runSeeds(options.seeds, count("sim seeds"))
  return counts.report(models)
}

const ofModel = async (model: Model, runs: number, counts: KindCounts): Promise<ModelCoverage> => {
  const constants = model.constants as StackConstants
  const graph = await Effect.runPromise(graphOf(model))
  counts.graph(graph)
  const topology = { ...topologyOf(constants), claimTimeout: CLAIM_TIMEOUT }
  /** Follows runs, and counts their steps as far as they are followed. */
  const following = (source: Source) => {
    const follower = new Follower(graph)
    const told = (name: string): boolean => {
      if (follower.state < 0) return false
      counts.step(source, name)
      return follower.take(name)
    }
    return { follower, told }
  }
  const { paths } = coverEdges(graph)
  const drive = following("core paths")
  const driven = drivePaths(graph, paths, constants)
  if (driven.problem !== undefined) throw new Error(driven.problem)
  for (const { edges } of paths) {
    drive.follower.restart()
    for (const e of edges) drive.told(graph.labelNames[graph.labels[e]!]!)
  }
  const walk = following("core walks")
  walks(walk.follower, topology, WALKS, walk.told)
  const script = following("sim paths")
  const scripts = scripted(script.follower, paths.slice(0, runs), topology, script.told)
  const guide = following("sim led")
  const guides = guided(guide.follower, topology, runs, guide.told)
  return modelCoverage(model.name, graph, [
    graphCoverage("core paths", driven.paths, drive.follower),
    graphCoverage("core walks", WALKS, walk.follower),
    graphCoverage("sim paths", scripts.runs, script.follower),
    graphCoverage("sim led", guides.runs, guide.follower),
  ])
}

/** What is covered where nothing else is said, and what the tests cover: model-tests/covered.ts. */
const defaults = async (): Promise<Pick<CoverageOptions, "models" | "runs" | "seeds">> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "covered.ts")).href
  return ((await import(file)) as { readonly covered: CoverageOptions }).covered
}

export const USAGE =
  "usage: pika coverage [--json] [--runs N] [--seeds N] [--write FILE.md] [MODEL…] [RECORDING.ndjson…]\n"

const BEGIN = "<!-- pika coverage -->\n"
const END = "<!-- end -->\n"

/** What stands between the marks of a document; undefined: it has none. */
export const markedIn = (document: string): string | undefined => {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  return begin < 0 || end < begin ? undefined : document.slice(begin + BEGIN.length, end)
}

const wholeNumber = (text: string | undefined, otherwise: number): number | undefined => {
  if (text === undefined) return otherwise
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

/** `pika coverage`: 0 every action with every outcome was taken by a whole stack, 1 one was not, 2 unusable. */
export const coverageCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { models, runs, seeds } = await defaults()
  let values: { json?: boolean; runs?: string; seeds?: string; write?: string }
  let positionals: ReadonlyArray<string>
  try {
    const options = {
      json: { type: "boolean" },
      runs: { type: "string" },
      seeds: { type: "string" },
      write: { type: "string" },
    } as const
    ;({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const recordings = positionals.filter((x) => x.endsWith(".ndjson"))
  const names = positionals.filter((x) => !x.endsWith(".ndjson"))
  const unknown = names.filter((name) => !models.some((x) => x.name === name))
  const chosen = names.length === 0 ? models : models.filter((x) => names.includes(x.name))
  const most = wholeNumber(values.runs, runs)
  const seedCount = wholeNumber(values.seeds, seeds)
  if (unknown.length > 0 || most === undefined || seedCount === undefined) {
    const there = models.map((x) => x.name).join(" ")
    process.stderr.write(
      unknown.length > 0
        ? `no model ${unknown.join(", ")}; there are: ${there}\n${USAGE}`
        : `--runs and --seeds are whole numbers of at most six digits\n${USAGE}`,
    )
    return 2
  }
  const document = values.write === undefined ? "" : readFileSync(values.write, "utf8")
  const marked = markedIn(document)
  if (values.write !== undefined && marked === undefined) {
    process.stderr.write(`${values.write} has no line ${BEGIN.trim()} with ${END.trim()} after it\n`)
    return 2
  }
  const coverage = await coverageOf({ models: chosen, runs: most, seeds: seedCount, recordings })
  if (values.write !== undefined && marked !== undefined) {
    const before = document.indexOf(BEGIN) + BEGIN.length
    const after = document.slice(before + marked.length)
    writeFileSync(values.write, document.slice(0, before) + coverageText(coverage) + after)
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(coverage)}\n` : coverageText(coverage))
  return coverage.missing.length === 0 ? 0 : 1
}
