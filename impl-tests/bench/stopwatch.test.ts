import { expect, test } from "vitest"
import { parseHeard, portOf } from "../../src/bench/calibration/real-stack.ts"
import { Stopwatch } from "../../src/bench/calibration/stopwatch.ts"
import { CannotMeasure } from "../../src/bench/errors.ts"
import { directed } from "../../src/server/link-server.ts"

/** A counter on which each look costs `look` cycles. */
const counter = (look: number) => {
  let now = 0
  return {
    cycles: () => {
      now += look
      return now
    },
    pass: (cycles: number) => {
      now += cycles
    },
  }
}

test("each kind has its own time, without that of watched calls within, and without the looks' own", () => {
  const { cycles, pass } = counter(7)
  const stopwatch = new Stopwatch(2, cycles)
  const inner = {
    work: (x: number): number => {
      pass(30)
      return x + 1
    },
  }
  const outer = {
    half: 50,
    work(x: number): number {
      pass(this.half)
      const y = inner.work(x)
      pass(this.half)
      return y
    },
  }
  stopwatch.watch(inner, 1, ["work"])
  stopwatch.watch(outer, 0, ["work"])
  expect(stopwatch.look).toBeCloseTo(7, 1)
  for (let k = 0; k < 10; k++) {
    expect(outer.work(k)).toBe(k + 1)
    // Nobody's.
    pass(1000)
  }
  expect(stopwatch.spent[0]).toBeCloseTo(1000, 0)
  expect(stopwatch.spent[1]).toBeCloseTo(300, 0)
})

test("what interrupts the stopwatch while it looks at its own cost is not taken for that", () => {
  let now = 0
  let looks = 0
  // Every thousandth look takes as long as a time slice of somebody else.
  const stopwatch = new Stopwatch(1, () => {
    now += ++looks % 1000 === 0 ? 1_000_000 : 10
    return now
  })
  expect(stopwatch.look).toBeLessThan(11)
})

test("what throws is timed too, and a method that is not there is an error", () => {
  const { cycles, pass } = counter(1)
  const stopwatch = new Stopwatch(1, cycles)
  const object = {
    fails: (): void => {
      pass(20)
      throw new RangeError("as it must")
    },
  }
  stopwatch.watch(object, 0, ["fails"])
  expect(() => object.fails()).toThrow(/as it must/)
  pass(500)
  expect(() => object.fails()).toThrow(RangeError)
  expect(stopwatch.spent[0]).toBeCloseTo(40, 0)
  expect(() => stopwatch.watch(object, 0, ["renamed"])).toThrow(/no method renamed/)
})

test("the client's ports bring neighbours to transports in turn, as the simulation's even flows", () => {
  for (const transports of [1, 2, 4])
    for (let k = 0; k < 60_000; k++) expect(directed(portOf(k), transports)).toBe(k % transports)
  expect(Math.max(...Array.from({ length: 60_000 }, (_, k) => portOf(k)))).toBeLessThan(65_536)
  expect(new Set(Array.from({ length: 53_248 }, (_, k) => portOf(k))).size).toBe(53_248)
})

test("the client's words are a line of three numbers for each connection, or an error", () => {
  expect(parseHeard("120 40 3\n-1 -1 5\n", 2)).toEqual([
    { answered: 120, connected: 40, late: 3 },
    { answered: -1, connected: -1, late: 5 },
  ])
  for (const text of ["", "1 2 3\n", "1 2 3\n1 2\n", "1 2 3\nx y z\n"])
    expect(() => parseHeard(text, 2)).toThrow(CannotMeasure)
})
