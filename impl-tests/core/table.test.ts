import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Table } from "../../src/core/table.ts"

describe("table", () => {
  // One node, a root above full and partial leaves, and two levels above them.
  test.each([1, 5, 16, 17, 40, 300])(
    "of %i cells: every version stays as it was, whatever was written since",
    (size) => {
      const op = fc.record({
        version: fc.nat(),
        write: fc.boolean(),
        i: fc.integer({ min: 0, max: size - 1 }),
        value: fc.integer({ min: 0, max: 3 }),
      })
      fc.assert(
        fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
          const versions = [{ table: Table.make(size, 0), model: new Array<number>(size).fill(0) }]
          for (const { version, write, i, value } of ops) {
            const { table, model } = versions[version % versions.length]!
            expect(table.get(i)).toBe(model[i])
            if (write) versions.push({ table: table.set(i, value), model: model.with(i, value) })
          }
          for (const { table, model } of versions) expect(table.toArray()).toEqual(model)
        }),
      )
    },
  )

  test("setting what is there already is no new version", () => {
    const table = Table.from([1, 2])
    expect(table.set(1, 2)).toBe(table)
  })

  test("an index outside is the caller's error, read or written", () => {
    const table = Table.make(2, "x")
    for (const i of [-1, 2]) {
      expect(() => table.get(i)).toThrow(RangeError)
      expect(() => table.set(i, "y")).toThrow(RangeError)
    }
  })

  test("what it was made from is its own", () => {
    const values = [1, 2]
    const table = Table.from(values)
    values[0] = 9
    table.toArray()[1] = 9
    expect(table.toArray()).toEqual([1, 2])
  })
})
