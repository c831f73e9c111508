import { spawn } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, describe, expect, test, vi } from "vitest"
import { CheckpointMismatch, checkpointIn, type Resumable, runResumable } from "../../src/tla/checkpoint.ts"
import type { TlcRun } from "../../src/tla/tlc.ts"
import { grid, processesWith, Specs } from "./specs.ts"

const specs = new Specs()
afterAll(() => specs.remove())

const N = 30
/**
 * However fast the machine, no search ends before it has made a checkpoint: on a few levels TLC waits until it has run for
 * two seconds, four times the time between checkpoints, and makes the one that is due before it goes on.
 */
const body = `${grid.replace("Next ==", "Steps ==").replace(/^Spec ==.*$/m, "")}
Waits == x + y + z \\in {10, 30, 50, 70} => (\\E i \\in 1..1000000000 : TLCGet("duration") >= 2) = TRUE
Next == Waits /\\ Steps
Near == x + y + z < ${3 * N}
Spec == Init /\\ [][Next]_<<x, y, z>>`
const config = `SPECIFICATION Spec\nCONSTANT N = ${N}\nCHECK_DEADLOCK FALSE\n`
const whole = { outcome: { _tag: "Success" }, distinct: (N + 1) ** 3, depth: 3 * N + 1, queued: 0 }

const runOf = (cfg = config): TlcRun => ({ ...specs.body(body, cfg), workers: 2, heap: 256 })
const directory = (name: string): string => join(specs.directory, name)
const resume = (run: TlcRun, part: Partial<Resumable> & { directory: string }) =>
  Effect.runPromise(runResumable(run, { every: 0.5, resume: true, ...part }))

/** Starts it in a process of its own, which is killed once there is a checkpoint. */
const killed = async (run: TlcRun, where: string, again = false): Promise<void> => {
  const checkpoint = new URL("../../src/tla/checkpoint.ts", import.meta.url).href
  const program = `import { Effect } from "effect"
    import { runResumable } from ${JSON.stringify(checkpoint)}
    await Effect.runPromise(runResumable(${JSON.stringify(run)}, ${JSON.stringify({ directory: where, every: 0.5, resume: again })}))`
  const states = join(where, "states")
  const before = checkpointIn(states)
  const time = before === undefined ? "" : readFileSync(join(before, "queue.chkpt")).toString("hex")
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: import.meta.dirname })
  await vi.waitUntil(
    () => {
      if (parent.exitCode !== null) throw new Error(`it ended by itself, with ${parent.exitCode}`)
      const now = checkpointIn(states)
      return now !== undefined && readFileSync(join(now, "queue.chkpt")).toString("hex") !== time
    },
    { timeout: 30_000, interval: 20 },
  )
  parent.kill("SIGKILL")
  await vi.waitUntil(() => processesWith(run.config).length === 0, { timeout: 10_000 })
  // Killed while it committed the next one: once more.
  if (checkpointIn(states) === undefined) await killed(run, where, again)
}

describe("a run that was killed", () => {
  test("goes on from its checkpoint, as often as it is killed, to the same counts", async () => {
    const run = runOf()
    const where = directory("counts")
    await killed(run, where)
    await killed(run, where, true)
    const { report, resumedAt } = await resume(run, { directory: where })
    expect(report).toMatchObject(whole)
    expect(resumedAt).toBeGreaterThan(0)
    expect(resumedAt).toBeLessThan(whole.distinct)
    // Its verdict is in: nothing of it stays.
    expect(existsSync(where)).toBe(false)
  })

  test("finds the same counterexample, from the beginning", async () => {
    const run = runOf(`${config}INVARIANT Near\n`)
    const where = directory("counterexample")
    await killed(run, where)
    const { report, resumedAt } = await resume(run, { directory: where })
    expect(resumedAt).toBeGreaterThan(0)
    expect(report.outcome).toEqual({ _tag: "Invariant", name: "Near" })
    const { states } = report.behaviour
    expect(states).toHaveLength(3 * N + 1)
    expect(states[0]!.text).toMatch(/x = 0\n.*y = 0\n.*z = 0$/)
  })

  describe("its checkpoint", () => {
    const kept = directory("kept")
    const run = runOf()

    test("is refused when anything that it was made from is another", async () => {
      await killed(run, kept)
      const refused = async (other: TlcRun): Promise<CheckpointMismatch> =>
        Effect.runPromise(Effect.flip(runResumable(other, { directory: kept, every: 1, resume: true }))).then(
          (error) => {
            if (error instanceof CheckpointMismatch) return error
            throw error
          },
        )
      const edited = join(specs.directory, "edited")
      mkdirSync(edited)
      writeFileSync(
        join(edited, "Spec.tla"),
        readFileSync(run.module, "utf8").replace("x < N /\\", "x < N - 1 /\\"),
      )
      expect((await refused({ ...run, module: join(edited, "Spec.tla") })).differs).toEqual(["specification"])
      const smaller = specs.write("", config.replace(`${N}`, "7")).config
      const error = await refused({ ...run, config: smaller })
      expect(error.differs).toEqual(["configuration"])
      expect(error.message).toContain(`${kept} was made with another configuration`)
      expect(error.remedy).toContain("begin anew")
      expect((await refused({ ...run, workers: 1 })).differs).toEqual(["workers"])
      expect((await refused({ ...run, options: ["-lncheck", "final"] })).differs).toEqual(["options"])
      const identity = join(kept, "made-from.json")
      const text = readFileSync(identity, "utf8")
      writeFileSync(identity, text.replace('"fingerprint": "1"', '"fingerprint": "2"'))
      expect((await refused(run)).differs).toEqual(["fingerprint"])
      writeFileSync(identity, text.slice(0, 40))
      expect((await refused(run)).differs).toContain("specification")
      writeFileSync(identity, text)
    })

    test("of which only half was committed is none: the run begins anew", async () => {
      const states = join(kept, "states")
      const at = checkpointIn(states)!
      // As between two of TLC's renames: the queue is the new one's, the variables are not yet.
      copyFileSync(join(at, "vars.chkpt"), join(at, "vars.tmp"))
      rmSync(join(at, "queue.tmp"), { force: true })
      expect(checkpointIn(states)).toBeUndefined()
      // While it was being written, the old one is whole.
      writeFileSync(join(at, "queue.tmp"), "")
      expect(checkpointIn(states)).toBe(at)
      for (const name of ["queue.tmp", "vars.tmp"]) rmSync(join(at, name))
      renameSync(join(at, "queue.chkpt"), join(at, "queue.away"))
      expect(checkpointIn(states)).toBeUndefined()
      renameSync(join(at, "queue.away"), join(at, "queue.chkpt"))
    })

    test("that was cut is no verdict", async () => {
      const at = checkpointIn(join(kept, "states"))!
      truncateSync(join(at, "queue.chkpt"), 5)
      const { report } = await resume(run, { directory: kept })
      expect(report.outcome).toMatchObject({ _tag: "Corrupt", remedy: /begins anew/ })
      // The next one begins anew.
      expect(existsSync(kept)).toBe(false)
    })
  })

  test("without --resume begins anew, whatever is there", async () => {
    const where = directory("anew")
    const run = runOf(config.replace(`${N}`, "5"))
    mkdirSync(join(where, "states", "x"), { recursive: true })
    for (const name of ["queue.chkpt", "vars.chkpt"]) writeFileSync(join(where, "states", "x", name), "")
    const { report, resumedAt } = await resume(run, { directory: where, resume: false })
    expect([report.distinct, resumedAt]).toEqual([216, undefined])
    expect(readdirSync(specs.directory)).not.toContain("anew")
  })
})
