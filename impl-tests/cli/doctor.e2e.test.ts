import { describe, expect, test } from "vitest"
import type { Diagnosis } from "../../src/cli/doctor.ts"
import { withoutNamespaces } from "./denied.ts"
import { asNobody } from "./nobody.ts"
import { pika, start } from "./pika.ts"

const root = process.getuid?.() === 0

const diagnosed = async (argv: ReadonlyArray<string>) => {
  const run = start(argv)
  const code = await run.exit
  const { ready, findings } = JSON.parse(run.text()) as Diagnosis
  expect(code, run.text()).toBe(ready ? 0 : 1)
  return { ready, of: (name: string) => findings.find((x) => x.name === name) }
}

describe("pika doctor tells the truth", () => {
  test.skipIf(!root)("to root: AF_XDP was tried", async () => {
    const { of } = await diagnosed(pika("doctor", "--json"))
    expect(of("driver xdp")).toMatchObject({
      ok: true,
      detail: "AF_XDP with a program of ours, in the driver",
    })
    expect(of("driver packet")).toMatchObject({ ok: true, detail: expect.stringContaining("any interface") })
  })

  test.skipIf(!root)(
    "to nobody: a driver is left for npm start, and the others say what they lack",
    async () => {
      const nobody = asNobody()
      const { ready, of } = await diagnosed(nobody.command(pika("doctor", "--json")))
      nobody.remove()
      expect(ready).toBe(true)
      expect(of("privileges")).toMatchObject({
        ok: true,
        detail: expect.stringContaining("not root; user namespaces"),
      })
      expect(of("driver packet")).toMatchObject({
        ok: true,
        detail: expect.stringContaining("inside a user namespace"),
      })
      expect(of("driver xdp")).toMatchObject({ ok: false, needed: false, remedy: "run as root" })
      expect(of("driver tap")?.needed).toBe(false)
    },
  )

  test("to a user whom the kernel allows no namespace: what forbids it", async () => {
    const { ready, of } = await diagnosed(withoutNamespaces(pika("doctor", "--json")))
    expect(ready).toBe(false)
    for (const name of ["privileges", "driver tap", "driver packet"])
      expect(of(name)).toMatchObject({ ok: false, needed: true })
    expect(of("privileges")?.remedy).toBe(
      "user.max_user_namespaces=0 here: run as root, or have root let users make them: sysctl user.max_user_namespaces=10000",
    )
  })
})
