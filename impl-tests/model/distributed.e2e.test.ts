import { createServer } from "node:net"
import { afterAll, expect, test } from "vitest"
import { type Pika, pika, scratch, start } from "../cli/pika.ts"
import { processesWith } from "../tla/specs.ts"

const { folder, remove } = scratch()
const running: Array<Pika> = []
afterAll(async () => {
  for (const one of running) one.child.kill("SIGKILL")
  await Promise.all(running.map((one) => one.exit))
  remove()
})

const check = (...args: ReadonlyArray<string>): Pika => {
  const one = start(pika("check", ...args), { TMPDIR: folder })
  running.push(one)
  return one
}

const freePort = (): Promise<string> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(String(port)))
    })
  })

test("a model is searched by who joins, one model after the other", async () => {
  const port = await freePort()
  const helper = check("--worker", "127.0.0.1", "--port", port)
  const models = ["1-2-1-1", "NeverClaimed"]
  const server = check("--distributed", "--workers", "0", "--port", port, ...models)
  expect(await server.exit).toBe(0)
  expect(server.text()).toMatch(/^1-2-1-1 +holds .* yes$/m)
  expect(server.text()).toMatch(/^NeverClaimed +Invariant NeverClaimed, 2 states .* yes$/m)
  await helper.said("work completed")
  helper.child.kill("SIGINT")
  expect(await helper.exit).toBe(130)
  expect(processesWith(folder)).toEqual([])
})

test("what it does not check is refused, not passed", async () => {
  const refused = check("--distributed", "live-1-2-1-1")
  expect(await refused.exit).toBe(2)
  expect(refused.text()).toMatch(/a distributed search doesn't check temporal properties: .*Served/)
})

test("2 when nobody joins", async () => {
  const lonely = check(
    "--distributed",
    "--workers",
    "0",
    "--patience",
    "1",
    "--port",
    await freePort(),
    "1-1-1-1",
  )
  expect(await lonely.exit).toBe(2)
  expect(lonely.text()).toMatch(/no worker joined 127\.0\.0\.1:\d+ for 1 s\nstart one/)
})
