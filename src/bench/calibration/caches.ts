/**
 * Cache misses of a request by the size of a core's own caches (Figure 12): the real servers, each under Cachegrind, serve the real
 * client; each run is made with few requests and with many, and the difference is what the requests more have cost, so that start
 * and compiling are not in it. The web server and the client run as they are. Nothing here is a time.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { defaultBalance } from "../../core/topology.ts"
import type { CacheCounts, RecordedCaches } from "../../experiment/calibration.ts"
import type { Under } from "../../runtime/server-process.ts"
import { parseConfiguration } from "../../server/configuration.ts"
import { cacheNeeds, ensureBenchNeeds } from "../../setup/debian.mjs"
import { projectRoot } from "../../setup/files.mjs"
import { CannotMeasure, type MeasureFailed } from "../errors.ts"
import { describeMachine } from "../machine.ts"
import { machineLines } from "../text.ts"
import { failed, nothing, onStack, whole } from "./on-stack.ts"

export interface CachesOptions {
  /** KiB, powers of two: of the instruction cache and of the data cache, each. */
  readonly sizes: ReadonlyArray<number>
  /** Requests of the short run, and of those that are counted. */
  readonly warm: number
  readonly requests: number
  readonly say: (line: string) => void
}

/** As `ab` of §5.1 has them. */
const CLIENTS = 4
/** The paper's Table 4 has these two. */
const configurations = ["TS1LS1CM1", "TS1LS1+CM1"]
/** Under Cachegrind a server takes so long more to end, ms. */
const GRACE = 30_000
/** Runs at a time: nothing of them is timed. */
const AT_A_TIME = 2

/** From the end of Cachegrind's log. @throws {CannotMeasure} where a line is missing */
export const parseCachegrind = (text: string): CacheCounts => {
  const number = (label: string): number => {
    const match = new RegExp(`^==\\d+== ${label}:\\s+([\\d,]+)`, "m").exec(text)
    if (match === null)
      throw new CannotMeasure(
        `Cachegrind says nothing of ${label}`,
        text.trim().slice(-500) || "it said nothing",
      )
    return Number(match[1]!.replaceAll(",", ""))
  }
  return {
    instructions: number("I +refs"),
    instructionMisses: number("I1 +misses"),
    dataMisses: number("D1 +misses"),
  }
}

const combine = (a: CacheCounts, b: CacheCounts, by: (x: number, y: number) => number): CacheCounts => ({
  instructions: by(a.instructions, b.instructions),
  instructionMisses: by(a.instructionMisses, b.instructionMisses),
  dataMisses: by(a.dataMisses, b.dataMisses),
})

/** Of a request: what all servers together did for the requests that the long run has more than the short one. */
export const perRequest = (
  short: ReadonlyArray<CacheCounts>,
  long: ReadonlyArray<CacheCounts>,
  requests: number,
): CacheCounts =>
  long
    .map((x, k) => combine(x, short[k]!, (a, b) => (a - b) / requests))
    .reduce((a, b) => combine(a, b, (x, y) => x + y))

/** What Cachegrind counted of each server that served so many requests. */
const counted = (configuration: string, kib: number, requests: number, folder: string) => {
  const log = (server: number): string => join(folder, `${configuration}-${kib}-${requests}-${server}.log`)
  const cache = `${kib * 1024},8,64`
  const under = (server: number): Under => ({
    command: [
      "valgrind",
      "--tool=cachegrind",
      `--I1=${cache}`,
      `--D1=${cache}`,
      `--log-file=${log(server)}`,
      "--cachegrind-out-file=/dev/null",
    ],
    grace: GRACE,
  })
  const options = { configuration, applications: 1, balance: defaultBalance, delays: [], under }
  const served = onStack(options, async (stack) => {
    whole(await stack.run(nothing(requests, 0), CLIENTS))
  })
  // It says what it counted when its program has ended.
  return Effect.andThen(
    served,
    Effect.try({
      try: () =>
        parseConfiguration(configuration).servers.map((_, k) =>
          parseCachegrind(readFileSync(log(k), "utf8")),
        ),
      catch: failed,
    }),
  )
}

const scratch = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-bench-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** @returns by configuration and size what a request costs */
export const measureCaches = ({
  sizes,
  warm,
  requests,
  say,
}: CachesOptions): Effect.Effect<RecordedCaches, MeasureFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const missing = yield* Effect.promise(() => ensureBenchNeeds(projectRoot, say, true, cacheNeeds))
      if (missing !== undefined)
        return yield* Effect.fail(failed(new CannotMeasure("valgrind is not there", missing)))
      const date = new Date().toISOString()
      const machine = machineLines(describeMachine(), [0, 0]).slice(0, 2)
      const folder = yield* scratch
      const runs = configurations.flatMap((configuration) => sizes.map((kib) => ({ configuration, kib })))
      const rows = yield* Effect.forEach(
        runs,
        ({ configuration, kib }) =>
          Effect.gen(function* () {
            const short = yield* counted(configuration, kib, warm, folder)
            const long = yield* counted(configuration, kib, warm + requests, folder)
            const counts = perRequest(short, long, requests)
            const { instructions, instructionMisses, dataMisses } = counts
            say(
              `${configuration}, ${kib} KiB: ${instructionMisses.toFixed(0)} and ${dataMisses.toFixed(0)} misses, ${instructions.toFixed(0)} instructions a request`,
            )
            return { configuration, kib, ...counts }
          }),
        { concurrency: AT_A_TIME },
      )
      return { date, machine, requests, rows }
    }),
  )
