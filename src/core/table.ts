/**
 * A persistent array: `set` returns a new version and every older version stays readable.
 *
 * The newest version reads and writes in O(1) with one small allocation (Baker's shallow binding: the newest
 * version owns the cells, an older one is a chain of differences towards it). Reading an older version moves the
 * cells back to it first, which costs as many steps as there are versions between the two.
 */
export class Table<A> {
  private cells: Array<A> | undefined
  private index = -1
  private value: A | undefined = undefined
  private next: Table<A> | undefined = undefined

  private constructor(cells: Array<A> | undefined) {
    this.cells = cells
  }

  /** `size` cells, each holding `value`. */
  static make<A>(size: number, value: A): Table<A> {
    return new Table(new Array<A>(size).fill(value))
  }

  static from<A>(values: ReadonlyArray<A>): Table<A> {
    return new Table(values.slice())
  }

  get size(): number {
    return this.root().length
  }

  /** The value of cell `i`; throws RangeError outside 0 … size−1: an index is the caller's invariant. */
  get(i: number): A {
    const cells = this.cells ?? this.root()
    if (i < 0 || i >= cells.length) throw new RangeError(`table: no cell ${i} of ${cells.length}`)
    return cells[i] as A
  }

  set(i: number, value: A): Table<A> {
    const cells = this.cells ?? this.root()
    if (i < 0 || i >= cells.length) throw new RangeError(`table: no cell ${i} of ${cells.length}`)
    const before = cells[i] as A
    if (before === value) return this
    const newest = new Table<A>(cells)
    cells[i] = value
    this.cells = undefined
    this.index = i
    this.value = before
    this.next = newest
    return newest
  }

  /** The values as a plain array of its own. */
  toArray(): Array<A> {
    return this.root().slice()
  }

  /** Makes this version the owner of the cells. */
  private root(): Array<A> {
    if (this.cells !== undefined) return this.cells
    const path: Array<Table<A>> = []
    let at: Table<A> = this
    while (at.cells === undefined) {
      path.push(at)
      at = at.next as Table<A>
    }
    const cells = at.cells
    for (let k = path.length - 1; k >= 0; k--) {
      const version = path[k] as Table<A>
      const owner = version.next as Table<A>
      owner.index = version.index
      owner.value = cells[version.index] as A
      owner.next = version
      owner.cells = undefined
      cells[version.index] = version.value as A
      version.cells = cells
      version.value = undefined
      version.next = undefined
    }
    return cells
  }
}
