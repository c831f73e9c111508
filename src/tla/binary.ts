/**
 * TLA+ values as bytes, for the Java side (tlc2.overrides.ValueReader). Little-endian:
 *
 *     0 FALSE · 1 TRUE · 2 Int (int32) · 3 Text (uint16 length, UTF-8)
 *     4 Tuple · 5 Set (uint32 count, items) · 6 Record (uint32 count, names as Text without tag, values)
 *     7 Function (uint32 count, pairs of argument and value)
 */
import type { TlaValue } from "./value.ts"

const tags = { Int: 2, Text: 3, Tuple: 4, Set: 5, Record: 6, Function: 7 } as const

/** A buffer that grows. */
export class ValueWriter {
  length = 0
  #bytes = Buffer.alloc(1 << 16)

  /** What was written so far; valid until the next write. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  /** @throws {RangeError} for what has no such form: model values, and numbers beyond TLC's 32 bits */
  value(value: TlaValue): void {
    switch (value._tag) {
      case "Bool":
        this.#byte(value.value ? 1 : 0)
        return
      case "Int":
        this.#byte(tags.Int)
        this.#room(4)
        this.#bytes.writeInt32LE(value.value, this.length)
        this.length += 4
        return
      case "Text":
        this.#byte(tags.Text)
        this.#text(value.value)
        return
      case "Tuple":
      case "Set":
        this.#count(tags[value._tag], value.items.length)
        for (const x of value.items) this.value(x)
        return
      case "Record":
        this.#count(tags.Record, value.fields.length)
        for (const [name, x] of value.fields) {
          this.#text(name)
          this.value(x)
        }
        return
      case "Function":
        this.#count(tags.Function, value.entries.length)
        for (const [x, y] of value.entries) {
          this.value(x)
          this.value(y)
        }
        return
      case "Model":
        throw new RangeError(`the model value ${value.name} has no binary form`)
      default:
        value satisfies never
    }
  }

  #byte(x: number): void {
    this.#room(1)
    this.#bytes[this.length++] = x
  }

  #count(tag: number, count: number): void {
    this.#byte(tag)
    this.#room(4)
    this.#bytes.writeUInt32LE(count, this.length)
    this.length += 4
  }

  #text(text: string): void {
    const bytes = Buffer.from(text, "utf8")
    this.#room(2 + bytes.length)
    this.#bytes.writeUInt16LE(bytes.length, this.length)
    bytes.copy(this.#bytes, this.length + 2)
    this.length += 2 + bytes.length
  }

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const larger = Buffer.alloc(2 * (this.length + more))
    this.#bytes.copy(larger, 0, 0, this.length)
    this.#bytes = larger
  }
}
