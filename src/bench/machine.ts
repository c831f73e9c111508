/** The machine that figures are from, and the two cores that a run pins to. */
import { readFileSync } from "node:fs"
import { cpus, loadavg, release, totalmem } from "node:os"
import { cycles, monotonicUs } from "../native/native.ts"

export interface Machine {
  readonly cpu: string
  /** Cores that this process may use. */
  readonly cores: number
  readonly threadsPerCore: number
  /** Whether a hypervisor is below: it may move our cores about at any time. */
  readonly virtual: boolean
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  /** Of the first core's frequency; "not shown" where the kernel doesn't say. */
  readonly governor: string
  readonly clockSource: string
  /** The time-stamp counter runs at one speed, whatever the core does. */
  readonly constantTsc: boolean
  readonly tscGHz: number
  /** Load average of the last minute, before the run. */
  readonly load: number
}

const read = (path: string, otherwise: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return otherwise
  }
}

/** Numbers of a kernel list such as `0-3,8`. Undefined where it is none. */
export const parseCpuList = (text: string): ReadonlyArray<number> | undefined => {
  const list: Array<number> = []
  for (const part of text.trim().split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (match === null) return undefined
    const first = Number(match[1])
    const last = match[2] === undefined ? first : Number(match[2])
    if (last < first || last - first > 4096) return undefined
    for (let k = first; k <= last; k++) list.push(k)
  }
  return list
}

/** Cores that this process may run on, by the kernel's word. */
export const allowedCores = (): ReadonlyArray<number> => {
  const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read("/proc/self/status", ""))?.[1] ?? ""
  return parseCpuList(line) ?? cpus().map((_, k) => k)
}

const siblings = (core: number): string =>
  read(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, String(core))

/** The first core, and the first one that is no hardware thread of it; else any other; else the same. */
export const chooseCores = (allowed: ReadonlyArray<number> = allowedCores()): readonly [number, number] => {
  const first = allowed[0] ?? 0
  const other = allowed.find((core) => siblings(core) !== siblings(first)) ?? allowed[1] ?? first
  return [first, other]
}

/** The counter against the monotonic clock, over some 20 ms. */
const tscGHz = (): number => {
  const start = monotonicUs()
  const first = cycles()
  let now = start
  while (now - start < 20_000) now = monotonicUs()
  return (cycles() - first) / (now - start) / 1000
}

export const describeMachine = (): Machine => {
  const info = read("/proc/cpuinfo", "")
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(info)?.[1]?.split(" ") ?? [])
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: allowedCores().length,
    threadsPerCore: parseCpuList(siblings(allowedCores()[0] ?? 0))?.length ?? 1,
    virtual: flags.has("hypervisor"),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    kernel: `Linux ${release()}`,
    node: process.version,
    governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "not shown"),
    clockSource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource", "unknown"),
    constantTsc: flags.has("constant_tsc") && flags.has("nonstop_tsc"),
    tscGHz: Math.round(tscGHz() * 1000) / 1000,
    load: loadavg()[0]!,
  }
}
