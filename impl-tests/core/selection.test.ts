/** The laws of balancing (§3.3, §5.3). */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Candidate, readmit, select, uniform } from "../../src/core/selection.ts"
import {
  type Balance,
  defaultBalance,
  NONE,
  type SchemeName,
  schemes as schemeNames,
} from "../../src/core/topology.ts"

const balanceOf = (scheme: SchemeName, rest: Partial<Balance> = {}): Balance => ({
  ...defaultBalance,
  scheme,
  ...rest,
})

const local = (a: number, time: number): Candidate => ({ a, g: 1, time, from: NONE, admitted: true })
const offer = (a: number, time: number, admitted = true): Candidate => ({
  a,
  g: 1,
  time,
  from: a + 1,
  admitted,
})

const draw = fc.integer({ min: 0, max: 0xffffffff })
const time = fc.integer({ min: 1, max: 1_000_000 })
/** Late chooses elsewhere, among the idle only (`late.test.ts`). */
type Selecting = Exclude<SchemeName, "Late">
const schemes = fc.constantFrom<Selecting>(...schemeNames.filter((x): x is Selecting => x !== "Late"))
const locals = (of: fc.Arbitrary<number>, minLength = 1) =>
  fc.array(of, { minLength, maxLength: 6 }).map((list) => list.map((x, a) => local(a, x)))
const offers = (of: fc.Arbitrary<number>) =>
  fc
    .array(fc.tuple(of, fc.boolean()), { maxLength: 6 })
    .map((list) => list.map(([x, admitted], a) => offer(100 + a, x, admitted)))

/** How often each acceptor is chosen in `n` draws. */
const shares = (
  mine: ReadonlyArray<Candidate>,
  theirs: ReadonlyArray<Candidate>,
  balance: Balance,
  n = 4096,
): Map<number, number> => {
  const counts = new Map<number, number>()
  for (let k = 0; k < n; k++) {
    const { a } = select(mine, theirs, balance, Math.imul(k, 0x9e3779b1) >>> 0)!
    counts.set(a, (counts.get(a) ?? 0) + 1 / n)
  }
  return counts
}

/** Nine standard deviations of a share of 4096 draws. */
const SLACK = 0.07

describe("tournament", () => {
  test("the chance of staying local doesn't depend on the number of managers", () => {
    fc.assert(
      fc.property(locals(time), time, fc.integer({ min: 1, max: 15 }), draw, (mine, x, managers, d) => {
        const balance = balanceOf("Tournament")
        const many = Array.from({ length: managers }, (_, k) => offer(100 + k, x))
        const one = select(mine, [offer(100, x)], balance, d)!
        // Draw by draw, not only on average: only the third round decides.
        expect(select(mine, many, balance, d)!.from === NONE).toBe(one.from === NONE)
      }),
    )
  })

  test("under Unfiltered it does: the law above can fail", () => {
    const balance = balanceOf("Unfiltered")
    const many = Array.from({ length: 15 }, (_, k) => offer(100 + k, 10))
    const few = shares([local(0, 10)], many.slice(0, 1), balance).get(0)!
    expect(few - shares([local(0, 10)], many, balance).get(0)!).toBeGreaterThan(0.3)
  })

  test("the final is between the two winners by 1 / time and 1 / (tariff × time)", () => {
    const share = shares([local(0, 10)], [offer(100, 10)], balanceOf("Tournament", { tariff: 2 })).get(0)!
    expect(Math.abs(share - 2 / 3)).toBeLessThan(SLACK)
  })

  test("without an admitted offer everything stays local", () => {
    fc.assert(
      fc.property(locals(time), locals(time), draw, (mine, theirs, d) => {
        const out = theirs.map((x, k) => offer(100 + k, x.time, false))
        expect(select(mine, out, balanceOf("Tournament"), d)!.from).toBe(NONE)
      }),
    )
  })
})

describe("every scheme", () => {
  test("permuting the offers changes no share", () => {
    fc.assert(
      fc.property(schemes, locals(time), offers(time), (scheme, mine, theirs) => {
        const balance = balanceOf(scheme)
        const there = shares(mine, theirs, balance)
        const back = shares(mine, theirs.toReversed(), balance)
        for (const { a } of [...mine, ...theirs]) {
          expect(Math.abs((there.get(a) ?? 0) - (back.get(a) ?? 0))).toBeLessThan(2 * SLACK)
        }
      }),
      { numRuns: 25 },
    )
  })

  test("scaling all times changes no choice", () => {
    const scale = (list: ReadonlyArray<Candidate>, by: number) =>
      list.map((x) => ({ ...x, time: x.time * by }))
    fc.assert(
      // Powers of two scale doubles exactly, so that the choice is the same draw by draw.
      fc.property(
        schemes,
        locals(time),
        offers(time),
        fc.integer({ min: 1, max: 20 }),
        draw,
        (s, l, o, k, d) => {
          const balance = balanceOf(s)
          const plain = select(l, o, balance, d)!
          expect(select(scale(l, 2 ** k), scale(o, 2 ** k), balance, d)!.a).toBe(plain.a)
        },
      ),
    )
  })

  test("zero, equal, huge and missing times: somebody is chosen, and everybody can be", () => {
    const odd = fc.constantFrom(0, 0, 1, 1, 7, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE)
    fc.assert(
      fc.property(schemes, locals(odd, 0), offers(odd), draw, (scheme, mine, theirs, d) => {
        const chosen = select(mine, theirs, balanceOf(scheme), d)
        const nobody = mine.length === 0 && (theirs.length === 0 || scheme === "Naive")
        if (nobody) expect(chosen).toBeUndefined()
        else expect([...mine, ...theirs]).toContain(chosen)
      }),
    )
    // An unmeasured acceptor is as good as the best known.
    const mixed = shares([local(0, 0), local(1, 100)], [], balanceOf("Naive"))
    expect(Math.abs(mixed.get(0)! - 0.5)).toBeLessThan(SLACK)
    const none = shares([local(0, 0), local(1, 0)], [], balanceOf("Naive"))
    expect(Math.abs(none.get(0)! - 0.5)).toBeLessThan(SLACK)
  })

  test("a manager without acceptors takes any offer, but not under Naive", () => {
    fc.assert(
      fc.property(schemes, offers(time), draw, (scheme, theirs, d) => {
        const chosen = select([], theirs, balanceOf(scheme), d)
        expect(chosen === undefined).toBe(scheme === "Naive" || theirs.length === 0)
      }),
    )
  })

  test("a local draw is by 1 / time", () => {
    const share = shares([local(0, 10), local(1, 30)], [], balanceOf("Tournament")).get(0)!
    expect(Math.abs(share - 0.75)).toBeLessThan(SLACK)
  })

  test("naive never leaves home", () => {
    fc.assert(
      fc.property(locals(time), offers(time), draw, (mine, theirs, d) => {
        expect(select(mine, theirs, balanceOf("Naive"), d)!.from).toBe(NONE)
      }),
    )
  })
})

describe("the shortest delay", () => {
  const balance = balanceOf("Shortest")

  test("stays at home with the best there, unless an offer is better by more than the tariff", () => {
    fc.assert(
      fc.property(locals(time), offers(time), draw, (mine, theirs, d) => {
        const chosen = select(mine, theirs, balance, d)!
        const here = Math.min(...mine.map((x) => x.time))
        const there = Math.min(Number.POSITIVE_INFINITY, ...theirs.map((x) => x.time))
        if (chosen.from === NONE) {
          expect(chosen.time).toBe(here)
          expect(balance.tariff * there).toBeGreaterThanOrEqual(here)
        } else expect(balance.tariff * chosen.time).toBeLessThan(here)
      }),
    )
  })

  test("of offers that are better the worst gets nothing, and equals get as much", () => {
    const theirs = [offer(100, 10), offer(101, 20), offer(102, 20), offer(103, 30)]
    const share = shares([local(0, 100)], theirs, balance)
    expect(share.get(103) ?? 0).toBe(0)
    // The best of two of four is the best one in half of all draws.
    expect(Math.abs(share.get(100)! - 1 / 2)).toBeLessThan(SLACK)
    expect(Math.abs(share.get(101)! - share.get(102)!)).toBeLessThan(SLACK)
  })

  test("local equals get as much", () => {
    const share = shares([local(0, 10), local(1, 10), local(2, 11)], [offer(100, 9)], balance)
    expect(Math.abs(share.get(0)! - 1 / 2)).toBeLessThan(SLACK)
    expect(share.get(2) ?? 0).toBe(0)
  })
})

describe("filter", () => {
  test("an offer not better than the best local acceptor by the tariff is never drawn", () => {
    fc.assert(
      fc.property(locals(time), offers(time), draw, (mine, theirs, d) => {
        const balance = balanceOf("Filtered")
        const chosen = select(mine, theirs, balance, d)!
        if (chosen.from === NONE) return
        expect(balance.tariff * chosen.time).toBeLessThan(Math.min(...mine.map((x) => x.time)))
      }),
    )
  })

  test("rises above the high watermark to be let in, falls below the low one to be put out", () => {
    const balance = balanceOf("Tournament", { tariff: 2, high: 1, low: 0.8 })
    const path = [60, 50, 49, 55, 62, 63, 55, 49]
    let admitted = false
    const seen = path.map((x) => {
      admitted = readmit([local(0, 100)], x, admitted, balance)
      return admitted
    })
    //                    100/120 100/100 >1    100/110 100/124 100/126 100/110 >1
    expect(seen).toEqual([false, false, true, true, true, false, false, true])
  })

  test("what is let in at once stays in: the watermarks never cross", () => {
    fc.assert(
      fc.property(locals(time), time, (mine, x) => {
        const balance = balanceOf("Tournament")
        if (readmit(mine, x, false, balance)) expect(readmit(mine, x, true, balance)).toBe(true)
      }),
    )
  })
})

test("a step's numbers are uniform and independent", () => {
  const bins = new Array<number>(16).fill(0)
  const n = 16384
  for (let d = 0; d < n; d++) {
    const u = uniform(d, 1)
    expect(u >= 0 && u < 1).toBe(true)
    bins[Math.floor(u * 4) * 4 + Math.floor(uniform(d, 2) * 4)]!++
  }
  for (const count of bins) expect(Math.abs(count / n - 1 / 16)).toBeLessThan(0.02)
})

test("each scheme draws among exactly its candidates, as the specification's Candidates has it", () => {
  const near = fc.integer({ min: 10, max: 60 })
  fc.assert(
    fc.property(schemes, locals(near, 0), offers(near), (scheme, mine, theirs) => {
      const balance = balanceOf(scheme)
      const best = Math.min(...mine.map((x) => x.time))
      const allowed = {
        Naive: () => [],
        Unfiltered: () => theirs,
        Filtered: () => theirs.filter((x) => best > balance.tariff * x.time),
        Tournament: () => theirs.filter((x) => x.admitted),
        Shortest: () => theirs.filter((x) => mine.length === 0 || best > balance.tariff * x.time),
      }[scheme]()
      const worst = (x: Candidate) => allowed.every((y) => y === x || y.time < x.time)
      const stolen = mine.length === 0 && scheme !== "Naive" ? theirs : allowed
      const shortest =
        allowed.length > 0
          ? allowed.filter((x) => allowed.length === 1 || !worst(x))
          : mine.filter((x) => x.time === best)
      const drawable = scheme === "Shortest" ? shortest : [...mine, ...stolen]
      const candidates = drawable.map((x) => x.a).sort((x, y) => x - y)
      if (candidates.length === 0) return
      const drawn = [...shares(mine, theirs, balance, 32_768).keys()].sort((x, y) => x - y)
      expect(drawn).toEqual(candidates)
    }),
  )
})

test("nobody is selected under Late", () => {
  fc.assert(
    fc.property(locals(time, 0), offers(time), draw, (mine, theirs, d) => {
      expect(select(mine, theirs, balanceOf("Late"), d)).toBeUndefined()
    }),
  )
})
