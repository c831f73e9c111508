/** Which CPU each server is pinned to. */
import { readFileSync } from "node:fs"

/** A `--pin` that can't be: why, and what can. */
export class PinError extends Error {
  override readonly name = "PinError"
}

/** CPUs of a list as 0-3,6. */
const cpusOf = (list: string): Array<number> | undefined => {
  const cpus: Array<number> = []
  for (const part of list.trim().split(",")) {
    const range = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)
    if (range === null) return undefined
    const first = Number(range[1])
    const last = range[2] === undefined ? first : Number(range[2])
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu)
  }
  return cpus
}

/** CPUs that this process may run on. */
export const allowedCpus = (): ReadonlyArray<number> => {
  const line = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"
  return cpusOf(line) ?? [0]
}

/**
 * The CPU of each server, by its number: of `text`, as 0,2 or 0-3, or "auto" for all allowed ones, round and round.
 * @throws {PinError}
 */
export const pinning = (text: string, servers: number, allowed = allowedCpus()): ReadonlyArray<number> => {
  const cpus = text === "auto" ? allowed : cpusOf(text)
  if (cpus === undefined || cpus.length === 0)
    throw new PinError(`--pin ${text}: expected "auto", or CPUs as 0,2 or 0-3`)
  const not = cpus.find((cpu) => !allowed.includes(cpu))
  if (not !== undefined)
    throw new PinError(`--pin ${text}: CPU ${not} is not among those allowed here: ${allowed.join(",")}`)
  return Array.from({ length: servers }, (_, k) => cpus[k % cpus.length]!)
}
