/** Bounds on what a run of TLC may use, and the look at the disk that keeps them. */
import { readdirSync, statfsSync, statSync } from "node:fs"
import { join } from "node:path"
import type { TlcTrouble } from "./outcome.ts"
import { limitTrouble } from "./trouble.ts"

/** A run that would go beyond one ends with the outcome `Limit`. What is not named is not bounded. */
export interface TlcLimits {
  /** Wall time, s. */
  readonly seconds?: number
  /** Distinct states; looked at when TLC says how far it is, so that a few more may be found. */
  readonly states?: number
  /** What TLC may write, MiB. */
  readonly disk?: number
}

/** Left free on the disk by every run, whatever its limits, MiB. */
export const LEFT_FREE = 256
/** Time between two looks, ms. TLC writes less than `LEFT_FREE` in it. */
export const LOOK = 250

const MIB = 1024 * 1024

/** Bytes in all files of a directory and those below; files that go meanwhile count nothing. */
const bytesUnder = (directory: string): number => {
  let sum = 0
  for (const name of list(directory)) {
    const path = join(directory, name)
    const entry = statSync(path, { throwIfNoEntry: false })
    if (entry !== undefined) sum += entry.isDirectory() ? bytesUnder(path) : entry.size
  }
  return sum
}

const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Free space there, MiB. Of a directory that somebody removed there is nothing to say: TLC itself will tell. */
const freeOf = (directory: string): number => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return (bavail * bsize) / MIB
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Number.POSITIVE_INFINITY
    throw error
  }
}

/** The limit that a run meets which writes into `directories` and has gone on for `seconds`; undefined: none. */
export const limitMet = (
  limits: TlcLimits,
  directories: ReadonlyArray<string>,
  seconds: number,
): TlcTrouble | undefined => {
  if (limits.seconds !== undefined && seconds > limits.seconds) {
    return limitTrouble("seconds", limits.seconds)
  }
  if (limits.disk !== undefined) {
    const used = directories.reduce((sum, directory) => sum + bytesUnder(directory), 0)
    if (used > limits.disk * MIB) return limitTrouble("disk", limits.disk)
  }
  for (const directory of directories) {
    const free = freeOf(directory)
    if (free < LEFT_FREE) {
      return {
        _tag: "DiskFull",
        message: `only ${Math.floor(free)} MiB are free where ${directory} is, and ${LEFT_FREE} are left to others`,
        remedy: "free some of that disk, or name a directory for temporary files on another (TMPDIR)",
      }
    }
  }
  return undefined
}

export const statesMet = (limits: TlcLimits, distinct: number): TlcTrouble | undefined =>
  limits.states !== undefined && distinct > limits.states ? limitTrouble("states", limits.states) : undefined
