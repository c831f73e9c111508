/**
 * Many small model checks in one JVM (`pika.Judge`): whether a changed module has the state graph that the module as it
 * stands has, and what holds in which states. A check of some hundred states takes some tens of milliseconds.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { Data, Effect, type Scope } from "effect"
import { javaLine, TlcUnavailable } from "./java-line.ts"
import { scratchDirectory } from "./scratch.ts"

/** The specification can't be loaded or explored, or the JVM has ended. */
export class JudgeFailed extends Data.TaggedError("JudgeFailed")<{
  readonly message: string
  readonly remedy: string
}> {}

/** What was seen of a model. */
export interface Explored {
  readonly states: number
  /** Every state was looked at. */
  readonly complete: boolean
  /** Invariants and action properties that do not hold, and the depth at which they first don't. */
  readonly violated: ReadonlyMap<string, number>
  /** Those that can't be evaluated in some state. */
  readonly undefined: ReadonlySet<string>
  /** Every action of the model, by name. */
  readonly actions: ReadonlySet<string>
  /** Steps by action with its parameters, `Claim(0)`. */
  readonly labels: ReadonlyMap<string, number>
}

/** A model to be looked at once, in at most so many states and seconds. */
export interface Explore {
  /** Root module's name. */
  readonly root: string
  /** Configuration's file, absolute. */
  readonly config: string
  /** Where modules are looked for, the first one first. */
  readonly directories: ReadonlyArray<string>
  readonly mostStates: number
  readonly seconds: number
  /** Ends as soon as every property but these was violated, and every action but these, by name, was taken. */
  readonly untilAllBut?: ReadonlyArray<string>
}

/** A model whose graph is kept, to judge changes of its modules by. */
export interface Known {
  /** Name under which the graph is kept. */
  readonly model: string
  readonly root: string
  readonly config: string
  readonly directory: string
}

/** Commands to the JVM. */
export interface Judge {
  /** Definitions that the model's initial predicate and actions use, `Module.Definition`. */
  readonly used: (model: Omit<Known, "model">) => Effect.Effect<ReadonlySet<string>, JudgeFailed>
  /**
   * Explores the module as it stands, and keeps the graph of the first so many states: breadth first, or along random
   * behaviours, the same in every JVM, of `steps` steps each.
   */
  readonly know: (
    model: Known,
    mostStates: number,
    steps?: number,
  ) => Effect.Effect<Pick<Explored, "states" | "complete" | "labels">, JudgeFailed>
  /**
   * How a module that differs in one definition differs in its graph; undefined: nowhere.
   * @param changed directory of the changed module
   */
  readonly difference: (
    model: Known,
    definition: string,
    changed: string,
    seconds: number,
  ) => Effect.Effect<string | undefined, JudgeFailed>
  readonly explore: (what: Explore) => Effect.Effect<Explored, JudgeFailed>
}

/** Java heap, MiB: the graphs of some twenty models of some ten thousand states each. */
const HEAP = 1536

const start = (scratch: string, brief: boolean): ChildProcessWithoutNullStreams | TlcUnavailable => {
  const vm = { heap: HEAP, threads: 1, brief, properties: { "java.io.tmpdir": scratch } }
  const line = javaLine({ ...vm, main: "pika.Judge" }, [])
  if (line instanceof TlcUnavailable) return line
  return spawn(line.java, line.args, { cwd: scratch })
}

/** Sends one command at a time and takes its answer's lines. */
class Line {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  #errors = ""

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (this.#errors.length < 8000) this.#errors += text
    })
    child.stdin.on("error", () => {})
    this.#answers = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })[
      Symbol.asyncIterator
    ]()
  }

  async ask(...fields: ReadonlyArray<string | number>): Promise<ReadonlyArray<string>> {
    this.#child.stdin.write(`${fields.join("\t")}\n`)
    const lines: Array<string> = []
    for (;;) {
      const { done, value } = await this.#answers.next()
      if (done === true) {
        throw new JudgeFailed({
          message: `the JVM has ended: ${this.#errors}`,
          remedy: "give it more memory",
        })
      }
      if (value === "done") return lines
      if (value.startsWith("broken ")) {
        throw new JudgeFailed({ message: value.slice(7), remedy: "mend the specification" })
      }
      lines.push(value)
    }
  }
}

const exploredOf = (lines: ReadonlyArray<string>): Explored => {
  const violated = new Map<string, number>()
  const troubles = new Set<string>()
  const actions = new Set<string>()
  const labels = new Map<string, number>()
  let states = 0
  for (const line of lines) {
    const [word = "", rest = ""] = line.split(/ (.*)/s)
    const [name = "", number = ""] = rest.split(/ (?=\d+$)/)
    if (word === "states") states = Number(rest)
    else if (word === "action") actions.add(rest)
    else if (word === "label") labels.set(name, Number(number))
    else if (word === "violated" && name.endsWith("!")) troubles.add(name.slice(0, -1))
    else if (word === "violated") violated.set(name, Number(number))
  }
  return { states, complete: lines.includes("complete"), violated, undefined: troubles, actions, labels }
}

/**
 * A JVM that lives as long as its scope. Commands are taken one after the other. `brief`: it has work for seconds, for which
 * the optimizing compiler isn't worth it.
 */
export const judgeFor = Effect.fnUntraced(function* (brief: boolean) {
  const scratch = yield* scratchDirectory("judge")
  const child = yield* Effect.acquireRelease(
    Effect.suspend(() => {
      const started = start(scratch, brief)
      return started instanceof TlcUnavailable ? Effect.fail(started) : Effect.succeed(started)
    }),
    (process) => Effect.sync(() => process.kill("SIGKILL")),
  )
  const line = new Line(child)
  const ask = (...fields: ReadonlyArray<string | number>) =>
    Effect.tryPromise({
      try: () => line.ask(...fields),
      catch: (error) =>
        error instanceof JudgeFailed
          ? error
          : new JudgeFailed({ message: String(error), remedy: "this is a bug" }),
    })
  const judge: Judge = {
    used: ({ root, config, directory }) =>
      ask("used", root, config, directory).pipe(Effect.map((lines) => new Set(lines))),
    know: ({ model, root, config, directory }, mostStates, steps = 0) =>
      ask("know", model, root, config, directory, mostStates, steps).pipe(Effect.map(exploredOf)),
    difference: ({ model, root, config, directory }, definition, changed, seconds) =>
      ask("judge", model, root, config, directory, definition, seconds, changed).pipe(
        Effect.map(([answer = ""]) => (answer === "same" ? undefined : answer.replace(/^differs /, ""))),
      ),
    explore: ({ root, config, directories, mostStates, seconds, untilAllBut }) =>
      ask("explore", root, config, mostStates, seconds, untilAllBut?.join(",") ?? "no", ...directories).pipe(
        Effect.map(exploredOf),
      ),
  }
  return judge
})

/** The same with the optimizing compiler: one JVM does the work of hundreds. */
export const makeJudge: Effect.Effect<Judge, TlcUnavailable, Scope.Scope> = judgeFor(false)
