import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { root, tapAllowed } from "../cli/allowed.ts"
import { type Pika, pika, scratch, start } from "../cli/pika.ts"
import { output } from "../cli/served.ts"
import { type Machine, makeWire } from "../cli/wire.ts"

const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const stopped = async (run: Pika) => {
  run.child.kill("SIGTERM")
  return await run.exit
}

const up = async (machine: Machine, ...args: ReadonlyArray<string>) => {
  const { folder, remove } = scratch()
  ends.push(remove)
  const socket = join(folder, "control.sock")
  const stack = start(machine.inside(pika("up", "--socket", socket, ...args)))
  ends.push(() => stopped(stack))
  await stack.said(/^ready /m)
  const demo = start(pika("serve"), { PIKA_SOCKET: socket })
  ends.push(() => stopped(demo))
  await demo.said("serving")
  return { stack, demo }
}

const page = (from: Machine, address: string) =>
  output(from.inside(["curl", "-sS", "--max-time", "20", "--retry-connrefused", `http://${address}/`]))

/** How often it said it. */
const times = ({ text }: Pika, what: string) => text().split(what).length - 1

describe("an interface that disappears under a running stack", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["packet", "TS2LS2CM2"],
    ["packet", "TS1LS1CM1"],
    ...(root ? [["xdp", "TS2LS1CM2"] as const] : []),
  ]
  test.each(cases)(
    "driver %s, %s: said once, applications stay attached, served again when it is back",
    async (driver, config) => {
      const wire = await makeWire()
      ends.push(() => wire.remove())
      const args = ["--dev", "va", "--address", "10.99.1.2/24", "--driver", driver, "--config", config]
      const { stack, demo } = await up(wire.stack, ...args)
      expect(await page(wire.client, "10.99.1.2")).toBe("PIKA")

      wire.stack.run("ip link del va")
      // AF_XDP's socket says it only to who sends or is told.
      await stack.said(/interface va has gone \(.*: E[A-Z]+\): applications stay attached until it is back/)
      wire.connect()
      await stack.said("interface va is back")
      expect(await page(wire.client, "10.99.1.2")).toBe("PIKA")

      // Taken down and up it is the same interface, and the same story.
      wire.stack.run("ip link set va down")
      if (driver === "packet") {
        await stack.said(/has gone[\s\S]*has gone/)
        wire.stack.run("ip link set va up")
        await stack.said(/va is back[\s\S]*va is back/)
      } else wire.stack.run("ip link set va up")
      expect(await page(wire.client, "10.99.1.2")).toBe("PIKA")
      const count = driver === "packet" ? 2 : 1
      expect([times(stack, "has gone"), times(stack, "interface va is back")]).toEqual([count, count])
      expect(demo.child.exitCode).toBeNull()
      expect(times(stack, "listens on port 80")).toBe(1)
    },
    90_000,
  )

  test.skipIf(!tapAllowed)(
    "a TAP of the stack's own is made again",
    async () => {
      const wire = await makeWire()
      ends.push(() => wire.remove())
      const { stack } = await up(wire.stack, "--dev", "tap7", "--driver", "tap", "--address", "10.98.0.2/24")
      expect(await page(wire.stack, "10.98.0.2")).toBe("PIKA")
      wire.stack.run("ip link del tap7")
      await stack.said("interface tap7 has gone")
      await stack.said("interface tap7 is back")
      expect(await page(wire.stack, "10.98.0.2")).toBe("PIKA")
      expect([times(stack, "has gone"), times(stack, "interface tap7 is back")]).toEqual([1, 1])
    },
    60_000,
  )

  test("the wire to a Linux host of our own: the stack ends, saying so", async () => {
    const { folder, remove } = scratch()
    ends.push(remove)
    const stack = start(pika("up", "--socket", join(folder, "control.sock")))
    ends.push(() => stopped(stack))
    await stack.said(/^ready /m)
    const line = /to run a command there: (.*) COMMAND$/m.exec(stack.text())![1]!
    await output([...line.split(" "), "ip", "link", "del", "pika0"])
    expect(await stack.exit).toBe(1)
    expect(stack.text()).toMatch(/pika up: interface pika0 has gone \(.*: E[A-Z]+\)/)
  }, 30_000)
})
