import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { afterAll, describe, expect, test } from "vitest"
import { GraphUnreadable } from "../../../src/tla/graph/read.ts"
import { readBehaviours } from "../../../src/tla/graph/simulate.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-test-simulate-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const word = (x: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(x)
  return bytes
}
const text = (x: string): Buffer => Buffer.concat([word(x.length), Buffer.from(x)])

/** One variable from 0 to 2, the first of them initial; and what is said of steps between them. */
const read = (records: ReadonlyArray<"B" | readonly [from: number, to: number, label: number]>) => {
  const parts = [Buffer.from("N"), text("x")]
  for (let x = 0; x < 3; x++) {
    parts.push(Buffer.from("V"), Buffer.from([0]), text(String(x)))
    parts.push(Buffer.from(x === 0 ? "I" : "S"), word(x))
  }
  for (const name of ["Up(1)", "Down(1)"]) parts.push(Buffer.from("L"), text(name))
  let edges = 0
  for (const x of records) {
    if (x === "B") parts.push(Buffer.from("B"))
    else {
      parts.push(Buffer.from("E"), ...x.map(word))
      edges++
    }
  }
  const file = join(folder, "behaviours")
  const all = Buffer.concat([...parts, Buffer.from("Z"), word(3), word(0), word(edges)])
  writeFileSync(file, Buffer.concat([all, word(crc32(all))]))
  return readBehaviours(file, { depths: {} })
}

const shown = ({ graph, paths }: ReturnType<typeof readBehaviours>) =>
  paths.map(({ start, edges }) => {
    const steps = Array.from(edges, (e) => `${graph.labelNames[graph.labels[e]!]} ${graph.targets[e]}`)
    return [start, ...steps].join(" ")
  })

describe("behaviours that TLC drew", () => {
  test("are read as paths, though steps are taken again and the beginning is come to again", () => {
    const behaviours = read(["B", [0, 1, 0], [1, 0, 1], [0, 1, 0], [1, 2, 0], "B", [0, 1, 0], "B"])
    expect(shown(behaviours)).toEqual(["0 Up(1) 1 Down(1) 0 Up(1) 1 Up(1) 2", "0 Up(1) 1"])
    expect(behaviours.graph.targets).toHaveLength(3)
  })

  test.each([
    ["does not follow on the one before", ["B", [0, 1, 0], [0, 1, 0]]],
    ["does not follow on the one before", [[0, 1, 0]]],
    ["does not begin at the beginning", ["B", [1, 2, 0]]],
  ] as const)("are refused: one %s", (why, records) => {
    expect(() => read([...records])).toThrow(GraphUnreadable)
    expect(() => read([...records])).toThrow(why)
  })
})
