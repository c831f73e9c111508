/** What a running stack holds, to be compared before and after. */
import { readdirSync, readFileSync } from "node:fs"
import type { Stack } from "../../src/runtime/supervisor.ts"

export interface Holdings {
  /** Of each server: its tables, queues, timers, buffers. */
  readonly inUse: ReadonlyArray<unknown>
  /** Open descriptors of each server, and of this process, the supervisor. */
  readonly descriptors: ReadonlyArray<number>
  /** Mappings of applications' memory in each server, and here. */
  readonly mappings: ReadonlyArray<number>
}

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
const mappingsOf = (pid: number): number =>
  readFileSync(`/proc/${pid}/maps`, "utf8").split("memfd:pika-application-").length - 1

export const holdingsOf = async (stack: Stack): Promise<Holdings> => {
  const counters = await stack.counters()
  const pids = [...stack.pids, process.pid]
  return {
    inUse: counters.map((x) => x.inUse),
    descriptors: pids.map(descriptorsOf),
    mappings: pids.map(mappingsOf),
  }
}

const STILL = 5

/** What the stack holds when nothing has changed for a while; at most `seconds` are waited for that. */
export const atRest = async (stack: Stack, seconds: number): Promise<Holdings> => {
  let last = await holdingsOf(stack)
  for (let k = 0, same = 0; k < seconds * 20 && same < STILL; k++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const now = await holdingsOf(stack)
    same = JSON.stringify(now) === JSON.stringify(last) ? same + 1 : 0
    last = now
  }
  return last
}

/** Waits until the stack holds what it held before, at most `seconds`; answers what it holds then. */
export const settledTo = async (stack: Stack, before: Holdings, seconds: number): Promise<Holdings> => {
  const wanted = JSON.stringify(before)
  for (let k = 0; k < seconds * 20; k++) {
    const now = await holdingsOf(stack)
    if (JSON.stringify(now) === wanted) return now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return holdingsOf(stack)
}
