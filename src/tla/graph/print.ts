/**
 * Fingerprints of states. A state is a set of atoms, each a part of a variable with its value: `app[0] = …`. Its print is
 * the sum of its atoms' prints, word by word: so whoever holds the parts together in another way comes to the same print.
 */
import { createHash } from "node:crypto"
import { printValue, type TlaValue } from "../value.ts"

/** Two words that add up modulo 2³². */
export interface Print {
  readonly high: number
  readonly low: number
}

export const NOTHING: Print = { high: 0, low: 0 }

export interface Atom {
  /** `acc[0][1]`. */
  readonly path: string
  readonly value: string
}

export const atomPrint = ({ path, value }: Atom): Print => {
  const digest = createHash("sha1").update(`${path} = ${value}`).digest()
  return { high: digest.readUInt32LE(0), low: digest.readUInt32LE(4) }
}

export const sumOf = (atoms: ReadonlyArray<Atom>): Print => {
  let high = 0
  let low = 0
  for (const atom of atoms) {
    const print = atomPrint(atom)
    high = (high + print.high) >>> 0
    low = (low + print.low) >>> 0
  }
  return { high, low }
}

/** The parts of a value, `depth` levels of functions taken apart. An empty function has no part, and needs none. */
export const atomsOf = (path: string, value: TlaValue, depth: number): ReadonlyArray<Atom> => {
  if (depth === 0) return [{ path, value: printValue(value) }]
  switch (value._tag) {
    case "Function":
      return value.entries.flatMap(([x, y]) => atomsOf(`${path}[${printValue(x)}]`, y, depth - 1))
    case "Tuple":
      return value.items.flatMap((x, k) => atomsOf(`${path}[${k + 1}]`, x, depth - 1))
    case "Record":
      return value.fields.flatMap(([name, x]) => atomsOf(`${path}.${name}`, x, depth - 1))
    default:
      return [{ path, value: printValue(value) }]
  }
}
