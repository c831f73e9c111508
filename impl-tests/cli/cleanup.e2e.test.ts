import { randomUUID } from "node:crypto"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { type Pika, pika, scratch, start } from "./pika.ts"
import { output } from "./served.ts"
import { makeWire } from "./wire.ts"

const root = process.getuid?.() === 0

const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
const link = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ""
  }
}
const processes = (): ReadonlyArray<string> => readdirSync("/proc").filter((x) => /^\d+$/.test(x))

/** Whatever is started with this in its environment is known by it, and so is what that starts. */
const marked = () => {
  const mark = `PIKA_TEST_MARK=${randomUUID()}`
  const [name = "", value = ""] = mark.split("=")
  const left = () => processes().filter((pid) => read(`/proc/${pid}/environ`).includes(mark))
  return {
    env: { [name]: value },
    left: () => left().map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`),
    /** Other network namespaces than our own that its processes are in. */
    namespaces: () => {
      const own = link("/proc/self/ns/net")
      return [...new Set(left().map((pid) => link(`/proc/${pid}/ns/net`)))].filter(
        (x) => x !== own && x !== "",
      )
    },
  }
}

const eventually = async (what: () => unknown, expected: unknown) => {
  const deadline = Date.now() + 10_000
  let seen = what()
  while (JSON.stringify(seen) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    seen = what()
  }
  expect(seen).toEqual(expected)
}

const inUse = (namespace: string) => processes().filter((pid) => link(`/proc/${pid}/ns/net`) === namespace)

/** A stack with a Linux host of its own, and an application on it. */
const running = async (argv: ReadonlyArray<string>) => {
  const mark = marked()
  const { folder, remove } = scratch()
  ends.push(remove)
  const socket = join(folder, "control.sock")
  const stack = start([...argv, "--socket", socket], mark.env)
  ends.push(() => stack.child.kill("SIGKILL"))
  await stack.said(/^ready /m)
  const demo = start(pika("serve"), { PIKA_SOCKET: socket })
  ends.push(() => demo.child.kill("SIGKILL"))
  await demo.said("serving")
  const [namespace = ""] = mark.namespaces()
  expect(namespace).toMatch(/^net:/)
  return { mark, socket, stack, demo, namespace }
}

const expectGone = async ({ mark, namespace, demo }: Awaited<ReturnType<typeof running>>) => {
  await eventually(mark.left, [])
  expect(inUse(namespace)).toEqual([])
  // The application hears of it, and says so.
  expect(await demo.exit).toBe(1)
  expect(demo.text()).toContain("the stack has gone")
}

describe("nothing stays behind a stack", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "that %s ended",
    async (signal) => {
      const it = await running(pika("up"))
      it.stack.child.kill(signal)
      expect(await it.stack.exit).toBe(0)
      expect(existsSync(it.socket)).toBe(false)
      await expectGone(it)
    },
    60_000,
  )

  test("whose supervisor was killed", async () => {
    const it = await running(pika("up"))
    it.stack.child.kill("SIGKILL")
    expect(await it.stack.exit).toBe("SIGKILL")
    await expectGone(it)
    // Its socket is nobody's; the next stack takes it.
    const next = start([...pika("up"), "--socket", it.socket])
    ends.push(() => next.child.kill("SIGKILL"))
    await next.said(/^ready /m)
    next.child.kill("SIGTERM")
    expect(await next.exit).toBe(0)
  }, 60_000)

  test("whose command was killed that the supervisor was started by", async () => {
    const it = await running([process.execPath, join(projectRoot, "src/cli/pika.mjs"), "up"])
    it.stack.child.kill("SIGKILL")
    expect(await it.stack.exit).toBe("SIGKILL")
    await expectGone(it)
  }, 60_000)

  test.each(["packet", ...(root ? ["xdp"] : []), ...(root ? ["tap"] : [])])(
    "killed on an interface, by driver %s: the interface is as before",
    async (driver) => {
      const wire = await makeWire()
      ends.push(() => wire.remove())
      const { folder, remove } = scratch()
      ends.push(remove)
      const mark = marked()
      // Names, how often promiscuous, and programs.
      const links = () =>
        wire.stack
          .run("ip -d -o link")
          .split("\n")
          .map(
            (line) =>
              /^\d+: ([^:@]*)/.exec(line)?.[1] + (/ promiscuity \d+| xdp\S*/g.exec(line)?.join() ?? ""),
          )
      const before = links()
      expect(before.join()).toContain("va promiscuity 0")
      const device = driver === "tap" ? "tap7" : "va"
      const args = ["--dev", device, "--driver", driver, "--address", "10.99.1.2/24"]
      const stack = start(wire.stack.inside(pika("up", "--socket", join(folder, "s"), ...args)), mark.env)
      await stack.said(/^ready /m)
      expect(links()).not.toEqual(driver === "packet" ? [] : before)
      stack.child.kill("SIGKILL")
      await stack.exit
      await eventually(mark.left, [])
      await eventually(links, before)
    },
    60_000,
  )
})

describe("nothing stays behind npm start", () => {
  const run = (mark: ReturnType<typeof marked>, ...args: ReadonlyArray<string>): Pika => {
    const it = start(pika("start", "--requests", "300", ...args), mark.env)
    ends.push(() => it.child.kill("SIGKILL"))
    return it
  }

  test("that a signal ends before there is anything to report", async () => {
    const mark = marked()
    const it = run(mark, "--requests", "1000000")
    await it.said("curl http")
    it.child.kill("SIGINT")
    expect(await it.exit).toBe(130)
    expect(mark.left()).toEqual([])
  }, 60_000)

  test("that was killed under load", async () => {
    const mark = marked()
    const it = run(mark, "--requests", "1000000")
    await it.said("curl http")
    const [namespace = ""] = mark.namespaces()
    it.child.kill("SIGKILL")
    await it.exit
    // The client's load has nobody to talk to, and the namespace ends with it at the latest.
    await eventually(mark.left, [])
    expect(inUse(namespace)).toEqual([])
  }, 60_000)

  test("that a signal ends while it waits: with its report, reachable until then by the line that it prints", async () => {
    const mark = marked()
    const it = run(mark)
    await it.said(/^ready: .*\(Ctrl-C ends\)$/m)
    const line = /^ready: (.*?) {3}\(/m.exec(it.text())![1]!
    expect(await output(["sh", "-c", `${line} 2>/dev/null`])).toBe("PIKA")
    it.child.kill("SIGINT")
    expect(await it.exit).toBe(0)
    expect(it.text()).toMatch(/replay: same outputs\nTLC: accepted \d+ events/)
    expect(mark.left()).toEqual([])
  }, 60_000)
})
