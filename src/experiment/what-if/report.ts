/** What a user reads: recorded, control, what-if, side by side. */
import { percentileOf } from "../measures.ts"
import { compared, MOST_PART, MOST_POINTS } from "./doubt.ts"
import type { SummaryResult } from "./summary.ts"
import type { PortResult } from "./what-if.ts"

type Row = readonly [what: string, of: (x: SummaryResult) => number, as: "count" | "part" | "time"]

const shown = (x: number, as: Row[2]): string => {
  if (as === "part") return `${(100 * x).toFixed(1)} %`
  return as === "count" ? String(x) : `${x < 1000 ? x.toFixed(0) : Number(x.toPrecision(3))} µs`
}

/** By how much the second is another than the first. */
const change = (from: number, to: number, as: Row[2]): string => {
  if (as === "part") {
    const by = 100 * (to - from)
    return `${by >= 0 ? "+" : "−"}${Math.abs(by).toFixed(1)} points`
  }
  if (from === to) return "="
  return from === 0 ? `+${shown(to, as)}` : `× ${Number((to / from).toPrecision(3))}`
}

const times = (name: string, of: (x: SummaryResult) => SummaryResult["service"]): ReadonlyArray<Row> =>
  compared.map((p) => [`${name}, ${p}th percentile`, (x) => percentileOf(of(x), p), "time"])

const rowsOf = ({ recorded, control, whatIf }: PortResult): ReadonlyArray<Row> => [
  ["connections", (x) => x.connections, "count"],
  ["served to the end", (x) => x.endings.served, "count"],
  ["left by the peer unclaimed", (x) => x.endings.left, "count"],
  ["reset: nobody listened", (x) => x.endings.reset, "count"],
  ["ended with their application", (x) => x.endings.orphaned, "count"],
  ["unfinished at the end", (x) => x.endings.unfinished, "count"],
  ["SYNs dropped", (x) => x.tallies.dropped, "count"],
  ...recorded.applications.flatMap((_, a): ReadonlyArray<Row> => {
    const of = (x: SummaryResult) => x.applications[a]!
    if ([recorded, control, whatIf].every((x) => of(x).connections === 0)) return []
    return [
      [`application ${a}: connections`, (x) => of(x).connections, "count"],
      [`application ${a}: share`, (x) => of(x).share, "part"],
    ]
  }),
  ["local share", (x) => x.locality, "part"],
  ...times("waiting", (x) => x.waiting),
  ...times("service", (x) => x.service),
  ...times("established → closed", (x) => x.whole),
  ["claim timeouts", (x) => x.tallies.claimTimeouts, "count"],
  ["given back, to be assigned again", (x) => x.tallies.givenBack, "count"],
  ["claims that came too late", (x) => x.tallies.late, "count"],
  ["messages", (x) => x.tallies.messages, "count"],
  ["offers among them", (x) => x.tallies.offers, "count"],
]

const changed = ({ settings: { recorded, whatIf } }: PortResult): string => {
  const names = Object.keys(recorded).filter((name) => recorded[name] !== whatIf[name])
  return names.length === 0
    ? "the recorded settings"
    : names.map((name) => `${name} ${recorded[name]} → ${whatIf[name]}`).join(", ")
}

const trust = ({ doubts }: PortResult): ReadonlyArray<string> =>
  doubts.length === 0
    ? [
        `control: within ${MOST_POINTS} points (shares) and ${100 * MOST_PART} % (times) of what was recorded; smaller differences mean nothing`,
      ]
    : [
        "warning: the control is far from what was recorded, so trust the what-if no further than that:",
        ...doubts.map(({ what, recorded, control }) => `  ${what}: recorded ${recorded}, control ${control}`),
      ]

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)))
  return rows.map((row) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join("  "),
  )
}

export const textOf = (result: PortResult): string => {
  const { recorded, control, whatIf, duration, applications, drawn } = result
  const lines = rowsOf(result).map(([what, of, as]) => [
    what,
    shown(of(recorded), as),
    shown(of(control), as),
    shown(of(whatIf), as),
    change(of(control), of(whatIf), as),
  ])
  return [
    `port ${result.port}: ${changed(result)}`,
    `${(duration / 1e6).toFixed(3)} s from the first connection; ${applications.all} processes, ${applications.came} came and ${applications.went} went meanwhile; ` +
      `of ${drawn} connections the work is not known, and drawn from the others'`,
    "",
    ...table([["", "recorded", "control", "what-if", "what-if by control"], ...lines]),
    "",
    ...trust(result),
    "",
  ].join("\n")
}
