import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { privileged, type Running, startKernelTest } from "../runtime/kernel.ts"
import { configurations } from "./drive.ts"

/** Every configuration in processes of its own, its web servers included, against the kernel's TCP. */
describe.skipIf(!privileged).each(configurations)("%s", (configuration) => {
  let it: Running
  beforeAll(async () => {
    it = await startKernelTest(configuration, 2)
  }, 30_000)
  afterAll(async () => {
    await it?.stop()
  }, 30_000)

  test("serves 500 requests by ab -c 16, none fails", async () => {
    const { code, text } = await it.run(["ab", "-q", "-c", "16", "-n", "500", `http://${it.host.address}/`])
    expect(text).toMatch(/Complete requests:\s+500\n/)
    expect(text).toMatch(/Failed requests:\s+0\n/)
    expect(code).toBe(0)
  })

  test("a port where nobody listens is refused at once", async () => {
    const { code } = await it.run(["curl", "-sS", "--max-time", "5", `http://${it.host.address}:81/`])
    // 7: refused; a SYN that is not answered would be 28, a timeout.
    expect(code).toBe(7)
  })

  test("each server is stopped by interruption, and ends well", async () => {
    const counters = await it.stack.counters()
    expect(counters.map((x) => typeof x.rpc)).toEqual(counters.map(() => "object"))
    const failures: Array<Error> = []
    it.stack.onFailure = (error) => failures.push(error)
    await it.stack.stop()
    expect(failures).toEqual([])
  })
})
