/** Small specifications in a directory of their own, for runs of TLC that go wrong. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { runTlc, type TlcRun } from "../../src/tla/tlc.ts"

export class Specs {
  readonly directory = mkdtempSync(join(tmpdir(), "pika-specs-"))
  #count = 0

  /** Files `Spec.tla` and `Spec.cfg`; undefined: is not written. */
  write(text: string | undefined, config: string | undefined): Pick<TlcRun, "module" | "config"> {
    const directory = mkdtempSync(join(this.directory, `${this.#count++}-`))
    const module = join(directory, "Spec.tla")
    const file = join(directory, "Spec.cfg")
    if (text !== undefined) writeFileSync(module, text)
    if (config !== undefined) writeFileSync(file, config)
    return { module, config: file }
  }

  /** `body` with Init and Next as module Spec, line 1 of it being line 4 of the file. */
  body(body: string, config = "SPECIFICATION Spec\n"): Pick<TlcRun, "module" | "config"> {
    const spec = body.includes("Spec ==") ? "" : "Spec == Init /\\ [][Next]_x"
    const head = "---- MODULE Spec ----\nEXTENDS Naturals, FiniteSets, Sequences, TLC\nVARIABLE x\n"
    return this.write(`${head}${body}\n${spec}\n====\n`, config)
  }

  run(body: string, config?: string, part: Partial<TlcRun> = {}) {
    return this.of(this.body(body, config), part)
  }

  of(files: Pick<TlcRun, "module" | "config">, part: Partial<TlcRun> = {}) {
    return runTlc({ ...files, workers: 1, heap: 256, brief: true, ...part })
  }

  /** A directory for those of runs (TMPDIR): nobody else's are there. */
  scratch(): string {
    const directory = join(this.directory, "scratch")
    mkdirSync(directory)
    return directory
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** A cube of N + 1 states each way, counted at leisure. */
export const grid = `CONSTANT N
VARIABLES y, z
Init == x = 0 /\\ y = 0 /\\ z = 0
Next ==
  \\/ x < N /\\ x' = x + 1 /\\ UNCHANGED <<y, z>>
  \\/ y < N /\\ y' = y + 1 /\\ UNCHANGED <<x, z>>
  \\/ z < N /\\ z' = z + 1 /\\ UNCHANGED <<x, y>>
Spec == Init /\\ [][Next]_<<x, y, z>>`

/** A counter without end. */
export const unbounded = "Init == x = 0\nNext == x' = x + 1"
/** Four states, the last one without a successor. */
export const ending = "Init == x = 0\nNext == x < 3 /\\ x' = x + 1\nSmall == x < 2"

/** Two at once: one core each. */
export const together = <A, E>(runs: Readonly<Record<string, Effect.Effect<A, E>>>) =>
  Effect.runPromise(Effect.all(runs, { concurrency: 2 }))

/** Processes with `text` in their command line. */
export const processesWith = (text: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text)
      } catch {
        return false
      }
    })
    .map(Number)
