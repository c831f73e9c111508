/**
 * A process that stops before each access to shared memory. Its program is run again from the start for each step, with
 * what its loads gave before, up to the access that comes next: the code itself is as it ships, only the words are not.
 */
import type { Region } from "../src/memory/region.ts"

export interface Access {
  readonly kind: "load" | "store" | "swap" | "ring" | "wait" | "choose"
  /** Index of the word, and what is stored. */
  readonly word: number
  readonly value: number
}

/** What a program has of the world. */
export interface Io {
  /** Its words are the shared ones. */
  readonly region: Region
  /** Rings the other process. */
  ring(): void
  /** Sleeps until it is rung. */
  wait(): void
  /** Which of several ways it goes on. */
  choose(): string
}

class Stopped extends Error {}

/** A program of no more accesses. */
const MOST_ACCESSES = 100_000

export class Puppet {
  /** What it is about to do. */
  next: Access = { kind: "choose", word: 0, value: 0 }
  readonly #words: Int32Array
  readonly #names: ReadonlyMap<number, string>
  readonly #program: (io: Io) => never
  readonly #io: Io
  /** What each access of the past gave. */
  readonly #past: Array<number | string> = []
  #at = 0

  /** @param names of the words whose accesses are steps; others are read at once, and may not be written */
  constructor(region: Region, names: ReadonlyMap<number, string>, program: (io: Io) => never) {
    this.#words = region.words
    this.#names = names
    this.#program = program
    const words = new Proxy(region.words, {
      get: (target, key) => {
        const index = typeof key === "string" ? Number(key) : Number.NaN
        if (!Number.isInteger(index)) return Reflect.get(target, key, target) as unknown
        return this.#load(index)
      },
      set: (_target, key, value: number) => {
        this.#access("store", Number(key as string), value)
        return true
      },
    })
    this.#io = {
      region: { ...region, words },
      ring: () => void this.#access("ring", -1, 0),
      wait: () => void this.#access("wait", -1, 0),
      choose: () => this.#access("choose", -1, 0) as string,
    }
    this.#run()
  }

  /** `store stamp`. */
  get nextName(): string {
    const { kind, word } = this.next
    return word < 0 ? kind : `${kind} ${this.#names.get(word) ?? `word ${word}`}`
  }

  /** Makes the access, and goes on to the next one. */
  step(): void {
    const { kind, word, value } = this.next
    const was = word < 0 ? 0 : this.#words[word]!
    if (kind === "store" || kind === "swap") this.#words[word] = value
    this.#past.push(was)
    this.#run()
  }

  choose(way: string): void {
    if (this.next.kind !== "choose") throw new Error(`it is about to ${this.nextName}`)
    this.#past.push(way)
    this.#run()
  }

  #load(index: number): number {
    // Written once, before anybody attached.
    return this.#names.has(index) ? (this.#access("load", index, 0) as number) : this.#words[index]!
  }

  #access(kind: Access["kind"], word: number, value: number): number | string {
    if (this.#at < this.#past.length) return this.#past[this.#at++]!
    this.next = { kind, word, value }
    throw new Stopped()
  }

  #run(): void {
    if (this.#past.length > MOST_ACCESSES) throw new Error("a program that never ends")
    this.#at = 0
    const { Atomics: real } = globalThis
    // Of a typed array only: the words here only look like one.
    globalThis.Atomics = {
      load: (_words: Int32Array, index: number) => this.#load(index),
      store: (_words: Int32Array, index: number, value: number) => {
        this.#access("store", index, value)
        return value
      },
      exchange: (_words: Int32Array, index: number, value: number) => this.#access("swap", index, value),
    } as unknown as Atomics
    try {
      this.#program(this.#io)
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    } finally {
      globalThis.Atomics = real
    }
  }
}
