/**
 * Measures on this machine what the simulation's terms are, and what it is to predict: costs of the real code, times of
 * connections one at a time, and the trials, each on a stack of its own.
 */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { type Balance, defaultBalance } from "../../core/topology.ts"
import {
  figuresOf,
  planOf,
  type Recorded,
  type RecordedTimes,
  type RecordedTrial,
  type Trial,
} from "../../experiment/calibration.ts"
import { type MachineMeasured, machineParameters } from "../../experiment/machine-costs.ts"
import { chooseCores, describeMachine } from "../machine.ts"
import { measures } from "../rows.ts"
import { measureProgram, runMeasure } from "../run.ts"
import { median } from "../statistics.ts"
import { machineLines } from "../text.ts"
import { nothing, onStack, type Step, whole } from "./on-stack.ts"
import { cpuTime, type RealStack } from "./real-stack.ts"
import type { Timed } from "./timed-server-main.ts"

export interface CalibrateOptions {
  readonly trials: ReadonlyArray<Trial>
  readonly quick: boolean
  readonly say: (line: string) => void
}

/** At a time, while code is compiled. */
const WARMING = 8
/** µs between connections of an idle stack: 250/s. */
const APART = 4000

const warm = (stack: RealStack, quick: boolean) => stack.run(nothing(quick ? 200 : 2000, 0), WARMING)

/** One web server whose requests take no time. */
const plain = (configuration: string) => ({
  configuration,
  applications: 1,
  balance: defaultBalance,
  delays: [],
})

/** CPU time of each process for a connection of one client, and how long connecting takes a client that comes to an idle stack. */
const costsOf = (configuration: string, quick: boolean) =>
  onStack(plain(configuration), async (stack) => {
    await warm(stack, quick)
    const processes = [...stack.servers, ...stack.applications]
    const before = processes.map(cpuTime)
    const count = quick ? 100 : 2000
    whole(await stack.run(nothing(count, 0), 1))
    const cpu = processes.map((pid, k) => (cpuTime(pid) - before[k]!) / count)
    const heard = whole(await stack.run(nothing(count / 4, APART)))
    return { cpu, connecting: median(heard.map((x) => x.connected)) }
  })

const timedOf = async (stack: RealStack): Promise<Timed> => {
  const [first] = await stack.counters()
  return first!.timed as Timed
}

/** Tables 4 and 5's times, of one client. T_total is without a stopwatch in the server. */
const timesOf = (configuration: string, ghz: number, quick: boolean): Step<RecordedTimes> => {
  const count = quick ? 100 : 2000
  const us = (cycles: number): number => Math.round((cycles / (ghz * 1000)) * 100) / 100
  return Effect.gen(function* () {
    const unwatched = yield* onStack(plain(configuration), async (stack) => {
      await warm(stack, quick)
      return whole(await stack.run(nothing(count, 0), 1))
    })
    const total = median(unwatched.map((x) => x.answered))
    const program = "bench/calibration/timed-server-main.ts"
    return yield* onStack({ ...plain(configuration), program }, async (stack) => {
      await warm(stack, quick)
      const before = await timedOf(stack)
      whole(await stack.run(nothing(count, 0), 1))
      const after = await timedOf(stack)
      return {
        configuration,
        managing: us(median(after.managing)),
        tcp: us((after.tcp - before.tcp) / count),
        messages: us((after.messages - before.messages) / count),
        bells: us((after.bells - before.bells) / count),
        total,
      }
    })
  })
}

const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => [...values].sort((a, b) => a - b)

const trialOn = (trial: Trial, quick: boolean): Step<RecordedTrial> => {
  const { configuration, applications, workload } = trial
  const balance: Balance = { ...defaultBalance, scheme: trial.scheme }
  return onStack({ configuration, applications, balance, delays: workload.delays }, async (stack) => {
    await warm(stack, quick)
    const plan = planOf(trial)
    const share = (before: ReadonlyArray<number>, pids: ReadonlyArray<number>) =>
      pids.map((pid, k) => Math.round((1000 * (cpuTime(pid) - before[k]!)) / plan.at(-1)!.at) / 1000)
    const [servers, web] = [stack.servers.map(cpuTime), stack.applications.map(cpuTime)]
    const heard = await stack.run(plan)
    const late = sorted(heard.map((x) => x.late))
    return {
      key: trial.key,
      figures: figuresOf(
        trial,
        plan,
        heard.map((x) => x.answered),
      ),
      lost: heard.filter((x) => x.answered < 0).length,
      late: [late[late.length >> 1]!, late[Math.floor(0.99 * late.length)]!],
      servers: share(servers, stack.servers),
      applications: share(web, stack.applications),
    }
  })
}

/** Medians of the rows of `pika bench` that the costs are made of. */
const rowsOf = (names: ReadonlyArray<string>, quick: boolean, say: (line: string) => void) =>
  Effect.gen(function* () {
    const program = yield* Effect.promise(measureProgram)
    const medians: Record<string, number> = {}
    for (const spec of measures) {
      const rows = spec.rows.map(({ name }) => name).filter((name) => names.includes(name))
      if (rows.length === 0) continue
      const samples = yield* runMeasure(
        spec,
        { rows, quick, install: false, cores: chooseCores() },
        program,
        say,
      )
      for (const name of rows) medians[name] = median(samples[name]!.turns.map(([x]) => x!))
      const reference = samples["queue-one"]?.turns.map(([, x]) => x!)
      if (reference !== undefined) medians["a line in C"] = median(reference)
    }
    return medians
  })

const tableTwo = ["queue-one", "queue-many", "dispatch-one", "dispatch-many", "microthread"]
const others = ["dispatch-local", "wake-server", "wake-application"]

/** Linux's SCHED_FIFO and SCHED_RR. */
const REAL_TIME = [1, 2]

/** Whether the run goes before all else on the machine (`chrt --rr 1`), as one may want where others are at work. */
const precedence = (): string => {
  const stat = readFileSync("/proc/self/stat", "utf8")
  // proc(5): the 41st field; the program's name, the second, may hold anything.
  const policy = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38])
  return REAL_TIME.includes(policy)
    ? ", by others' work, before which all processes of this run went (real-time priority)"
    : ""
}

/** The real stack's part of the calibration. Interruption ends what it has started. */
export const calibrate = ({ trials, quick, say }: CalibrateOptions): Step<Recorded> =>
  Effect.gen(function* () {
    const date = new Date().toISOString()
    const machine = describeMachine()
    const ghz = machine.tscGHz
    say("costs: messages, wake-ups")
    const rows = yield* rowsOf([...tableTwo, ...others], quick, (line) => say(`  ${line}`))
    say("costs: connections one at a time")
    const one = yield* costsOf("TS1LS1CM1", quick)
    const split = yield* costsOf("TS1CM1+LS1", quick)
    const times: Array<RecordedTimes> = []
    for (const configuration of ["TS1LS1CM1", "TS1LS1+CM1"]) {
      say(`times of a connection: ${configuration}`)
      times.push(yield* timesOf(configuration, ghz, quick))
    }
    const us = (name: string): number => rows[name]! / (ghz * 1000)
    const measured: MachineMeasured = {
      dispatchRoundTrip: us("dispatch-one"),
      dispatch: us("dispatch-local"),
      wakeServer: rows["wake-server"]!,
      wakeApplication: rows["wake-application"]!,
      managing: times[0]!.managing,
      serverCpu: one.cpu[0]!,
      applicationCpu: one.cpu[1]!,
      linkCpu: split.cpu[1]!,
      connecting: one.connecting,
    }
    const recorded: Array<RecordedTrial> = []
    for (const [k, trial] of trials.entries()) {
      const heard = yield* trialOn(trial, quick)
      recorded.push(heard)
      const { throughput, p50, p95, p99 } = heard.figures
      say(
        `trial ${k + 1} of ${trials.length}, ${trial.key}: ${throughput}/s, ${p50}, ${p95}, ${p99} µs, ${heard.lost} lost`,
      )
    }
    const cycles = Object.fromEntries(
      ["a line in C", ...tableTwo].map((name) => [name, Math.round(rows[name]! * 10) / 10]),
    )
    const [cpu, kernel] = machineLines(machine, chooseCores())
    const alone = `load average ${machine.load.toFixed(2)} before the run${precedence()}`
    const lines = [cpu!, kernel!, alone]
    return {
      version: 1,
      date,
      machine: lines,
      costs: machineParameters(measured),
      trials: recorded,
      times,
      cycles,
    }
  })
