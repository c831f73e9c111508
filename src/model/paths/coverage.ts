/** What runs of the code have taken of the models' graphs, and of the actions with their outcomes. */
import type { Follower } from "../../tla/graph/follow.ts"
import { edgeCount, type StateGraph } from "../../tla/graph/graph.ts"
import { kindOf, parseLabel } from "./label.ts"

/** Runs of one sort. `core`: its machines alone. The others are the servers' own programs. */
export const sources = [
  "core paths",
  "core walks",
  "sim paths",
  "sim led",
  "sim seeds",
  "recordings",
] as const
export type Source = (typeof sources)[number]

/** Of those a step is one of a whole stack's, simulated or real. */
export const whole: ReadonlyArray<Source> = ["sim paths", "sim led", "sim seeds", "recordings"]

export interface GraphCoverage {
  readonly source: Source
  readonly runs: number
  /** Steps that the graph has. */
  readonly steps: number
  /** Different edges. */
  readonly edges: number
  /** Runs that left the graph: they went beyond the model's limits. */
  readonly strayed: number
}

export interface ModelCoverage {
  readonly model: string
  readonly states: number
  readonly edges: number
  readonly by: ReadonlyArray<GraphCoverage>
}

export interface Coverage {
  readonly models: ReadonlyArray<ModelCoverage>
  /** By action with its outcome: edges of that sort in all graphs, and steps of that sort by source. */
  readonly kinds: ReadonlyArray<{
    readonly kind: string
    readonly edges: number
    readonly steps: Readonly<Record<Source, number>>
  }>
  /** Actions with outcomes that no whole stack, simulated or recorded, has taken. */
  readonly missing: ReadonlyArray<string>
}

export const graphCoverage = (source: Source, runs: number, follower: Follower): GraphCoverage => ({
  source,
  runs,
  steps: follower.steps,
  edges: follower.covered,
  strayed: follower.strayed,
})

/** Counts steps by what is done and what becomes of it. */
export class KindCounts {
  readonly #edges = new Map<string, number>()
  readonly #steps = new Map<Source, Map<string, number>>()
  readonly #kinds = new Map<string, string>()

  graph({ first, labels, labelNames }: StateGraph): void {
    const kinds = labelNames.map((name) => this.kind(name))
    for (let e = 0; e < first.at(-1)!; e++) {
      const kind = kinds[labels[e]!]!
      this.#edges.set(kind, (this.#edges.get(kind) ?? 0) + 1)
    }
  }

  step(source: Source, name: string): void {
    const steps = this.#steps.get(source) ?? new Map<string, number>()
    this.#steps.set(source, steps)
    const kind = this.kind(name)
    steps.set(kind, (steps.get(kind) ?? 0) + 1)
  }

  kind(name: string): string {
    const known = this.#kinds.get(name)
    if (known !== undefined) return known
    const kind = kindOf(parseLabel(name))
    this.#kinds.set(name, kind)
    return kind
  }

  report(models: ReadonlyArray<ModelCoverage>): Coverage {
    const seen = [...this.#steps.values()].flatMap((steps) => [...steps.keys()])
    const kinds = [...new Set([...this.#edges.keys(), ...seen])].sort().map((kind) => {
      const count = (source: Source) => [source, this.#steps.get(source)?.get(kind) ?? 0] as const
      const steps = Object.fromEntries(sources.map(count)) as Record<Source, number>
      return { kind, edges: this.#edges.get(kind) ?? 0, steps }
    })
    const missing = kinds.filter((x) => whole.every((source) => x.steps[source] === 0)).map((x) => x.kind)
    return { models, kinds, missing }
  }
}

export const modelCoverage = (
  model: string,
  graph: StateGraph,
  by: ReadonlyArray<GraphCoverage>,
): ModelCoverage => ({ model, states: graph.states, edges: edgeCount(graph), by })

const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}

/** As Markdown. */
export const coverageText = ({ models, kinds, missing }: Coverage): string => {
  const ran = sources.filter((x) => kinds.some((kind) => kind.steps[x] > 0))
  const rows = models.flatMap(({ model, states, edges, by }) =>
    by.map((x, k) => [
      k === 0 ? `${model}: ${states} states, ${edges} edges` : "",
      x.source,
      String(x.runs),
      String(x.steps),
      `${x.edges} (${share(x.edges, edges)})`,
    ]),
  )
  return [
    table(["model", "runs", "count", "steps in the graph", "edges taken"], rows),
    "",
    table(
      ["action, outcome", "edges", ...ran],
      kinds.map(({ kind, edges, steps }) => [kind, String(edges), ...ran.map((x) => String(steps[x]))]),
    ),
    "",
    missing.length === 0
      ? "Every action with every outcome was taken by a whole stack."
      : `Taken by no whole stack: ${missing.join(", ")}.`,
    "",
  ].join("\n")
}
