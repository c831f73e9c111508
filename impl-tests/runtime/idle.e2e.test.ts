import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { commandOf, familyOf, memoryOf, sum } from "../../src/bench/measures/processes.ts"
import { type Pika, pika, scratch, start } from "../cli/pika.ts"
import { privileged } from "./kernel.ts"

const SECONDS = 3
/** Bytes, all processes of an idle stack of two servers together. */
const MOST_MEMORY = 250e6
/** A server looks around ten times a second, whatever happens; the supervisor waits for others alone. */
const MOST_SLEEPS = 20

/** How often a process has gone to sleep by itself. */
const sleepsOf = (pid: number): number =>
  Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])

describe.skipIf(!privileged)("an idle stack of two servers", () => {
  const { folder, remove } = scratch()
  let up: Pika
  let demo: Pika
  beforeAll(async () => {
    const socket = `${folder}/control`
    up = start(pika("up", "--config", "TS2LS2CM2", "--socket", socket))
    await up.said("ready ")
    demo = start(pika("serve", "--processes", "2"), { PIKA_SOCKET: socket })
    await demo.said("serving on port 80")
  }, 60_000)
  afterAll(async () => {
    for (const x of [demo, up]) x?.child.kill("SIGTERM")
    await Promise.all([demo?.exit, up?.exit])
    remove()
  }, 30_000)

  test(`takes no more than ${MOST_MEMORY / 1e6} MB`, () => {
    const family = familyOf(up.child.pid!)
    expect(family.filter((x) => commandOf(x).includes("server-main"))).toHaveLength(2)
    expect(sum(family.map(memoryOf)).pss).toBeLessThan(MOST_MEMORY)
  })

  test("sleeps: nothing wakes it but its own patience", async () => {
    const family = [...familyOf(up.child.pid!), ...familyOf(demo.child.pid!)]
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const before = family.map(sleepsOf)
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
    // Counts of wake-ups, not of time: a slower machine makes them fewer.
    const each = family.map(
      (pid, k) => [commandOf(pid).slice(-60), (sleepsOf(pid) - before[k]!) / SECONDS] as const,
    )
    expect(each.filter(([, n]) => n > MOST_SLEEPS)).toEqual([])
  }, 30_000)
})
