/**
 * What was measured on a machine and not simulated (the paper's Tables 1 and 2 and Figure 12, and the real stack beside the simulation): a
 * file each of `docs/evaluation/measured/`, written by the command that measured it. It is read, never made, when the page is
 * written: so the page stays the same for the same seed, and says what was measured where and when.
 */
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { filesUnder, projectRoot } from "../../setup/files.mjs"
import type { Claim, Plot, Table } from "../catalogue/experiment.ts"
import { refuse } from "../errors.ts"

export interface Measured {
  readonly title: string
  /** How, on what machine and when; by which command. */
  readonly what: string
  readonly claims: ReadonlyArray<Claim>
  readonly tables: ReadonlyArray<Table>
  readonly plots: ReadonlyArray<Plot>
}

export const measuredFolder = join(projectRoot, "docs", "evaluation", "measured")

const lists = ["claims", "tables", "plots"] as const

/** In the order of their names. @throws {ExperimentError} for a file that is none */
export const measuredUnder = (folder: string): ReadonlyArray<Measured> =>
  filesUnder(folder, ".json").map((path) => {
    const where = basename(path)
    let one: Partial<Measured>
    try {
      one = JSON.parse(readFileSync(path, "utf8")) as Partial<Measured>
    } catch (error) {
      return refuse(where, `is no JSON: ${(error as Error).message}; measure again`)
    }
    for (const name of ["title", "what"] as const)
      if (typeof one[name] !== "string") refuse(`${where}: ${name}`, "must be a text; measure again")
    for (const name of lists)
      if (!Array.isArray(one[name])) refuse(`${where}: ${name}`, "must be a list; measure again")
    return one as Measured
  })
