/** `pika check --watch`: after each saving of the specification or the core, what their models come to. */
import { basename, dirname, join } from "node:path"
import { Effect } from "effect"
import { projectRoot } from "../../setup/files.mjs"
import type { Model } from "../../tla/model.ts"
import { specDirectory } from "../spec.ts"
import { type Change, concerned } from "./modules.ts"
import { type Round, startRound } from "./round.ts"
import type { RoundVerdict } from "./round-main.ts"
import { onSaved, type Saved } from "./saved.ts"

const core = join(projectRoot, "src", "core")
const tests = join(projectRoot, "model-tests")

const changeOf = ({ files }: Saved): Change => ({
  modules: new Set(
    files.filter((file) => file.startsWith(specDirectory)).map((file) => basename(file, ".tla")),
  ),
  core: files.some((file) => file.startsWith(core)),
  // The manifest and what it is made of.
  all: files.some((file) => dirname(file) === tests && !file.endsWith(".test.ts")),
})

const indented = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `           ${line}\n`)
    .join("")

/** What is wrong and where, without the way through the loader. */
const withoutStack = (error: Error): string =>
  (error.stack ?? error.message)
    .split("\n")
    .filter((line) => !/^\s+at /.test(line))
    .join("\n")

/** Goes round until it is interrupted. `models`: those that are watched. */
export const watchModels = (
  models: ReadonlyArray<Model>,
  say: (text: string) => void,
): Effect.Effect<never> =>
  Effect.callback<never>(() => {
    let round: Round | undefined
    /** One after the other: a round begins when nothing of the one before is left. */
    let turn: Promise<void> = Promise.resolve()
    let newest = 0

    const begin = (chosen: ReadonlyArray<Model>, why: string, at: number): void => {
      const number = ++newest
      turn = turn.then(async () => {
        if (round !== undefined) {
          await round.stop()
          round = undefined
        }
        if (number !== newest) return
        if (chosen.length === 0) return say(`${why}: concerns no model\n`)
        say(`${why}: ${chosen.length} model${chosen.length === 1 ? "" : "s"}\n`)
        const since = () => `${((Date.now() - at) / 1000).toFixed(1).padStart(7)} s  `
        let judged = 0
        let wrong = 0
        let last = false
        const own = startRound(
          chosen.map(({ name }) => name),
          (verdict: RoundVerdict) => {
            judged++
            if (!verdict.asExpected) wrong++
            last ||= verdict.last
            say(`${since()}${verdict.asExpected ? "ok " : "NOT"} ${verdict.model}: ${verdict.text}\n`)
            if (verdict.more !== "") say(indented(verdict.more))
          },
        )
        round = own
        void own.over.then((failure) => {
          if (number !== newest) return
          round = undefined
          if (failure !== undefined) {
            say(`${since()}NOT loaded:\n${indented(withoutStack(failure))}`)
          } else if (wrong > 0) {
            say(`${since()}${wrong} of ${judged} not as expected${last ? ", the others not tried" : ""}\n`)
          } else say(`${since()}green: all ${judged} as expected\n`)
        })
      })
    }

    const stop = onSaved([specDirectory, core, tests], (saved) => {
      const names = saved.files.map((file) => file.slice(projectRoot.length + 1)).join(", ")
      begin(concerned(models, changeOf(saved), specDirectory), `${names} saved`, saved.at)
    })
    begin(
      concerned(models, { modules: new Set(), core: false, all: true }, specDirectory),
      "watching spec/, src/core/ and the manifest (Ctrl-C ends it)",
      Date.now(),
    )
    return Effect.promise(async () => {
      stop()
      newest++
      await turn
      await round?.stop()
    })
  })
