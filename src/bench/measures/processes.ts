/** Memory and CPU time of processes, as the kernel tells them. */
import { readdirSync, readFileSync } from "node:fs"

export interface MemoryUse {
  /** Bytes. Shared pages count in each process that maps them (RSS), or divided among those (PSS). */
  readonly rss: number
  readonly pss: number
  /** Of `pss`, what is neither shared memory nor a file's. */
  readonly anonymous: number
}

/** From the text of /proc/PID/smaps_rollup. @throws {Error} where a line is missing */
export const parseRollup = (text: string): MemoryUse => {
  const bytes = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)
    if (match === null) throw new Error(`smaps_rollup has no line ${name}`)
    return Number(match[1]) * 1024
  }
  return { rss: bytes("Rss"), pss: bytes("Pss"), anonymous: bytes("Pss_Anon") }
}

export const memoryOf = (pid: number): MemoryUse =>
  parseRollup(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))

export const sum = (parts: ReadonlyArray<MemoryUse>): MemoryUse =>
  parts.reduce((x, y) => ({ rss: x.rss + y.rss, pss: x.pss + y.pss, anonymous: x.anonymous + y.anonymous }), {
    rss: 0,
    pss: 0,
    anonymous: 0,
  })

interface Stat {
  readonly parent: number
  /** User and system time, in ticks of 10 ms. */
  readonly ticks: number
}

/** From the text of /proc/PID/stat; a program's name may hold anything, parentheses too. */
export const parseStat = (text: string): Stat => {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

const statOf = (pid: number): Stat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return undefined
  }
}

/** The command line, its parts apart by spaces; empty when the process has gone. */
export const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
  } catch {
    return ""
  }
}

/** Ticks in a second: USER_HZ, which is 100 on every Linux that Node runs on. */
export const TICKS = 100

/** CPU time of processes, s. */
export const cpuSeconds = (pids: ReadonlyArray<number>): number =>
  pids.reduce((total, pid) => total + (statOf(pid)?.ticks ?? 0), 0) / TICKS

/** `pid` and all that descend from it. */
export const familyOf = (pid: number): ReadonlyArray<number> => {
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat !== undefined) parents.set(Number(name), stat.parent)
  }
  const family = new Set([pid])
  for (let before = 0; before < family.size; ) {
    before = family.size
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child)
  }
  return [...family]
}
