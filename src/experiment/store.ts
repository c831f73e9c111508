/**
 * Results as files: one of each job and seed, three lines of JSON: what it is of, the result, the end. A file is whole or not
 * there (written aside and renamed), and counts only for the very specification and the very code that made it.
 */
import { join } from "node:path"
import { digest, filesUnder, projectRoot, readIfThere, writeAtomically } from "../setup/files.mjs"
import type { RunResult, RunSpec } from "./run.ts"

export interface Task {
  readonly experiment: string
  readonly key: string
  readonly spec: RunSpec
}

/** As `--job` takes it. */
export const nameOf = ({ experiment, key, spec }: Task): string => `${experiment}/${key}/${spec.seed}`

/** What a result depends on, besides its specification. Catalogue and report only read results. */
const codeUnder = ["src/core", "src/codec", "src/memory", "src/server", "src/sim", "src/experiment"]
const notCode = ["src/experiment/catalogue/", "src/experiment/report/"]

export const codeDigest = (root = projectRoot): string =>
  digest(
    codeUnder
      .flatMap((folder) => filesUnder(join(root, folder), ".ts"))
      .filter((path) => !notCode.some((folder) => path.startsWith(join(root, folder))))
      .map((path) => readIfThere(path) ?? ""),
  )

export class Store {
  readonly #folder: string
  readonly #code: string

  constructor(folder: string, code: string) {
    this.#folder = folder
    this.#code = code
  }

  path({ experiment, key, spec }: Task): string {
    return join(this.#folder, experiment, `${key}-${spec.seed}.ndjson`)
  }

  /** The task's result, or undefined where there is none, a part of one, or one of something else. */
  read(task: Task): RunResult | undefined {
    const lines = readIfThere(this.path(task))?.split("\n")
    if (lines === undefined || lines.length !== 4 || lines[3] !== "" || lines[2] !== END) return undefined
    if (lines[0] !== this.#header(task)) return undefined
    try {
      return JSON.parse(lines[1]!) as RunResult
    } catch {
      return undefined
    }
  }

  /** @throws {Error} of the file system: a full disk leaves what was there */
  write(task: Task, result: RunResult): void {
    writeAtomically(this.path(task), `${this.#header(task)}\n${JSON.stringify(result)}\n${END}\n`)
  }

  #header(task: Task): string {
    return JSON.stringify({
      job: nameOf(task),
      of: digest([this.#code, JSON.stringify(task.spec)]),
      spec: task.spec,
    })
  }
}

const END = JSON.stringify({ end: true })
