/**
 * Results as files: one of each job and seed, three lines of JSON: what it is of, the result, the end. A file is whole or not
 * there (written aside and renamed), and counts only for the very specification and the very code that made it.
 */
import { accessSync, constants, mkdirSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { digest, filesUnder, projectRoot, readIfThere, writeAtomically } from "../setup/files.mjs"
import { refuse } from "./errors.ts"
import type { RunResult, RunSpec } from "./run.ts"

export interface Task {
  readonly experiment: string
  readonly key: string
  readonly spec: RunSpec
}

/** As `--job` takes it. */
export const nameOf = ({ experiment, key, spec }: Task): string => `${experiment}/${key}/${spec.seed}`

/** Where what a result depends on begins, besides its specification: the rest declares runs, or keeps and reads results. */
const BEGINNING = join("src", "experiment", "run.ts")
const imported = /\bfrom "(\.[^"]+)"/g

/** Of all files that a run is made by: what it imports, and what that imports. */
export const codeDigest = (root = projectRoot): string => {
  const texts = new Map<string, string>()
  const open = [join(root, BEGINNING)]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (texts.has(path)) continue
    const text = readIfThere(path) ?? ""
    texts.set(path, text)
    for (const [, target] of text.matchAll(imported)) open.push(join(dirname(path), target!))
  }
  return digest([...texts.keys()].sort().map((path) => texts.get(path)!))
}

/** A file that is written aside takes milliseconds; one that is older was left by who was killed meanwhile. */
const ABANDONED = 60_000

export class Store {
  readonly #folder: string
  readonly #code: string

  constructor(folder: string, code: string) {
    this.#folder = folder
    this.#code = code
  }

  /** @throws {ExperimentError} where nothing can be kept, before anything has run */
  open(): void {
    try {
      mkdirSync(this.#folder, { recursive: true })
      accessSync(this.#folder, constants.W_OK | constants.X_OK)
    } catch (error) {
      refuse("--results", `must be a folder that can be written to: ${(error as Error).message}`)
    }
    for (const half of filesUnder(this.#folder, ".half"))
      if (Date.now() - (statSync(half, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN) > ABANDONED)
        rmSync(half, { force: true })
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

  /**
   * `seconds`: what it took here, kept beside the result, whose bytes are the same wherever it is run.
   * @throws {Error} of the file system: a full disk leaves what was there
   */
  write(task: Task, result: RunResult, seconds: number): void {
    writeAtomically(this.#timePath(task), `${JSON.stringify({ job: nameOf(task), seconds })}\n`)
    writeAtomically(this.path(task), `${this.#header(task)}\n${JSON.stringify(result)}\n${END}\n`)
  }

  /** s that the task's run took, wherever it was; undefined where that is not known. */
  seconds(task: Task): number | undefined {
    try {
      const { seconds } = JSON.parse(readIfThere(this.#timePath(task)) ?? "") as { seconds: unknown }
      return typeof seconds === "number" ? seconds : undefined
    } catch {
      return undefined
    }
  }

  #timePath({ experiment, key, spec }: Task): string {
    return join(this.#folder, experiment, "times", `${key}-${spec.seed}.json`)
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
