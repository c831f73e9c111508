/**
 * A set of things that know their place in it. A `Set` that members come to and leave all the time makes a new table every few
 * dozen of them, and each old one points to the next: once such a table has been moved to the old generation, every later one
 * lives until the next full collection, and with it the members that it had.
 */
export interface Member {
  /** Where it is in its roster; −1: nowhere. The roster's to write. */
  place: number
}

export class Roster<A extends Member> {
  readonly #members: Array<A> = []

  get size(): number {
    return this.#members.length
  }

  add(member: A): void {
    if (this.#members[member.place] === member) return
    member.place = this.#members.length
    this.#members.push(member)
  }

  /** False: it was not here. */
  delete(member: A): boolean {
    const { place } = member
    if (this.#members[place] !== member) return false
    const last = this.#members.pop()!
    if (last !== member) {
      this.#members[place] = last
      last.place = place
    }
    member.place = -1
    return true
  }

  /** As they are now, whoever leaves meanwhile. */
  all(): ReadonlyArray<A> {
    return this.#members.slice()
  }
}
