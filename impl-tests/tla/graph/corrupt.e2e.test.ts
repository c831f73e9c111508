import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { GraphUnreadable, readGraph } from "../../../src/tla/graph/read.ts"
import { ending, Specs } from "../specs.ts"

const specs = new Specs()
const file = join(specs.directory, "graph")
let whole: Buffer

beforeAll(async () => {
  const main = { main: "pika.GraphMain", properties: { "pika.graph": file } }
  const report = await Effect.runPromise(
    specs.run(ending, "SPECIFICATION Spec\nCHECK_DEADLOCK FALSE\n", main),
  )
  expect(report).toMatchObject({ outcome: { _tag: "Success" }, distinct: 4 })
  whole = readFileSync(file)
})
afterAll(() => specs.remove())

const unreadable = (): GraphUnreadable => {
  try {
    readGraph(file, { depths: {} })
  } catch (error) {
    if (error instanceof GraphUnreadable) return error
    throw error
  }
  throw new Error("it was read")
}

test("TLC's own graph, whole, has its four states and three steps", () => {
  writeFileSync(file, whole)
  const { states, targets, labelNames } = readGraph(file, { depths: {} })
  expect([states, targets.length, labelNames]).toEqual([4, 3, ["Next"]])
})

test("with any one bit flipped it is refused, the place and the remedy named", () => {
  for (let at = 0; at < whole.length; at++) {
    const altered = Buffer.from(whole)
    altered[at]! ^= 1 << (at % 8)
    writeFileSync(file, altered)
    const error = unreadable()
    expect(error).toMatchObject({ file, remedy: "have TLC write it again" })
    expect(error.at).toBeLessThanOrEqual(whole.length)
  }
})

test("cut anywhere it is refused", () => {
  for (let length = whole.length - 1; length >= 0; length--) {
    writeFileSync(file, whole)
    truncateSync(file, length)
    expect(unreadable().at).toBeLessThanOrEqual(length)
  }
})
