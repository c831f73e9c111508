import { afterEach, describe, expect, it, vi } from "vitest"
import { type Diagnosis, diagnose, doctor, textOf } from "../../src/cli/doctor.ts"
import { probeDrivers, probePrivileges } from "../../src/cli/drivers.ts"
import { projectRoot } from "../../src/setup/files.mjs"

afterEach(() => {
  vi.restoreAllMocks()
})

/** What a run of the command printed, and its exit code. */
async function output(args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0)
  const code = await doctor(args)
  vi.restoreAllMocks()
  return { code, out: out.join(""), err: err.join("") }
}

describe("pika doctor", () => {
  it("reports every driver, the tools and the privileges, as JSON too", async () => {
    const { code, out } = await output(["--json"])
    const { ready, findings }: Diagnosis = JSON.parse(out)
    expect(code).toBe(ready ? 0 : 1)
    const names = findings.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        ...["machine", "privileges", "driver tap", "driver packet", "driver xdp", "driver netmap"],
        ...["Node 24", "Java", "TLC", "gcc", "ip, tc", "curl", "ab", "mvn", "nginx"],
      ]),
    )
    expect(new Set(names).size).toBe(names.length)
  })

  it("is ready exactly when nothing needed is missing, and every lack has a remedy", async () => {
    const { ready, findings } = await diagnose(projectRoot)
    expect(ready).toBe(!findings.some(({ ok, needed }) => needed && !ok))
    expect(findings.filter(({ ok, remedy }) => !ok && remedy === undefined)).toEqual([])
  })

  it("names what is missing on a bare machine, with the way to get it", async () => {
    const { ready, findings } = await diagnose(projectRoot, {
      PATH: "/nowhere",
      PIKA_TLC_JAR: "/no/such.jar",
    })
    expect(ready).toBe(false)
    const of = (name: string) => findings.find((finding) => finding.name === name)
    expect(of("gcc")).toMatchObject({ ok: false, needed: true, remedy: expect.stringContaining("gcc") })
    expect(of("Java")).toMatchObject({ ok: false, needed: true, detail: "java not found" })
    expect(of("TLC")).toMatchObject({ ok: false, detail: expect.stringContaining("/no/such.jar") })
  })

  it("prints the lacks with their remedies, the verdict last", () => {
    const findings = [
      { name: "a", ok: true, needed: true, detail: "here" },
      { name: "long", ok: false, needed: true, detail: "gone", remedy: "get it" },
      { name: "c", ok: false, needed: false, detail: "none" },
    ]
    expect(textOf({ ready: false, findings })).toBe(
      [
        "ok       a     here",
        "MISSING  long  gone",
        "               → get it",
        "absent   c     none",
        "",
        "npm start can't run here yet: see MISSING above",
        "",
      ].join("\n"),
    )
  })

  it("refuses arguments that it does not know, with exit code 2", async () => {
    const { code, err } = await output(["--jsn"])
    expect(code).toBe(2)
    expect(err).toContain("--jsn")
    expect(err).toContain("usage: pika doctor")
  })
})

describe("drivers", () => {
  it("are not promised where no namespace can be made", async () => {
    const privileges = { ...(await probePrivileges()), root: false, namespaces: false, capabilities: 0n }
    const drivers = await probeDrivers(privileges)
    const available = drivers.filter((driver) => driver.available && driver.name !== "netmap")
    expect(available).toEqual([])
    expect(drivers.filter((driver) => !driver.available && driver.remedy === undefined)).toEqual([])
  })
})
