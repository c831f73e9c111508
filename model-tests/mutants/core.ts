/** Mutants of the shipped core, each judged by the graphs of the specification alone. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Machines } from "../../src/core/system.ts"
import type { Core } from "../../src/model/stack/step.ts"
import { projectRoot } from "../../src/setup/files.mjs"
import { type Mutant, mutantsOf, type Scope } from "./operators.ts"

/** The protocol's machines. */
export const mutated = ["application.ts", "manager.ts", "late.ts", "transport.ts"]

const scope: Scope = {
  // Weights and times are outside the specification; the laws in impl-tests/core judge them.
  except: new Set([
    ...["readmitted", "locals", "remotes", "sendOffer", "claimDeadline"],
    ...["current", "measured", "knownTime", "worthOf", "MOST_TIME"],
    ...["time", "serviceTime", "offeredAt", "admitted", "windows", "underWay"],
    ...["bestTime", "slack", "assignAt", "grantSlack", "wants", "since", "least", "known", "costs"],
  ]),
  assertions: new Set(["isLocal", "isOurs", "isOther", "foreign", "connectionAt"]),
}

export const coreMutants = (): ReadonlyArray<Mutant & { readonly file: string }> =>
  mutated.flatMap((file) =>
    mutantsOf(file, readFileSync(join(projectRoot, "src", "core", file), "utf8"), scope).map((x) => ({
      ...x,
      file,
    })),
  )

export type { Core }

/** Directories of mutated cores, removed by `close`. */
export class Nursery {
  readonly #folder = mkdtempSync(join(tmpdir(), "pika-mutants-"))
  #count = 0

  constructor() {
    symlinkSync(join(projectRoot, "node_modules"), join(this.#folder, "node_modules"))
    writeFileSync(join(this.#folder, "package.json"), '{"type":"module"}')
  }

  async core(file: string, source: string): Promise<Core> {
    const core = join(this.#folder, `core-${this.#count++}`)
    cpSync(join(projectRoot, "src", "core"), core, { recursive: true })
    writeFileSync(join(core, file), source)
    const load = async (name: string) => (await import(pathToFileURL(join(core, name)).href)) as unknown
    const { machines } = (await load("system.ts")) as { readonly machines: Machines }
    const names = ["application.ts", "manager.ts", "transport.ts"]
    const all: object = Object.assign({}, ...(await Promise.all(names.map(load))))
    rmSync(core, { recursive: true })
    return { machines, predicates: all as Core["predicates"], initial: all as Core["initial"] }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
