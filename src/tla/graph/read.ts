/** Reads the state graph that `pika.GraphMain` has TLC write (see there for the format). */
import { readFileSync } from "node:fs"
import { crc32 } from "node:zlib"
import { Data } from "effect"
import { parseValue } from "../value.ts"
import { EdgeList, ranked, type StateGraph } from "./graph.ts"
import { atomsOf, type Print, sumOf } from "./print.ts"

/** The file is no complete state graph. */
export class GraphUnreadable extends Data.TaggedError("GraphUnreadable")<{
  readonly file: string
  /** Byte offset of what can't be read. */
  readonly at: number
  readonly message: string
  readonly remedy: string
}> {}

/** How TLC's variables and labels are to be compared. */
export interface ReadOptions {
  /** By variable: how many levels of functions are taken apart for the fingerprint; 0 where it is not named. */
  readonly depths: Readonly<Record<string, number>>
  /** From TLC's label to the one compared: `MCSyn(0, 1)` to `Syn(0, 1)`. */
  readonly label?: (name: string) => string
}

/** Is told of the steps in the order in which they were written. */
export interface Walk {
  /** A behaviour begins. */
  begin(): void
  /** Its next step, by the label that is compared. */
  step(from: number, to: number, label: string): void
}

class Numbers {
  words = new Uint32Array(1 << 12)
  length = 0

  add(x: number): void {
    if (this.length === this.words.length) {
      const larger = new Uint32Array(2 * this.length)
      larger.set(this.words)
      this.words = larger
    }
    this.words[this.length++] = x
  }
}

/** @throws {GraphUnreadable} truncated, altered, or of another format */
export const readGraph = (file: string, options: ReadOptions, walk?: Walk): StateGraph => {
  const labelOf = options.label ?? ((name: string) => name)
  const bytes = readFileSync(file)
  const end = Math.max(0, bytes.length - 4)
  const sum = crc32(bytes.subarray(0, end))
  let at = 0
  const fail = (message: string): never => {
    throw new GraphUnreadable({ file, at, message, remedy: "have TLC write it again" })
  }
  const byte = (): number => (at < bytes.length ? bytes[at++]! : fail("ends in the middle"))
  const word = (): number => {
    if (at + 4 > bytes.length) fail("ends in the middle")
    at += 4
    return bytes.readUInt32BE(at - 4)
  }
  const text = (): string => {
    const length = word()
    if (at + length > bytes.length) fail("ends in the middle")
    at += length
    return bytes.toString("utf8", at - length, at)
  }
  const variables: Array<string> = []
  const values: Array<Array<string>> = []
  const prints: Array<Array<Print>> = []
  const labels: Array<string> = []
  const cells = new Numbers()
  const statePrints = new Numbers()
  const initial: Array<number> = []
  const edges = new EdgeList()
  let states = 0
  for (let done = false; !done; ) {
    switch (String.fromCharCode(byte())) {
      case "N":
        variables.push(text())
        values.push([])
        prints.push([])
        break
      case "V": {
        const variable = byte()
        const name = variables[variable] ?? fail("a value of no variable")
        const value = text()
        values[variable]!.push(value)
        try {
          prints[variable]!.push(sumOf(atomsOf(name, parseValue(value), options.depths[name] ?? 0)))
        } catch (error) {
          fail(`${name}: ${(error as Error).message}`)
        }
        break
      }
      case "L":
        labels.push(text())
        break
      case "I":
        initial.push(states)
        at--
        bytes[at] = 0x53
        break
      case "S": {
        let high = 0
        let low = 0
        for (let k = 0; k < variables.length; k++) {
          const value = word()
          const print = prints[k]![value] ?? fail(`${variables[k]} has no value ${value}`)
          cells.add(value)
          high = (high + print.high) >>> 0
          low = (low + print.low) >>> 0
        }
        statePrints.add(high)
        statePrints.add(low)
        states++
        break
      }
      case "E": {
        const [from, to, label] = [word(), word(), word()]
        if (from >= states || to >= states || label >= labels.length) fail("an edge between unknown states")
        edges.add(from, to, label)
        walk?.step(from, to, labelOf(labels[label]!))
        break
      }
      case "B":
        walk?.begin()
        break
      case "Z": {
        const total = word()
        const all = word() * 0x100000000 + word()
        if (total !== states || all !== edges.length)
          fail(`says ${total} states and ${all} edges, holds others`)
        if (at !== end) fail(at < end ? "goes on after its end" : "ends in the middle")
        if (word() !== sum) fail("was altered: its checksum is another")
        done = true
        break
      }
      default:
        at--
        fail("no such record")
    }
  }
  const { rank, sorted } = ranked(labels.map(labelOf))
  return {
    states,
    initial,
    prints: statePrints.words.slice(0, 2 * states),
    ...edges.sorted(states, rank),
    labelNames: sorted,
    describe: (state) =>
      new Map(
        variables.flatMap((name, k) =>
          atomsOf(
            name,
            parseValue(values[k]![cells.words[state * variables.length + k]!]!),
            options.depths[name] ?? 0,
          ).map((atom) => [atom.path, atom.value] as const),
        ),
      ),
  }
}
