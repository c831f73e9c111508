/**
 * What a stack of two servers takes when nothing happens: memory, CPU time, and what each established connection adds to its
 * servers. As a user starts it: `pika up`, and for the connections `pika serve`; a Linux client in the namespace holds them.
 */
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { Measure, MeasureContext, Samples } from "../row.ts"
import { median } from "../statistics.ts"
import { type Started, start } from "./children.ts"
import { sampleConnections } from "./connections.ts"
import { ab } from "./kernel.ts"
import { commandOf, cpuSeconds, familyOf, memoryOf, sum } from "./processes.ts"
import { CONFIGURATION, type RunningStack, startStack } from "./stack.ts"

/** What the program of measures is called with to open idle connections: IDLE_CLIENT ADDRESS COUNT. */
export const IDLE_CLIENT = "idle-client"
const MB = 1e6

/** Processes of the demo server; each has buffers for 256 connections of each server. */
const PROCESSES = 4

const labelOf = (pid: number, up: number): string => {
  if (pid === up) return "supervisor"
  const command = commandOf(pid)
  if (command.includes("server-main")) return "a server"
  return command.includes("pika-netns") ? "the Linux host's helper" : (command.split(" ")[0] ?? "")
}

const idle = async (
  stack: RunningStack,
  { quick, say }: MeasureContext,
): Promise<Record<string, Samples>> => {
  const family = familyOf(stack.up.pid)
  await sleep(quick ? 300 : 2000)
  const memory: Array<readonly [number]> = []
  const rss: Array<number> = []
  const cpu: Array<readonly [number]> = []
  for (let k = 0; k < (quick ? 2 : 5); k++) {
    const began = performance.now()
    const before = cpuSeconds(family)
    await sleep(quick ? 500 : 2000)
    cpu.push([(100 * (cpuSeconds(family) - before)) / ((performance.now() - began) / 1000)])
    const used = sum(family.map(memoryOf))
    memory.push([used.pss / MB])
    rss.push(used.rss / MB)
  }
  say(`idle: ${memory.at(-1)![0].toFixed(0)} MB, ${cpu.at(-1)![0].toFixed(1)} % of a core`)
  const details = family.map((pid) => ({
    name: `PSS of ${labelOf(pid, stack.up.pid)}`,
    value: memoryOf(pid).pss / MB,
    unit: "MB",
  }))
  const all = { name: "RSS of all", value: rss.at(-1)!, unit: "MB" }
  return {
    "memory-idle": { turns: memory, dropped: 0, details: [all, ...details] },
    "cpu-idle": { turns: cpu, dropped: 0, details: [] },
  }
}

/** Opens `count` connections, says so, and holds them until its standard input ends. */
export const holdIdle = (address: string, count: number): void => {
  let held = 0
  for (let k = 0; k < count; k++) {
    connect(80, address, () => {
      if (++held === count) process.stdout.write("holds\n")
    }).once("error", (error) => {
      process.stdout.write(`${error.message}\n`)
      process.exit(1)
    })
  }
  process.stdin.resume().once("end", () => process.exit(0))
}

/** Connections of one step. */
const STEP = 250

/** What each step of connections adds to the servers' own memory, and to the applications'. */
const live = async (stack: RunningStack, { quick, say }: MeasureContext): Promise<Samples> => {
  const servers = familyOf(stack.up.pid).filter((pid) => labelOf(pid, stack.up.pid) === "a server")
  const [, ...applications] = familyOf(stack.serve!.pid)
  const use = (pids: ReadonlyArray<number>) => sum(pids.map(memoryOf)).anonymous
  const clients: Array<Started> = []
  const turns: Array<readonly [number]> = []
  const beside: Array<number> = []
  // Code is compiled and heaps have grown to the size that they keep under load.
  await ab(stack.client, `http://${stack.address}/`, quick ? 500 : 30_000, false)
  try {
    const step = async () => {
      const program = [process.execPath, process.argv[1]!, IDLE_CLIENT, stack.address, String(STEP)] as const
      clients.push(await start(stack.client.argv([...program]), /^holds$/))
      await sleep(quick ? 200 : 500)
    }
    await step()
    for (let k = 0; k < (quick ? 2 : 7); k++) {
      const before = [use(servers), use(applications)] as const
      await step()
      turns.push([(use(servers) - before[0]) / STEP])
      beside.push((use(applications) - before[1]) / STEP)
      say(`${(k + 2) * STEP} idle connections: ${turns.at(-1)![0].toFixed(0)} B for each more`)
    }
  } finally {
    await Promise.all(clients.map((one) => one.stop()))
  }
  const details = [
    { name: "connections at the end", value: (turns.length + 1) * STEP, unit: "" },
    { name: "in the application, with Node's http", value: median(beside), unit: "B" },
  ]
  return { turns, dropped: 0, details }
}

const withStack = async <T>(
  processes: number,
  { stopped }: MeasureContext,
  use: (stack: RunningStack) => Promise<T>,
): Promise<T> => {
  const stack = await startStack(CONFIGURATION, processes)
  try {
    return await Promise.race([use(stack), stopped])
  } finally {
    await stack.stop()
  }
}

export const measureMemory: Measure = async (context) => {
  const { rows, quick, say } = context
  const wants = (...names: ReadonlyArray<string>) => names.some((name) => rows.includes(name))
  const measured: Record<string, Samples> = {}
  if (wants("memory-connection")) measured["memory-connection"] = sampleConnections(quick, say)
  if (wants("memory-idle", "cpu-idle")) {
    Object.assign(measured, await withStack(0, context, (stack) => idle(stack, context)))
  }
  if (wants("memory-connection-live")) {
    measured["memory-connection-live"] = await withStack(PROCESSES, context, (stack) => live(stack, context))
  }
  return measured
}
