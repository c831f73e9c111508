import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { benchSchema, jsonSchemaOf, traceSchema } from "../../src/setup/json-schema.mjs"
import { scratch } from "./scratch.ts"

describe("the JSON schema of a type", () => {
  it("has its fields, which of them must be there, and no others", async () => {
    const root = scratch({
      "a.ts": `export type Kind = "x" | "y"
        export interface A {
          readonly kind: Kind
          /** How many. */
          readonly count?: number
        }`,
    })
    const schema = JSON.parse(await jsonSchemaOf(join(root, "a.ts"), "A"))
    expect(schema.definitions.A).toEqual({
      type: "object",
      properties: {
        kind: { $ref: "#/definitions/Kind" },
        count: { type: "number", description: "How many." },
      },
      additionalProperties: false,
      required: ["kind"],
    })
    expect(schema.definitions.Kind.enum).toEqual(["x", "y"])
  })

  it("is not made up for a type that isn't there", async () => {
    const root = scratch({ "a.ts": "export interface A {}" })
    await expect(jsonSchemaOf(join(root, "a.ts"), "B")).rejects.toThrow()
  })

  it.each([
    ["a recording's lines", traceSchema],
    ["pika bench --json", benchSchema],
  ])("is committed as today's type of %s has it (else: npm run schema)", async (_what, one) => {
    const committed = readFileSync(join(projectRoot, one.output), "utf8")
    expect(committed).toBe(await jsonSchemaOf(join(projectRoot, one.source), one.type))
    expect(committed).not.toContain(projectRoot)
  })
})
