/**
 * SipHash-2-4 (Aumasson and Bernstein) over 32-bit halves, for one fixed size: the twelve bytes that name a flow.
 * RFC 6528 wants a keyed hash that nobody can invert for initial sequence numbers; this one gives 64 bits, half
 * for the sequence number and half for the timestamp offset (RFC 7323 7.1). Once per connection.
 */
export class FlowHash {
  readonly #key = new Int32Array(4)
  readonly #v = new Int32Array(8)
  /** Results of the last `hash`. */
  low = 0
  high = 0

  /** @param key 16 bytes. */
  constructor(key: Uint8Array) {
    for (let i = 0; i < 16; i++) this.#key[i >> 2] = this.#key[i >> 2]! | ((key[i] ?? 0) << (8 * (i & 3)))
  }

  /** Hashes the little-endian bytes of three words into `low` and `high`. */
  hash(a: number, b: number, c: number): void {
    const v = this.#v
    const k = this.#key
    v[0] = 0x70736575 ^ k[0]!
    v[1] = 0x736f6d65 ^ k[1]!
    v[2] = 0x6e646f6d ^ k[2]!
    v[3] = 0x646f7261 ^ k[3]!
    v[4] = 0x6e657261 ^ k[0]!
    v[5] = 0x6c796765 ^ k[1]!
    v[6] = 0x79746573 ^ k[2]!
    v[7] = 0x74656462 ^ k[3]!
    this.#block(a, b)
    this.#block(c, 12 << 24)
    v[4] = v[4]! ^ 0xff
    for (let i = 0; i < 4; i++) this.#round()
    this.low = v[0]! ^ v[2]! ^ v[4]! ^ v[6]!
    this.high = v[1]! ^ v[3]! ^ v[5]! ^ v[7]!
  }

  #block(low: number, high: number): void {
    const v = this.#v
    v[6] = v[6]! ^ low
    v[7] = v[7]! ^ high
    this.#round()
    this.#round()
    v[0] = v[0]! ^ low
    v[1] = v[1]! ^ high
  }

  #round(): void {
    this.#add(0, 2)
    this.#rotateXor(2, 0, 13)
    this.#swap(0)
    this.#add(4, 6)
    this.#rotateXor(6, 4, 16)
    this.#add(0, 6)
    this.#rotateXor(6, 0, 21)
    this.#add(4, 2)
    this.#rotateXor(2, 4, 17)
    this.#swap(4)
  }

  /** v[x] += v[y], 64 bits wide. */
  #add(x: number, y: number): void {
    const v = this.#v
    const low = (v[x]! >>> 0) + (v[y]! >>> 0)
    v[x] = low
    v[x + 1] = v[x + 1]! + v[y + 1]! + (low > 0xffffffff ? 1 : 0)
  }

  /** v[x] = (v[x] <<< bits) ^ v[y], bits below 32. */
  #rotateXor(x: number, y: number, bits: number): void {
    const v = this.#v
    const low = v[x]!
    const high = v[x + 1]!
    v[x] = ((low << bits) | (high >>> (32 - bits))) ^ v[y]!
    v[x + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[y + 1]!
  }

  /** v[x] rotated by 32. */
  #swap(x: number): void {
    const v = this.#v
    const low = v[x]!
    v[x] = v[x + 1]!
    v[x + 1] = low
  }
}
