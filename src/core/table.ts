/**
 * A persistent array: `set` returns a new version and every older version stays readable.
 *
 * A tree of nodes of 16: reading follows one path, `set` copies one path and shares the rest, so that a version never
 * points to a later one. That matters to the garbage collector as much as to the reader: an old version that has been
 * moved to the old generation would otherwise keep every later one alive until the next full collection.
 */
const BITS = 4
const WIDTH = 1 << BITS
const MASK = WIDTH - 1

type Node = Array<unknown>

export class Table<A> {
  readonly size: number
  private readonly shift: number
  private readonly root: Node

  private constructor(size: number, shift: number, root: Node) {
    this.size = size
    this.shift = shift
    this.root = root
  }

  /** `size` cells, each holding `value`. */
  static make<A>(size: number, value: A): Table<A> {
    let node: Node = new Array<unknown>(Math.min(size, WIDTH)).fill(value)
    let shift = 0
    // All cells are equal, so one node serves as every child of the next.
    for (let cells = WIDTH; cells < size; cells *= WIDTH) {
      node = new Array<unknown>(Math.min(Math.ceil(size / cells), WIDTH)).fill(node)
      shift += BITS
    }
    return new Table<A>(size, shift, node)
  }

  static from<A>(values: ReadonlyArray<A>): Table<A> {
    let table = Table.make<A>(values.length, values[0] as A)
    for (let i = 1; i < values.length; i++) table = table.set(i, values[i] as A)
    return table
  }

  /** The value of cell `i`; throws RangeError outside 0 … size−1: an index is the caller's invariant. */
  get(i: number): A {
    if (!(i >= 0 && i < this.size)) throw new RangeError(`table: no cell ${i} of ${this.size}`)
    let node = this.root
    for (let shift = this.shift; shift > 0; shift -= BITS) node = node[(i >>> shift) & MASK] as Node
    return node[i & MASK] as A
  }

  set(i: number, value: A): Table<A> {
    if (this.get(i) === value) return this
    const root = this.root.slice()
    let node = root
    for (let shift = this.shift; shift > 0; shift -= BITS) {
      const k = (i >>> shift) & MASK
      const child = (node[k] as Node).slice()
      node[k] = child
      node = child
    }
    node[i & MASK] = value
    return new Table<A>(this.size, this.shift, root)
  }

  /** The values as a plain array of its own. */
  toArray(): Array<A> {
    return Array.from({ length: this.size }, (_, i) => this.get(i))
  }
}
