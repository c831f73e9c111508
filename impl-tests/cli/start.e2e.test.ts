import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { root } from "./allowed.ts"
import { withoutNamespaces } from "./denied.ts"
import { asNobody } from "./nobody.ts"
import { pika, scratch, start } from "./pika.ts"

const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const npmStart = (...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  join(projectRoot, "src/setup/main.mjs"),
  "start",
  ...args,
]

/** The whole of it, and that nothing failed. */
const whole =
  /curl http:\/\/10\.99\.0\.2\/: PIKA\nload: 2000 requests served, 0 failed[\s\S]*replay: same outputs\nTLC: accepted \d+ events/

describe("npm start", () => {
  test("as this user: served, replayed, judged", async () => {
    const run = start(npmStart("--once", "--requests", "2000"))
    ends.push(() => run.child.kill("SIGKILL"))
    expect(await run.exit, run.text()).toBe(0)
    expect(run.text()).toMatch(whole)
    expect(run.text()).toMatch(/^driver (tap: TAP|packet: AF_PACKET on a veth pair)$/m)
  }, 120_000)

  test("without --once: reports, stays up, serves by the line that it says, and ends at a signal", async () => {
    const run = start(npmStart("--requests", "2000"))
    ends.push(() => run.child.kill("SIGKILL"))
    const ready = /^ready: (.*?) {3}\(Ctrl-C ends\)$/m
    await run.said(ready, 90)
    expect(run.text()).toMatch(whole)
    const [command = "", ...argv] = ready.exec(run.text())![1]!.split(" ")
    expect(execFileSync(command, argv, { encoding: "utf8" })).toBe("PIKA")
    run.child.kill("SIGINT")
    expect(await run.exit, run.text()).toBe(0)
  }, 120_000)

  test.skipIf(!root)(
    "as a user who owns nothing and may write nowhere but in /tmp: the same",
    async () => {
      const nobody = asNobody()
      ends.push(nobody.remove)
      const run = start(nobody.command(npmStart("--once", "--requests", "2000")))
      ends.push(() => run.child.kill("SIGKILL"))
      expect(await run.exit, run.text()).toBe(0)
      expect(run.text()).toMatch(whole)
      expect(run.text()).toContain(
        "not root: in a user namespace of our own; existing interfaces and driver xdp need root",
      )
      // What the driver that needs more lacks, is said.
      if (run.text().includes("driver packet:"))
        expect(run.text()).toMatch(/driver tap skipped: open\(\/dev\/net\/tun\): E/)
    },
    120_000,
  )

  test("where the kernel allows no namespace: it says what forbids it, and how to allow it", async () => {
    const { folder, remove } = scratch()
    ends.push(remove)
    for (const argv of [npmStart("--once"), pika("up", "--socket", join(folder, "s"))]) {
      const run = start(withoutNamespaces(argv))
      ends.push(() => run.child.kill("SIGKILL"))
      expect(await run.exit).toBe(2)
      expect(run.text()).toMatch(
        /a network namespace for the Linux host can't be made \(unshare: ENOSPC .*\): user.max_user_namespaces=0 here: run as root, or have root let users make them: sysctl user.max_user_namespaces=10000/,
      )
    }
  }, 60_000)
})
