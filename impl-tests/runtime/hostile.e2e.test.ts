import { type ChildProcess, spawn } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { MODES } from "./hostile-main.ts"
import { type Client, privileged, type Running, startKernelTest } from "./kernel.ts"
import { atRest, settledTo } from "./leaks.ts"

const program = new URL("./hostile-main.ts", import.meta.url).pathname
const seed = Number(process.env.PIKA_SEED ?? Math.trunc(Math.random() * 2 ** 31))

/** What each of them does that is counted; what the others do is allowed, only of no use. */
const violates: ReadonlySet<string> = new Set(["garbage", "scribble", "indices", "forger"])

describe.skipIf(!privileged)("an application that keeps no protocol", () => {
  let it: Running
  let client: Client
  let failure: Error | undefined
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 2)
    it.stack.onFailure = (error) => {
      failure = error
    }
    client = await it.client()
    await client.short(200, 8)
  }, 30_000)
  afterAll(async () => {
    await it?.stop()
  }, 30_000)

  const start = async (mode: string): Promise<ChildProcess> => {
    const argv = [program, it.stack.options.socket, "80", mode, String(seed)]
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
    await new Promise((resolve, reject) => {
      child.once("message", resolve)
      child.once("exit", (code) => reject(new Error(`it ended with exit ${code}`)))
    })
    return child
  }
  const violations = async (): Promise<number> =>
    (await it.stack.counters()).reduce((n, x) => n + (x.violations as number), 0)

  test.each(MODES)(
    `%s: the others' connections do not notice, the servers count and go on (PIKA_SEED=${seed})`,
    async (mode) => {
      const before = await atRest(it.stack, 10)
      const counted = await violations()
      const pids = it.stack.pids
      const hostile = await start(mode)
      const { by, failed } = await client.short(1500, 24)
      expect(failed).toEqual({})
      expect(Object.values(by).reduce((n, x) => n + x, 0)).toBe(1500)
      if (violates.has(mode)) expect(await violations()).toBeGreaterThan(counted)
      hostile.kill("SIGKILL")
      // Its end is consumed, however full its rings are, and nothing of it stays.
      expect(await settledTo(it.stack, before, 20)).toEqual(before)
      expect([failure, it.stack.pids, it.stack.applications.length]).toEqual([undefined, pids, 2])
      expect((await client.short(200, 8)).failed).toEqual({})
    },
    60_000,
  )
})
