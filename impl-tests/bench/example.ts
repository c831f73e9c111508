/** A report as a run gives it. */
import type { Machine } from "../../src/bench/machine.ts"
import { type Report, resultOf } from "../../src/bench/report.ts"
import type { Row } from "../../src/bench/row.ts"

export const machine: Machine = {
  cpu: "Some CPU",
  cores: 2,
  threadsPerCore: 1,
  virtual: true,
  memoryGiB: 23.5,
  kernel: "Linux 6.18",
  node: "v24.21.0",
  governor: "not shown",
  clockSource: "tsc",
  constantTsc: true,
  tscGHz: 2.6,
  load: 0.5,
}

export const row: Row = {
  name: "row",
  what: "some thing | of two",
  unit: "cycles",
  better: "less",
  aim: { of: "ratio", most: 1.6 },
  references: ["C"],
  anchors: [{ figure: "597 cycles", source: "a paper" }],
}

export const reportOf = (part: Partial<Report> = {}): Report => ({
  version: 1,
  date: "2026-11-24T06:00:00.000Z",
  quick: false,
  machine,
  cores: [0, 1],
  rows: [
    resultOf(row, {
      turns: [
        [150, 100],
        [170, 100],
        [140, 100],
      ],
      dropped: 2,
      details: [{ name: "beside", value: 7, unit: "B" }],
    }),
  ],
  failed: [],
  ...part,
})
