/** Values by number, equal where the specification can't tell them apart. */
import { type Atom, type Print, sumOf } from "../../tla/graph/print.ts"

/** The values that one place of the vector has had. */
export class Values<A> {
  readonly items: Array<A> = []
  readonly prints: Array<Print> = []
  readonly #numbers = new Map<string, number>()
  readonly atoms: (value: A) => ReadonlyArray<Atom>

  constructor(atoms: (value: A) => ReadonlyArray<Atom>) {
    this.atoms = atoms
  }

  /** Equal atoms, equal values: what the specification can't tell apart, the explorer doesn't. */
  number(value: A): number {
    const atoms = this.atoms(value)
    const key = atoms.map((x) => x.value).join("\n")
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.items.push(value)
    this.prints.push(sumOf(atoms))
    this.#numbers.set(key, this.items.length - 1)
    return this.items.length - 1
  }
}
