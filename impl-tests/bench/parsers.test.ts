/** What the measures read of other programs and of the kernel. */
import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { allowedCores, chooseCores, describeMachine, parseCpuList } from "../../src/bench/machine.ts"
import { parseAb } from "../../src/bench/measures/ab.ts"
import {
  commandOf,
  cpuSeconds,
  familyOf,
  memoryOf,
  parseRollup,
  parseStat,
  sum,
} from "../../src/bench/measures/processes.ts"

describe("ApacheBench's report", () => {
  const report = `
Concurrency Level:      48
Time taken for tests:   0.935 seconds
Complete requests:      10000
Failed requests:        3
   (Connect: 0, Receive: 0, Length: 3, Exceptions: 0)
Non-2xx responses:      2
Total transferred:      1030000 bytes
Requests per second:    10693.93 [#/sec] (mean)
Time per request:       4.489 [ms] (mean)

Percentage of the requests served within a certain time (ms)
  50%      4
  90%      6
  99%     13
 100%     36 (longest request)
`

  test("is read", () => {
    expect(parseAb(report)).toEqual({
      complete: 10000,
      failed: 3,
      refused: 2,
      requestsPerSecond: 10693.93,
      percentiles: new Map([
        [50, 4],
        [90, 6],
        [99, 13],
        [100, 36],
      ]),
    })
  })

  test("of a run that did not end is none", () => {
    expect(parseAb("")).toBeUndefined()
    const cut = "apr_socket_recv: Connection reset by peer (104)\nTotal of 12 requests completed"
    expect(parseAb(cut)).toBeUndefined()
  })
})

describe("processes", () => {
  test("a program's name may hold what its fields are told apart by", () => {
    const text = "42 (a) S 7 (b) R 1 42 42 0 -1 4194560 100 0 0 0 31 11 0 0 20 0 1 0 100 0 0"
    expect(parseStat(text)).toEqual({ parent: 1, ticks: 42 })
  })

  test("memory is read in bytes, and a missing line is an error", () => {
    const text = "Rss:  10 kB\nPss:  7 kB\nPss_Anon:  3 kB\n"
    expect(parseRollup(text)).toEqual({ rss: 10240, pss: 7168, anonymous: 3072 })
    expect(() => parseRollup("Rss:  10 kB\n")).toThrow("Pss")
    expect(sum([parseRollup(text), parseRollup(text)])).toEqual({ rss: 20480, pss: 14336, anonymous: 6144 })
  })

  test("this one's are the kernel's", () => {
    const own = memoryOf(process.pid)
    expect(own.rss).toBeGreaterThan(10e6)
    expect(own.pss).toBeLessThanOrEqual(own.rss)
    expect(cpuSeconds([process.pid])).toBeGreaterThan(0)
    expect(familyOf(process.ppid)).toContain(process.pid)
    expect(commandOf(process.pid)).not.toBe("")
    // 2²² is the most that Linux gives.
    expect(commandOf(2 ** 22 + 1)).toBe("")
  })
})

describe("cores", () => {
  test.each([
    ["0", [0]],
    ["0-3,8", [0, 1, 2, 3, 8]],
    ["2,1", [2, 1]],
  ])("%s", (text, expected) => {
    expect(parseCpuList(text)).toEqual(expected)
  })

  test.each(["", "a", "3-1", "0-", "-1", "0,,1", "1.5", "0-99999999"])("%j is no list", (text) => {
    expect(parseCpuList(text)).toBeUndefined()
  })

  test("two are chosen of those that are allowed, one twice when there is no other", () => {
    const allowed = allowedCores()
    const [a, b] = chooseCores()
    expect(allowed).toContain(a)
    expect(allowed).toContain(b)
    expect(a === b).toBe(allowed.length === 1)
    expect(chooseCores([5])).toEqual([5, 5])
    expect(chooseCores([])).toEqual([0, 0])
  })
})

test("the machine is described", () => {
  const machine = describeMachine()
  expect(machine.kernel).toContain(readFileSync("/proc/sys/kernel/osrelease", "utf8").trim())
  expect(machine.node).toBe(process.version)
  expect(machine.cores).toBeGreaterThan(0)
  expect(machine.memoryGiB).toBeGreaterThan(0)
  expect(machine.tscGHz).toBeGreaterThan(0.1)
  expect(machine.tscGHz).toBeLessThan(10)
})
