/** The calibration's own logic on a short run of the real stack. How long anything took, no test says. */
import { execFileSync, spawnSync } from "node:child_process"
import { Effect } from "effect"
import { expect, test } from "vitest"
import { calibrate } from "../../src/bench/calibration/calibrate.ts"
import { portOf, startReal } from "../../src/bench/calibration/real-stack.ts"
import { defaultBalance } from "../../src/core/topology.ts"
import { simulated, specOf } from "../../src/experiment/calibration.ts"
import { measuredOf, quickTrial, trials } from "../../src/experiment/catalogue/calibration.ts"
import { costsOf } from "../../src/experiment/cost.ts"
import { run } from "../../src/experiment/run.ts"
import { ALWAYS } from "../../src/experiment/workload.ts"
import { builtPath } from "../../src/native/native.ts"
import { privileged } from "../runtime/kernel.ts"

/** Processes of ours that are still there. */
const left = (): ReadonlyArray<string> =>
  execFileSync("ps", ["-eo", "ppid,args"], { encoding: "utf8" })
    .split("\n")
    .filter(
      (line) =>
        line.trim().startsWith(`${process.pid} `) && /web-server-main|server-main|openloop/.test(line),
    )

test.skipIf(!privileged)(
  "costs, times and trials are measured, and come out as a part of the page",
  async () => {
    const two = trials
      .filter(({ key }) => key.startsWith("ts2ls2cm2-2"))
      .slice(0, 1)
      .map(quickTrial)
    const said: Array<string> = []
    const recorded = await Effect.runPromise(
      calibrate({ trials: two, quick: true, say: (line) => said.push(line) }),
    )
    expect(recorded.trials.map(({ key }) => key)).toEqual(two.map(({ key }) => key))
    for (const { figures, servers, applications } of recorded.trials) {
      expect(figures.p50).toBeGreaterThan(500)
      expect(figures.p50).toBeLessThanOrEqual(figures.p95)
      expect(figures.p95).toBeLessThanOrEqual(figures.p99)
      expect(figures.throughput).toBeGreaterThan(0)
      expect([servers.length, applications.length]).toEqual([2, 2])
      for (const share of [...servers, ...applications]) expect(share).toBeGreaterThan(0)
    }
    const costs = costsOf(recorded.costs)
    expect(costs.transport).toBeGreaterThan(1)
    expect(costs.application).toBeGreaterThan(1)
    expect(costs.link).toBeGreaterThan(0.1)
    expect(recorded.times.map(({ configuration }) => configuration)).toEqual(["TS1LS1CM1", "TS1LS1+CM1"])
    for (const x of recorded.times) {
      // Each part is there, and is a part.
      for (const part of [x.managing, x.tcp, x.messages, x.bells]) expect(part).toBeGreaterThan(0.05)
      expect(x.total).toBeGreaterThan(x.managing)
    }
    expect(recorded.times[1]!.managing).toBeGreaterThan(recorded.times[0]!.managing)
    expect(said.some((line) => line.includes(two[0]!.key))).toBe(true)
    expect(left()).toEqual([])
    const compared = two.map((trial) => ({
      trial,
      real: recorded.trials[0]!,
      ours: simulated(run(specOf(trial, costs))),
    }))
    const page = measuredOf(recorded, compared, new Map())
    expect(JSON.parse(JSON.stringify(page))).toEqual(page)
    expect(page.claims.filter(({ source }) => source === "calibration")).toHaveLength(1)
    for (const { head, rows } of page.tables) for (const row of rows) expect(row).toHaveLength(head.length)
  },
  150_000,
)

test.skipIf(!privileged)(
  "a request takes as long as it says, and as many times as long at a web server that is slow",
  async () => {
    const delays = [{ application: 0, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 3, held: 0 }]
    const stack = await startReal({
      configuration: "TS1LS1CM1",
      applications: 1,
      balance: defaultBalance,
      delays,
    })
    try {
      const plan = Array.from({ length: 20 }, (_, k) => ({ at: 40_000 * k, demand: 5000 }))
      const heard = await stack.run(plan)
      // Never shorter: how much longer is the machine's affair.
      expect(heard.filter(({ answered }) => answered >= 0)).toHaveLength(plan.length)
      for (const { answered, connected, late } of heard) {
        expect(answered).toBeGreaterThanOrEqual(15_000)
        expect(connected).toBeLessThanOrEqual(answered)
        expect(late).toBeLessThanOrEqual(connected)
      }
    } finally {
      await stack.stop()
    }
    expect(left()).toEqual([])
  },
  60_000,
)

test("the client refuses what is no plan", () => {
  const client = (args: ReadonlyArray<string>, input: string) =>
    spawnSync(builtPath("openloop"), args, { input, encoding: "utf8", timeout: 20_000 })
  const good = `0 0 ${portOf(0)}\n`
  for (const [args, input] of [
    [[], good],
    [["nowhere", "80"], good],
    [["127.0.0.1", "80"], ""],
    [["127.0.0.1", "80"], "0 0\n"],
    [["127.0.0.1", "80"], `${good}-1 0 5000\n`],
    [["127.0.0.1", "80"], "0 0 70000\n"],
    [["127.0.0.1", "80", "5000"], good],
  ] as const) {
    const { status, stderr, stdout } = client(args, input)
    expect([status, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(/openloop/)
  }
  // Nobody listens there: no answer, which is an outcome.
  expect(client(["127.0.0.1", "1"], good).stdout).toMatch(/^-1 -1 \d+\n$/)
})
