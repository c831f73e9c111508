/**
 * One port's events as TLC's side reads them (tlc2.overrides.TraceReader): records of 19 words, int32, little-endian.
 *
 *      0  i        number of the record, from 1        10  to
 *      1  at       position in the recording           11  ca, 12 cg
 *      2  p        index of the process                13  x: of End, how many events; of Agree, which state
 *      3  a, 4 c, 5 n, 6 g, 7 back, 8 t, 9 from        14  fresh, 15 listener
 *     16  e, 17 role, 18 o: index in `texts`
 *
 * A field that the event doesn't have is NO_FIELD. What the specification abstracts away is left out.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs"
import { eventTags, outcomes, type StepRecord } from "../../codec/record.ts"
import type { Role } from "../../core/outbox.ts"
import { fieldsOf } from "../../trace/event.ts"

export const LANE_WORDS = 19
export const NO_FIELD = -2
/** TLC's whole numbers have 32 bits. */
const MAX_INT = 0x7fffffff

const roleNames: Readonly<Record<Role | "end", string>> = {
  application: "app",
  manager: "cm",
  transport: "ts",
  end: "end",
}

/** What stands for texts in a record. */
export const texts: ReadonlyArray<string> = [
  ...eventTags,
  ...outcomes,
  ...Object.values(roleNames),
  "Agree",
  "End",
].filter((x, k, all) => all.indexOf(x) === k)

const codeOf = new Map(texts.map((x, k) => [x, k]))
const code = (text: string): number => codeOf.get(text)!

const word: Readonly<Record<string, number>> = {
  a: 3,
  c: 4,
  n: 5,
  g: 6,
  back: 7,
  t: 8,
  from: 9,
  to: 10,
  fresh: 14,
  listener: 15,
}
const abstracted: ReadonlySet<string> = new Set(["serviceTime", "time"])
/** By event: its fields, and where they go. */
const placesOf = new Map(
  eventTags.map((tag) => [
    tag,
    fieldsOf(tag)
      .filter((field) => !abstracted.has(field))
      .map((field) => [field, word[field]!] as const),
  ]),
)

const RECORDS = 4096

export class LaneWriter {
  /** Records written. */
  records = 0
  readonly path: string
  readonly #file: number
  readonly #words = new Int32Array(RECORDS * LANE_WORDS)
  #used = 0

  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, "w")
  }

  /** The step at position `at`; a string says why TLC can't be told of it. */
  step(step: StepRecord, at: number): string | undefined {
    const { event, process, chosen, outcome } = step
    const plain = event as unknown as Readonly<Record<string, number | undefined>>
    const o = this.#record(at, event._tag, roleNames[process.role], outcome)
    const words = this.#words
    words[o + 2] = process.index
    words[o + 11] = chosen.a
    words[o + 12] = chosen.g
    const inMessage = "message" in event ? (event.message as unknown as typeof plain) : plain
    for (const [field, place] of placesOf.get(event._tag)!) {
      const value = Number(plain[field] ?? inMessage[field])
      if (value > MAX_INT) return `field ${field}: ${value} does not fit in 31 bits`
      words[o + place] = value
    }
    if (chosen.a > MAX_INT || chosen.g > MAX_INT || process.index > MAX_INT) {
      return "a field does not fit in 31 bits"
    }
    return undefined
  }

  /** The core has state number `x` here. */
  agree(at: number, x: number): void {
    const o = this.#record(at, "Agree", "end", "Done")
    this.#words[o + 13] = x
  }

  /** Nothing follows. */
  end(at: number, events: number): void {
    const o = this.#record(at, "End", "end", "Done")
    this.#words[o + 13] = events
  }

  flush(): void {
    const bytes = Buffer.from(this.#words.buffer, 0, 4 * this.#used)
    for (let k = 0; k < bytes.length; ) k += writeSync(this.#file, bytes, k)
    this.#used = 0
  }

  close(): void {
    this.flush()
    closeSync(this.#file)
  }

  #record(at: number, e: string, role: string, o: string): number {
    if (this.#used === this.#words.length) this.flush()
    const first = this.#used
    this.#used += LANE_WORDS
    const words = this.#words
    words.fill(NO_FIELD, first, this.#used)
    words[first] = ++this.records
    words[first + 1] = at
    words[first + 14] = 0
    words[first + 15] = 0
    words[first + 16] = code(e)
    words[first + 17] = code(role)
    words[first + 18] = code(o)
    return first
  }
}

/** Position in the recording, and event, of a record of the lane in `path`. */
export const recordAt = (path: string, record: number): { readonly at: number; readonly event: string } => {
  const words = new Int32Array(LANE_WORDS)
  const bytes = Buffer.from(words.buffer)
  const file = openSync(path, "r")
  readSync(file, bytes, 0, bytes.length, (record - 1) * bytes.length)
  closeSync(file)
  return { at: words[1]!, event: texts[words[16]!] ?? "" }
}

/** The first record, from `first` to `last`, of the lane in `path` at position `at` of the recording, or after it. */
export const recordOf = (path: string, at: number, first: number, last: number): number => {
  let [low, high] = [first, last]
  while (low < high) {
    const middle = (low + high) >> 1
    if (recordAt(path, middle).at < at) low = middle + 1
    else high = middle
  }
  return low
}
