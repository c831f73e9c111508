/** Times drawn from a distribution, µs. */
import type { Random } from "../sim/random.ts"
import { checkNumber, refuse } from "./errors.ts"

export type Distribution =
  | { readonly kind: "fixed"; readonly mean: number }
  | { readonly kind: "exponential"; readonly mean: number }
  /** `sigma`: standard deviation of the logarithm. */
  | { readonly kind: "lognormal"; readonly mean: number; readonly sigma: number }
  /** Bounded Pareto: heavy tail of index `alpha` from `least` to `most`. */
  | { readonly kind: "pareto"; readonly alpha: number; readonly least: number; readonly most: number }
  /** `slow` with probability `share`, else `fast`. */
  | { readonly kind: "two"; readonly fast: number; readonly slow: number; readonly share: number }

/** Exponential with that mean. */
export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random.unit())

/** Box and Muller (1958); one of the pair is dropped, so that each time takes as many draws as any other. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())

export const sample = (x: Distribution, random: Random): number => {
  switch (x.kind) {
    case "fixed":
      return x.mean
    case "exponential":
      return exponential(random, x.mean)
    case "lognormal":
      return x.mean * Math.exp(x.sigma * normal(random) - (x.sigma * x.sigma) / 2)
    case "pareto": {
      const ratio = (x.least / x.most) ** x.alpha
      return x.least / (1 - random.unit() * (1 - ratio)) ** (1 / x.alpha)
    }
    case "two":
      return random.unit() < x.share ? x.slow : x.fast
    default:
      return x satisfies never
  }
}

export const meanOf = (x: Distribution): number => {
  switch (x.kind) {
    case "pareto": {
      const { alpha, least, most } = x
      const ratio = (least / most) ** alpha
      if (alpha === 1) return (least / (1 - ratio)) * Math.log(most / least)
      return (
        ((least ** alpha / (1 - ratio)) * alpha * (least ** (1 - alpha) - most ** (1 - alpha))) / (alpha - 1)
      )
    }
    case "two":
      return x.share * x.slow + (1 - x.share) * x.fast
    default:
      return x.mean
  }
}

const MOST = 1e9

/** @throws {ExperimentError} */
export const checkDistribution = (where: string, x: Distribution): void => {
  switch (x.kind) {
    case "fixed":
    case "exponential":
      checkNumber(`${where}.mean`, x.mean, 0, MOST)
      break
    case "lognormal":
      checkNumber(`${where}.mean`, x.mean, 0, MOST)
      checkNumber(`${where}.sigma`, x.sigma, 0, 5)
      break
    case "pareto":
      checkNumber(`${where}.alpha`, x.alpha, 0.1, 10)
      checkNumber(`${where}.least`, x.least, 1e-3, MOST)
      checkNumber(`${where}.most`, x.most, x.least, MOST)
      break
    case "two":
      checkNumber(`${where}.fast`, x.fast, 0, MOST)
      checkNumber(`${where}.slow`, x.slow, 0, MOST)
      checkNumber(`${where}.share`, x.share, 0, 1)
      break
    default:
      refuse(`${where}.kind`, `there is no distribution ${String((x as { kind: unknown }).kind)}`)
  }
}
