/**
 * Flows by peer address and both ports: open addressing, linear probing, deletion by shifting back (no tombstones,
 * so lookups don't age). At most half full, by its construction. A slot is one word in `#tags`, all that most lookups touch,
 * and three in `#keys`:
 *
 *   tag     31…22 the hash's highest bits   21…0 value + 1; the whole word is 0 when the slot is free
 *   keys    0 peer's address   1 peer's port << 16 | ours   2 hash
 *
 * The hash is keyed, so that a stranger can't choose ports that collide. Probes end at the first free slot, and
 * there always is one; their number is bounded by the table's size and small in practice.
 */
const TAG_SHIFT = 22
const VALUE_MASK = (1 << TAG_SHIFT) - 1

export class FlowTable {
  readonly #tags: Int32Array
  readonly #keys: Int32Array
  readonly #mask: number
  readonly #key0: number
  readonly #key1: number
  #size = 0

  /** Values are integers from 0 up to 2^22 - 2. */
  constructor(maxFlows: number, key0: number, key1: number) {
    let capacity = 16
    while (capacity < 2 * maxFlows) capacity *= 2
    this.#tags = new Int32Array(capacity)
    this.#keys = new Int32Array(3 * capacity)
    this.#mask = capacity - 1
    this.#key0 = key0 | 0
    this.#key1 = key1 | 0
  }

  get size(): number {
    return this.#size
  }

  /** Bytes per slot times slots: for the memory budget. */
  get bytes(): number {
    return this.#tags.byteLength + this.#keys.byteLength
  }

  /** The value of the flow that most likely is this one; who has its key nearer at hand compares. -1: it isn't there. */
  guess(ip: number, ports: number): number {
    const tags = this.#tags
    const mask = this.#mask
    const hash = this.#hash(ip, ports)
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const tag = tags[i]!
      if (tag === 0 || (tag ^ hash) >>> TAG_SHIFT === 0) return (tag & VALUE_MASK) - 1
    }
  }

  /** The flow's value, or -1. */
  find(ip: number, ports: number): number {
    const i = this.#slot(ip, ports, this.#hash(ip, ports))
    return (this.#tags[i]! & VALUE_MASK) - 1
  }

  /** Adds a flow that isn't there, or replaces its value. The caller keeps to `maxFlows`. */
  set(ip: number, ports: number, value: number): void {
    const hash = this.#hash(ip, ports)
    const i = this.#slot(ip, ports, hash)
    if (this.#tags[i] === 0) this.#size++
    this.#tags[i] = ((hash >>> TAG_SHIFT) << TAG_SHIFT) | (value + 1)
    this.#keys[3 * i] = ip
    this.#keys[3 * i + 1] = ports
    this.#keys[3 * i + 2] = hash
  }

  remove(ip: number, ports: number): void {
    const tags = this.#tags
    const keys = this.#keys
    const mask = this.#mask
    let hole = this.#slot(ip, ports, this.#hash(ip, ports))
    if (tags[hole] === 0) return
    this.#size--
    for (let i = (hole + 1) & mask; tags[i] !== 0; i = (i + 1) & mask) {
      const home = keys[3 * i + 2]! & mask
      // May move into the hole unless its home lies cyclically after the hole.
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      tags[hole] = tags[i]!
      keys.copyWithin(3 * hole, 3 * i, 3 * i + 3)
      hole = i
    }
    tags[hole] = 0
  }

  /** Where the flow is, or the free slot where it would be put. */
  #slot(ip: number, ports: number, hash: number): number {
    const tags = this.#tags
    const keys = this.#keys
    const mask = this.#mask
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      if (tags[i] === 0 || (keys[3 * i] === ip && keys[3 * i + 1] === ports)) return i
    }
  }

  #hash(ip: number, ports: number): number {
    let h = Math.imul(ip ^ this.#key0, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ ports ^ this.#key1, 0x85ebca77)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d)
    return h ^ (h >>> 16)
  }
}
