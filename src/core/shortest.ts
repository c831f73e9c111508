/**
 * Shortest expected delay: the scheme for what the paper's cannot know. A service time that is measured from offered to
 * closed tells of a queue when it has gone, so that all send to whoever looked best (herding on old information:
 * Mitzenmacher, IEEE TPDS 11(1), 2000). How many connections it has under way at whom a manager knows at once.
 *
 * The best local acceptor, unless offers are better by more than the tariff: then the better of two of these that are drawn
 * (two choices: Mitzenmacher, IEEE TPDS 12(10), 2001), since all managers hear the same offers.
 */
import type { Candidate } from "./selection.ts"

/** What is not measured counts as the best known, so that it is sampled. µs; 1 where nothing is. */
export const bestKnown = (locals: ReadonlyArray<Candidate>, offers: ReadonlyArray<Candidate>): number => {
  let best = Number.POSITIVE_INFINITY
  for (const x of locals) if (x.time > 0 && x.time < best) best = x.time
  for (const x of offers) if (x.time > 0 && x.time < best) best = x.time
  return best === Number.POSITIVE_INFINITY ? 1 : best
}

const delayOf = (x: Candidate, unknown: number): number => (x.time > 0 ? x.time : unknown)

const least = (list: ReadonlyArray<Candidate>, unknown: number): number => {
  let best = Number.POSITIVE_INFINITY
  for (const x of list) best = Math.min(best, delayOf(x, unknown))
  return best
}

/** `time` of a candidate is the delay to expect there. `us`: uniform numbers in [0, 1). */
export const shortest = (
  locals: ReadonlyArray<Candidate>,
  offers: ReadonlyArray<Candidate>,
  tariff: number,
  us: readonly [number, number],
): Candidate | undefined => {
  const unknown = bestKnown(locals, offers)
  const here = least(locals, unknown)
  const better = offers.filter((x) => tariff * delayOf(x, unknown) < here || locals.length === 0)
  if (better.length === 0) {
    const best = locals.filter((x) => delayOf(x, unknown) === here)
    return best[Math.floor(us[0] * best.length)]
  }
  const i = Math.floor(us[0] * better.length)
  const one = better[i] as Candidate
  if (better.length === 1) return one
  // Of two that are not the same the worse gets nothing: the worst of all offers is nobody's, unless it is the only one.
  const j = Math.floor(us[1] * (better.length - 1))
  const two = better[j < i ? j : j + 1] as Candidate
  return delayOf(two, unknown) < delayOf(one, unknown) ? two : one
}
