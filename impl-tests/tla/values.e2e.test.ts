/** TLC reads what is printed, and prints what is read: the same values. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Schema } from "effect"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { literalOf } from "../../src/tla/literal.ts"
import { printedTuples } from "../../src/tla/printed.ts"
import { tlaMapping } from "../../src/tla/schema.ts"
import { runTlc } from "../../src/tla/tlc.ts"
import type { TlaValue } from "../../src/tla/value.ts"
import { type Name, schemas, valuesOf } from "./sampled.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-values-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const modelValues = ["s1", "s2", "s3", "Red", "Green", "NULL"]
const EACH = 25

/** What TLC prints of each value, in a module that holds them all. */
const throughTlc = async (values: ReadonlyArray<TlaValue>): Promise<ReadonlyArray<TlaValue>> => {
  const module = join(folder, "Values.tla")
  const config = join(folder, "Values.cfg")
  const lines = values.map((value, k) => `ASSUME PrintT(<<${k}, ${literalOf(value)}>>)`)
  writeFileSync(
    module,
    [
      "---- MODULE Values ----",
      "EXTENDS Integers, TLC",
      `CONSTANTS ${modelValues.join(", ")}`,
      ...lines,
      "VARIABLE x",
      "Spec == x = 0 /\\ [][UNCHANGED x]_x",
      "====",
      "",
    ].join("\n"),
  )
  const constants = modelValues.map((name) => `  ${name} = ${name}`)
  writeFileSync(config, ["SPECIFICATION Spec", "CONSTANTS", ...constants, ""].join("\n"))
  const report = await Effect.runPromise(runTlc({ module, config, workers: 1, heap: 256, brief: true }))
  expect(report.outcome).toEqual({ _tag: "Success" })
  return printedTuples(report.printed).map(([order, value], k) => {
    expect(order).toEqual({ _tag: "Int", value: k })
    return value!
  })
}

describe("through TLC", () => {
  test("values of every schema come back the same", async () => {
    const seed = Math.trunc(Math.random() * 0x7fffffff)
    const names = Object.keys(schemas) as ReadonlyArray<Name>
    const sampled = names.flatMap((name) => {
      const schema: Schema.Constraint = schemas[name]
      const { toTla } = tlaMapping(schema)
      return fc
        .sample(valuesOf(schema), { seed, numRuns: EACH })
        .map((value) => ({ name, tla: toTla(value) }))
    })
    const back = await throughTlc(sampled.map((x) => x.tla))
    expect(back).toHaveLength(names.length * EACH)
    back.forEach((tla, k) => {
      expect(tla, `${sampled[k]!.name}, seed ${seed}`).toEqual(sampled[k]!.tla)
    })
  })
})
