/** Figure 12: what is said of the cache misses that Cachegrind counted, and of what can't be counted here. */
import type { CacheCounts, RecordedCaches } from "../calibration.ts"
import type { Measured } from "../report/measured.ts"
import { number } from "./curves.ts"
import type { Claim, Plot } from "./experiment.ts"

/** KiB of a core's own caches. */
export const cacheSizes: ReadonlyArray<number> = [8, 16, 32, 64, 128]

const COMBINED = "TS1LS1CM1"
const SPLIT = "TS1LS1+CM1"

/** Misses are few, where they are so many times fewer than with the smallest cache. */
const FEW = 20

const plotOf = (
  name: string,
  caption: string,
  title: string,
  rows: RecordedCaches["rows"],
  value: (x: CacheCounts) => number,
): Plot => ({
  name,
  caption,
  spec: {
    width: 420,
    height: 240,
    data: { values: rows.map((x) => ({ configuration: x.configuration, kib: x.kib, misses: value(x) })) },
    mark: { type: "line", point: true },
    encoding: {
      x: {
        field: "kib",
        type: "quantitative",
        title: "cache, KiB",
        scale: { type: "log", base: 2 },
        axis: { values: rows.map(({ kib }) => kib) },
      },
      y: { field: "misses", type: "quantitative", title },
      color: { field: "configuration", type: "nominal", title: null },
    },
  },
})

/** @returns a part of the page */
export const measuredCaches = ({ date, machine, requests, rows }: RecordedCaches): Measured => {
  const sizes = [...new Set(rows.map(({ kib }) => kib))].sort((a, b) => a - b)
  const at = (configuration: string, kib: number): CacheCounts =>
    rows.find((x) => x.configuration === configuration && x.kib === kib)!
  const least = sizes[0]!
  const fits = sizes.find(
    (kib) => at(COMBINED, kib).instructionMisses * FEW < at(COMBINED, least).instructionMisses,
  )
  const ratios = (of: (x: CacheCounts) => number, from: number) =>
    sizes.filter((kib) => kib > from).map((kib) => of(at(SPLIT, kib)) / of(at(COMBINED, kib)))
  const data = ratios((x) => x.dataMisses, 16)
  const claims: ReadonlyArray<Claim> = [
    {
      text: "The instructions of all components fit into 64 KiB",
      source: "Figure 12a",
      paper: "64 KB",
      ours: fits === undefined ? `not into ${sizes.at(-1)} KiB` : `${fits} KiB`,
      holds: fits !== undefined && fits <= 64,
      otherwise:
        "A server here is a JavaScript engine's process: beside its own code it runs Node's event loop, the collector and the compiler for each request or so.",
    },
    {
      text: "Splitting the manager off saves no data misses where caches are larger than 16 KiB",
      source: "Figure 12b",
      paper: "very similar",
      ours: `split by combined: ${data.map((x) => x.toFixed(2)).join(", ")}`,
      holds: data.every((x) => x > 0.8),
      note: "Similar or more: the second process has an event loop of its own, which is woken for each connection.",
    },
  ]
  return {
    title: "Caches: Figure 12, and what is not to be had (Table 1)",
    what: [
      `Measured by \`npx pika calibrate --caches\` on ${date.slice(0, 10)}: ${machine.join("; ")}. The real servers, each under Cachegrind, serve the real client over`,
      `TAP; what ${number(requests)} requests more have cost, all servers of a configuration together, for each request. Instruction and data cache are of one size, 8 ways,`,
      "lines of 64 bytes. Our servers sleep between frames, so that each request wakes them several times, with all that Node's event loop does then.",
      "",
      "**Not to be had here: Table 1.** It counts misses of the last-level cache, on a socket and across two, by hardware counters in the kernel. This machine",
      "is virtual and has none (`perf stat -e LLC-load-misses`: not supported), and has one socket. The misses in Table 2's last column are not to be had for the same reason.",
    ].join("\n"),
    claims,
    tables: [
      {
        title: "Misses of a request",
        head: ["KiB", ...[COMBINED, SPLIT].flatMap((x) => [`${x}: instructions`, `${x}: data`])],
        rows: sizes.map((kib) => [
          String(kib),
          ...[COMBINED, SPLIT].flatMap((x) => [
            number(at(x, kib).instructionMisses),
            number(at(x, kib).dataMisses),
          ]),
        ]),
      },
      {
        title: "Instructions of a request",
        head: ["configuration", "instructions"],
        rows: [COMBINED, SPLIT].map((x) => [x, number(at(x, sizes.at(-1)!).instructions)]),
      },
    ],
    plots: [
      plotOf(
        "figure-12a",
        "Figure 12a. Misses of the instruction cache for each request, by its size.",
        "misses a request",
        rows,
        (x) => x.instructionMisses,
      ),
      plotOf(
        "figure-12b",
        "Figure 12b. Misses of the data cache for each request, by its size.",
        "misses a request",
        rows,
        (x) => x.dataMisses,
      ),
    ],
  }
}
