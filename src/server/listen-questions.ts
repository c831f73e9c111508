/**
 * By application slot: who waits to hear, once, that a SYN for the slot's port would not be refused for want of a listener:
 * its own registration, or another manager's offer, has come. At the latest when the slot's process has ended.
 */
export class ListenQuestions {
  readonly #known: (a: number) => boolean
  readonly #asked = new Map<number, () => void>()

  constructor(known: (a: number) => boolean) {
    this.#known = known
  }

  get open(): boolean {
    return this.#asked.size > 0
  }

  ask(a: number, done: () => void): void {
    this.#asked.set(a, done)
    this.settle()
  }

  /** Answers what is known by now. */
  settle(): void {
    for (const [a, done] of this.#asked) {
      if (!this.#known(a)) continue
      this.#asked.delete(a)
      done()
    }
  }
}
