/**
 * Flows by peer address and both ports: open addressing, linear probing, deletion by shifting back (no tombstones,
 * so lookups don't age). At most half full, by its construction. A slot is four words:
 *
 *   0 peer's address   1 peer's port << 16 | ours   2 value + 1, 0 when free   3 hash
 *
 * The hash is keyed, so that a stranger can't choose ports that collide. Probes end at the first free slot, and
 * there always is one; their number is bounded by the table's size and small in practice.
 */
export class FlowTable {
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #key0: number
  readonly #key1: number
  #size = 0

  constructor(maxFlows: number, key0: number, key1: number) {
    let capacity = 16
    while (capacity < 2 * maxFlows) capacity *= 2
    this.#slots = new Int32Array(4 * capacity)
    this.#mask = capacity - 1
    this.#key0 = key0 | 0
    this.#key1 = key1 | 0
  }

  get size(): number {
    return this.#size
  }

  /** Bytes per slot times slots: for the memory budget. */
  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The flow's value, or -1. */
  find(ip: number, ports: number): number {
    const slots = this.#slots
    const mask = this.#mask
    for (let i = this.#hash(ip, ports) & mask; ; i = (i + 1) & mask) {
      const at = i << 2
      const value = slots[at + 2]!
      if (value === 0 || (slots[at + 1] === ports && slots[at] === ip)) return value - 1
    }
  }

  /** Adds a flow that isn't there, or replaces its value. The caller keeps to `maxFlows`. */
  set(ip: number, ports: number, value: number): void {
    const slots = this.#slots
    const mask = this.#mask
    const hash = this.#hash(ip, ports)
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const at = i << 2
      const there = slots[at + 2]!
      if (there === 0) this.#size++
      else if (slots[at + 1] !== ports || slots[at] !== ip) continue
      slots[at] = ip
      slots[at + 1] = ports
      slots[at + 2] = value + 1
      slots[at + 3] = hash
      return
    }
  }

  remove(ip: number, ports: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let hole = this.#hash(ip, ports) & mask
    for (; ; hole = (hole + 1) & mask) {
      const at = hole << 2
      if (slots[at + 2] === 0) return
      if (slots[at + 1] === ports && slots[at] === ip) break
    }
    this.#size--
    for (let i = (hole + 1) & mask; slots[(i << 2) + 2] !== 0; i = (i + 1) & mask) {
      const home = slots[(i << 2) + 3]! & mask
      // May move into the hole unless its home lies cyclically after the hole.
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      slots.copyWithin(hole << 2, i << 2, (i << 2) + 4)
      hole = i
    }
    slots[(hole << 2) + 2] = 0
  }

  #hash(ip: number, ports: number): number {
    let h = Math.imul(ip ^ this.#key0, 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ ports ^ this.#key1, 0x85ebca77)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d)
    return h ^ (h >>> 16)
  }
}
