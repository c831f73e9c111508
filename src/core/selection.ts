/** Who gets a connection (§3.3, Figure 2; the schemes of §5.3). All schemes stand behind `select`. */
import { bestKnown, shortest } from "./shortest.ts"
import type { Balance } from "./topology.ts"

export interface Candidate {
  readonly a: number
  readonly g: number
  /** Service time, µs; under Shortest the delay to expect. 0: not measured yet. */
  readonly time: number
  /** NONE: local; else the manager whose offer it is. */
  readonly from: number
  /** An offer that has passed the watermarked filter. */
  readonly admitted: boolean
}

/** The k-th uniform number in [0, 1) of a step's one draw (a 32-bit finalizer with full avalanche). */
export const uniform = (draw: number, k: number): number => {
  let x = (draw + Math.imul(k, 0x9e3779b9)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return ((x ^ (x >>> 15)) >>> 0) / 0x100000000
}

const effective = (x: Candidate, unknown: number): number => (x.time > 0 ? x.time : unknown)

/** One weighted draw: index into `list` by weight 1 / (tariff × time); `u` in [0, 1). */
const drawOne = (
  list: ReadonlyArray<Candidate>,
  tariff: number,
  unknown: number,
  u: number,
): Candidate | undefined => {
  let total = 0
  for (const x of list) total += 1 / (tariff * effective(x, unknown))
  let rest = u * total
  for (const x of list) {
    rest -= 1 / (tariff * effective(x, unknown))
    if (rest < 0) return x
  }
  return list[list.length - 1]
}

/** Best local time over (tariff × offer): above 1 an offer beats the best local acceptor by more than the tariff. */
const advantage = (locals: ReadonlyArray<Candidate>, offerTime: number, tariff: number): number => {
  let best = Number.POSITIVE_INFINITY
  let measured = Number.POSITIVE_INFINITY
  for (const x of locals) {
    if (x.time < best) best = x.time
    if (x.time > 0 && x.time < measured) measured = x.time
  }
  // An unmeasured local acceptor is as good as the best known, so nothing beats it; likewise an unmeasured offer.
  const known = Math.min(measured, offerTime > 0 ? offerTime : Number.POSITIVE_INFINITY)
  const unknown = known === Number.POSITIVE_INFINITY ? 1 : known
  const local = best > 0 ? best : unknown
  return local / (tariff * (offerTime > 0 ? offerTime : unknown))
}

/** The filter with hysteresis: rises above the high watermark to be let in, falls below the low one to be put out. */
export const readmit = (
  locals: ReadonlyArray<Candidate>,
  offerTime: number,
  admitted: boolean,
  balance: Balance,
): boolean => {
  const ratio = advantage(locals, offerTime, balance.tariff)
  return admitted ? ratio >= balance.low : ratio > balance.high
}

/**
 * Picks an acceptor, or undefined when the scheme allows none. A manager without acceptors of its own takes any offer
 * ("stolen" connections, §3.3), but not under Naive.
 */
export const select = (
  locals: ReadonlyArray<Candidate>,
  offers: ReadonlyArray<Candidate>,
  balance: Balance,
  draw: number,
): Candidate | undefined => {
  const { scheme, tariff } = balance
  // Chooses in `late.ts`, among the idle only.
  if (scheme === "Late") return undefined
  if (scheme === "Shortest") return shortest(locals, offers, tariff, [uniform(draw, 1), uniform(draw, 2)])
  if (scheme === "Naive" || offers.length === 0) {
    return drawOne(locals, 1, bestKnown(locals, []), uniform(draw, 1))
  }
  const unknown = bestKnown(locals, offers)
  if (locals.length === 0) return drawOne(offers, tariff, unknown, uniform(draw, 2))
  switch (scheme) {
    case "Unfiltered":
      return drawBoth(locals, offers, tariff, unknown, uniform(draw, 3))
    case "Filtered": {
      const better = offers.filter((x) => advantage(locals, x.time, tariff) > 1)
      return drawBoth(locals, better, tariff, unknown, uniform(draw, 3))
    }
    case "Tournament": {
      const local = drawOne(locals, 1, unknown, uniform(draw, 1)) as Candidate
      const offer = drawOne(
        offers.filter((x) => x.admitted),
        tariff,
        unknown,
        uniform(draw, 2),
      )
      if (offer === undefined) return local
      return drawBoth([local], [offer], tariff, unknown, uniform(draw, 3))
    }
    default:
      return scheme satisfies never
  }
}

/** One draw over local acceptors and offers together, the offers' times multiplied by the tariff. */
const drawBoth = (
  locals: ReadonlyArray<Candidate>,
  offers: ReadonlyArray<Candidate>,
  tariff: number,
  unknown: number,
  u: number,
): Candidate | undefined => {
  let total = 0
  for (const x of locals) total += 1 / effective(x, unknown)
  for (const x of offers) total += 1 / (tariff * effective(x, unknown))
  let rest = u * total
  for (const x of locals) {
    rest -= 1 / effective(x, unknown)
    if (rest < 0) return x
  }
  for (const x of offers) {
    rest -= 1 / (tariff * effective(x, unknown))
    if (rest < 0) return x
  }
  return locals[0] ?? offers[0]
}
