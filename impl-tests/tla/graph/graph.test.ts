import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { compareGraphs, differenceText } from "../../../src/tla/graph/compare.ts"
import { type Explorable, explore, TooManyStates } from "../../../src/tla/graph/explore.ts"
import { depthOf, edgeCount, type StateGraph } from "../../../src/tla/graph/graph.ts"
import { atomsOf, NOTHING, sumOf } from "../../../src/tla/graph/print.ts"
import { GraphUnreadable, readGraph } from "../../../src/tla/graph/read.ts"
import { parseValue } from "../../../src/tla/value.ts"

/** Two counters that go from 0 to `most`, one reset when both are there. */
class Counters implements Explorable {
  readonly width = 2
  readonly labelNames = ["Up(0)", "Up(1)", "Reset()"]
  readonly most: number
  readonly wrong: (x: number, y: number) => boolean

  constructor(most: number, wrong: (x: number, y: number) => boolean = () => false) {
    this.most = most
    this.wrong = wrong
  }

  initial() {
    return Int32Array.of(0, 0)
  }

  steps(state: Int32Array, visit: (label: number, next: Int32Array) => void) {
    const [x, y] = [state[0]!, state[1]!]
    if (x < this.most) visit(0, Int32Array.of(x + 1, y))
    if (y < this.most && !this.wrong(x, y)) visit(1, Int32Array.of(x, y + 1))
    if (x === this.most && y === this.most) visit(2, Int32Array.of(0, 0))
  }

  print(k: number, value: number) {
    return sumOf([{ path: `counter[${k}]`, value: String(value) }])
  }

  describe(state: Int32Array) {
    return new Map([...state].map((value, k) => [`counter[${k}]`, String(value)]))
  }
}

/** The graph as TLC's writer would have it on disk. */
const written = (graph: StateGraph): Buffer => {
  const parts: Array<Buffer> = []
  const word = (x: number) => {
    const b = Buffer.alloc(4)
    b.writeUInt32BE(x)
    return b
  }
  const text = (kind: string, value: string, extra = Buffer.alloc(0)) =>
    parts.push(Buffer.from(kind), extra, word(Buffer.byteLength(value)), Buffer.from(value))
  text("N", "counter")
  const seen = new Map<string, number>()
  graph.labelNames.forEach((name) => {
    text("L", `MC${name}`)
  })
  for (let s = 0; s < graph.states; s++) {
    const parts2 = graph.describe(s)
    const value = `(0 :> ${parts2.get("counter[0]")} @@ 1 :> ${parts2.get("counter[1]")})`
    if (!seen.has(value)) {
      text("V", value, Buffer.from([0]))
      seen.set(value, seen.size)
    }
    parts.push(Buffer.from(s === 0 ? "I" : "S"), word(seen.get(value)!))
  }
  for (let s = 0; s < graph.states; s++) {
    for (let k = graph.first[s]!; k < graph.first[s + 1]!; k++) {
      // Twice: TLC writes a step once for each way that it finds it.
      for (let n = 0; n < 2; n++)
        parts.push(Buffer.from("E"), word(s), word(graph.targets[k]!), word(graph.labels[k]!))
    }
  }
  parts.push(Buffer.from("Z"), word(graph.states), word(0), word(2 * edgeCount(graph)))
  const all = Buffer.concat(parts)
  return Buffer.concat([all, word(crc32(all))])
}

const options = { depths: { counter: 1 }, label: (name: string) => name.replace(/^MC/, "") }
let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-test-graph-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const read = (bytes: Buffer) => {
  const file = join(folder, "graph")
  writeFileSync(file, bytes)
  return readGraph(file, options)
}

describe("exploring", () => {
  test("finds every state and step once", () => {
    const graph = explore(new Counters(3), 100)
    expect([graph.states, edgeCount(graph), graph.initial]).toEqual([16, 2 * 12 + 1, [0]])
    // From (0, 0) to (3, 3) six steps.
    expect(depthOf(graph)).toBe(7)
  })

  test("stops at the limit with a typed error", () => {
    expect(() => explore(new Counters(30), 100)).toThrow(TooManyStates)
  })

  test("keeps apart as many states as there are, beyond the first tables", () => {
    expect(explore(new Counters(99), 20_000).states).toBe(10_000)
  })
})

describe("TLC's file", () => {
  test("reads back as the same graph", () => {
    const graph = explore(new Counters(5), 100)
    const back = read(written(graph))
    expect(compareGraphs(back, graph)).toBeUndefined()
    expect(back.describe(7)).toEqual(graph.describe(7))
    expect([back.states, edgeCount(back)]).toEqual([graph.states, edgeCount(graph)])
  })

  test("cut anywhere, or with any byte altered, is never taken for one", () => {
    const whole = written(explore(new Counters(2), 100))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(() => read(whole.subarray(0, length))).toThrow(GraphUnreadable)
      }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const altered = Buffer.from(whole)
          altered[at]! ^= flip
          expect(() => read(altered)).toThrow(GraphUnreadable)
        },
      ),
    )
  })

  test("names the place of what it can't read", () => {
    const whole = written(explore(new Counters(1), 10))
    expect(() => read(Buffer.concat([whole, Buffer.from("x")]))).toThrow(/goes on after its end/)
    expect(() => read(Buffer.from("nonsense"))).toThrow(/no such record/)
  })
})

describe("comparing", () => {
  test("a step that is missing is named, with a shortest path and the state", () => {
    const right = explore(new Counters(3), 100)
    const left = explore(new Counters(3, (x, y) => x === 1 && y === 2), 100)
    const difference = compareGraphs(left, right)!
    expect(difference.path).toHaveLength(3)
    expect(difference.onlyRight).toEqual(["Up(1)"])
    expect(differenceText(difference, "the specification", "the core")).toMatch(
      /the core can do Up\(1\), the specification can not/,
    )
    expect(compareGraphs(right, left)!.onlyLeft).toEqual(["Up(1)"])
  })

  test("a step that leads elsewhere is told by the parts that differ", () => {
    class Skips extends Counters {
      override steps(state: Int32Array, visit: (label: number, next: Int32Array) => void) {
        super.steps(state, (label, next) => {
          if (label === 1 && state[0] === 2) next[1] = 3
          visit(label, next)
        })
      }
    }
    const difference = compareGraphs(explore(new Counters(3), 100), explore(new Skips(3), 100))!
    expect(difference.elsewhere).toEqual([{ label: "Up(1)", parts: [["counter[1]", "1", "3"]] }])
  })

  test("other initial states differ at once", () => {
    class Later extends Counters {
      override initial() {
        return Int32Array.of(1, 0)
      }
    }
    const difference = compareGraphs(explore(new Counters(2), 100), explore(new Later(2), 100))!
    expect(difference.path).toEqual([])
    expect(difference.elsewhere[0]!.parts).toEqual([["counter[0]", "0", "1"]])
  })
})

describe("prints", () => {
  test("of the parts add up to that of the whole, in any order", () => {
    const atoms = atomsOf("x", parseValue("(0 :> (0 :> 1 @@ 1 :> {2}) @@ 1 :> (0 :> <<>> @@ 1 :> TRUE))"), 2)
    expect(atoms.map((x) => `${x.path} = ${x.value}`)).toEqual([
      "x[0][0] = 1",
      "x[0][1] = {2}",
      "x[1][0] = <<>>",
      "x[1][1] = TRUE",
    ])
    expect(sumOf(atoms)).toEqual(sumOf([...atoms].reverse()))
    expect(sumOf([])).toEqual(NOTHING)
    expect(sumOf(atoms)).not.toEqual(sumOf(atoms.slice(1)))
  })
})
