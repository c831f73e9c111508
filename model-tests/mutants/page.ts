/** docs/mutation.md. */
import type { Exercised } from "../coverage.ts"
import type { Corner } from "./corners.ts"
import type { GateResult } from "./gate.ts"
import type { Mutant } from "./operators.ts"
import { digestOf } from "./store.ts"
import type { Broken } from "./witnesses.ts"

export interface Findings {
  /** By side: "core", or the module's name. */
  readonly results: ReadonlyArray<readonly [string, GateResult]>
  readonly corners: ReadonlyArray<Corner>
  readonly coverages: ReadonlyArray<Exercised>
  readonly broken: ReadonlyArray<Broken>
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const cell = (text: string): string => text.replaceAll("|", "\\|")

type Table = ReadonlyArray<ReadonlyArray<string | number>>

const table = (head: ReadonlyArray<string>, rows: Table): ReadonlyArray<string> => [
  `| ${head.join(" | ")} |`,
  `| ${head.map(() => "---").join(" | ")} |`,
  ...rows.map((row) => `| ${row.map((x) => cell(String(x))).join(" | ")} |`),
]

/** The same for the same mutants, wherever in the text they are. */
export const mutantsDigest = (mutants: ReadonlyArray<Mutant>): string =>
  digestOf(...mutants.map((x) => x.name.replace(/:\d+/, "")).sort()).slice(0, 12)

/** `core: 670 mutants, digest 0123456789ab`: what the page says of a side, and a test asks for. */
export const sideLine = (side: string, mutants: ReadonlyArray<Mutant>): string =>
  `${side}: ${mutants.length} mutants, digest ${mutantsDigest(mutants)}`

const sidesPart = (results: Findings["results"]): ReadonlyArray<string> => {
  const rows = results.map(([side, x]) => [
    side,
    x.judged.length,
    x.killed,
    x.judged.length - x.killed - x.assertions,
    x.assertions,
    x.invalid,
    percent(x.share),
  ])
  return [
    ...table(
      [
        "side",
        "mutants",
        "killed",
        "survive",
        "weaken assertions only",
        "no specification",
        "killed, of all but these",
      ],
      rows,
    ),
    "",
    ...results.flatMap(([side, x]) => [`* ${sideLine(side, x.all)}`]),
  ]
}

/** What told them apart: `1-1-1-1: graph: …`. */
const judgesPart = (results: Findings["results"]): ReadonlyArray<string> => {
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const [side, { judged }] of results) {
    const counts = new Map<string, number>()
    for (const { killedBy } of judged) {
      if (killedBy === undefined) continue
      const [model = "", how = ""] = killedBy.split(": ")
      const judge =
        model === "recorded" ? "trace" : side === "core" ? (/differ/.test(how) ? "graph" : "error") : how
      counts.set(`${model}\t${judge}`, (counts.get(`${model}\t${judge}`) ?? 0) + 1)
    }
    for (const [key, n] of [...counts].sort((x, y) => y[1] - x[1])) rows.push([side, ...key.split("\t"), n])
  }
  return table(["side", "model", "by its", "mutants"], rows)
}

const survivorsPart = (results: Findings["results"]): ReadonlyArray<string> =>
  results.flatMap(([side, { judged }]) => {
    const rows = judged
      .filter((x) => x.killedBy === undefined && !x.mutant.assertion)
      .map(({ mutant, reason }) => [`\`${mutant.name.replace(/:\d+/, "")}\``, reason ?? "none known"])
    return [`### ${side}`, "", ...(rows.length === 0 ? ["None."] : table(["mutant", "why"], rows)), ""]
  })

const operatorsPart = (results: Findings["results"]): ReadonlyArray<string> => {
  const rows = results.flatMap(([side, { judged }]) =>
    [...new Set(judged.map((x) => x.mutant.operator))].sort().map((operator) => {
      const own = judged.filter((x) => x.mutant.operator === operator)
      return [side, operator, own.length, own.filter((x) => x.killedBy !== undefined).length]
    }),
  )
  return table(["side", "operator", "mutants", "killed"], rows)
}

const coveragePart = (coverages: Findings["coverages"]): ReadonlyArray<string> => {
  const rows = coverages.map(({ model, actions, conclusions, excused, because, problems }) => [
    model,
    actions,
    conclusions,
    excused,
    because.join("; "),
    problems.join("; ") || "none",
  ])
  return table(["model", "actions", "conclusions", "excused", "because", "not exercised"], rows)
}

const brokenPart = (broken: Findings["broken"]): ReadonlyArray<string> =>
  broken.flatMap(({ module, mutants, breaking, properties }) => [
    `${module}: of ${mutants} mutants looked at under its two smallest models, ${breaking} break a property there.`,
    "",
    ...table(
      ["property", "broken by designs", "by mutants"],
      properties.map((x) => [x.property, x.designs.join(", "), x.mutants]),
    ),
    "",
  ])

const vacuityPart = (coverages: Findings["coverages"]): ReadonlyArray<string> => [
  "## Nothing holds for want of being asked",
  "",
  "Every action of a model is taken, and every conclusion of its properties is reached: for `P => Q` that P holds in some",
  "state, for a quantifier over a set that the set has an element, for CASE that the arm is taken. Excused is only what",
  "the model's limits rule out (`model-tests/excuses.ts`).",
  "",
  ...coveragePart(coverages),
  "",
]

/** The whole page; a part that was not looked at is left out. */
export const page = ({ results, corners, coverages, broken }: Findings): string =>
  [
    "# Mutation gates",
    "",
    "Written by `npx pika mutants --write docs/mutation.md`. A mutant is one small change of a syntax tree: of a machine of",
    "`src/core`, or of a definition that a model's specification consists of. Judges are model checking, the comparison of",
    "state graphs and trace validation alone; no other test runs. A mutant of the specification is loaded by TLC under one",
    "model after the other: it is dead as soon as one of its actions has other steps in some state than the specification as",
    "it stands, or a property fails. A mutant of the core is dead when its own graph is not the shipped core's. What is still",
    "alive is judged by recordings: the mutated core records runs, of which TLC must reject one; the mutated specification",
    "is given recordings of the shipped core, whole and with one event altered, and must come to another verdict about one.",
    "A survivor is listed with its reason. At least 95 % must die, and no survivor may be without a reason.",
    "",
    "## Killed",
    "",
    ...sidesPart(results),
    "",
    "## Survivors",
    "",
    ...survivorsPart(results),
    "## Judges",
    "",
    "The first model that tells a mutant apart. Core and specification have the same states and edges under each of",
    "these:",
    "",
    ...table(
      ["model", "states", "edges", "core and specification"],
      corners.map((x) => [x.name, x.states, x.edges, x.problem === undefined ? "equal" : "differ"]),
    ),
    "",
    ...judgesPart(results),
    "",
    "## Operators",
    "",
    ...operatorsPart(results),
    "",
    ...(coverages.length === 0 ? [] : vacuityPart(coverages)),
    ...(broken.length === 0 ? [] : ["## Every property can be broken", "", ...brokenPart(broken)]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n")
