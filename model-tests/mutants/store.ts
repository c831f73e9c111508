/**
 * What was judged before: a line for each verdict, by a digest of everything that it depends on. A gate that was
 * interrupted goes on where it was, and one that finds nothing changed is quick.
 */
import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { projectRoot } from "../../src/setup/files.mjs"

/** Texts, each with an end that no text contains. */
export const digestOf = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256")
    .update(parts.map((x) => `${x.length}:${x}`).join(""))
    .digest("hex")
    .slice(0, 32)

export class Store<A> {
  readonly #file: string
  readonly #known = new Map<string, A>()
  readonly #used = new Set<string>()

  /** @param name of the file in build/mutants; or its absolute path */
  constructor(name: string) {
    this.#file = name.startsWith("/") ? name : join(projectRoot, "build", "mutants", `${name}.ndjson`)
    if (!existsSync(this.#file)) return
    for (const line of readFileSync(this.#file, "utf8").split("\n")) {
      // The last line of a gate that was killed may be half of one.
      try {
        const [key, value] = JSON.parse(line) as readonly [string, A]
        this.#known.set(key, value)
      } catch {}
    }
    // So that the next line stands alone.
    if (this.#known.size > 0) this.#write()
  }

  get size(): number {
    return this.#known.size
  }

  /** What is known under this key, or what `find` finds, which is kept. */
  async get(key: string, find: () => Promise<A>): Promise<A> {
    this.#used.add(key)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const value = await find()
    this.#known.set(key, value)
    mkdirSync(dirname(this.#file), { recursive: true })
    appendFileSync(this.#file, `${JSON.stringify([key, value])}\n`)
    return value
  }

  /** Forgets what was not asked for: after all was, it is of another specification or core. */
  forgetOthers(): void {
    if (this.#used.size === this.#known.size) return
    for (const key of this.#known.keys()) if (!this.#used.has(key)) this.#known.delete(key)
    this.#write()
  }

  #write(): void {
    const half = `${this.#file}.${process.pid}.half`
    writeFileSync(half, [...this.#known].map((x) => `${JSON.stringify(x)}\n`).join(""))
    renameSync(half, this.#file)
  }
}
