import { describe, expect, it } from "vitest"
import { findCommand, run, searchPath } from "../../src/setup/command.mjs"

describe("findCommand", () => {
  it("finds what is on the PATH, and nothing that isn't", () => {
    expect(findCommand("sh")).toMatch(/\/sh$/)
    expect(findCommand("no-such-command-here")).toBeUndefined()
  })

  it("looks in the system directories that an ordinary user's PATH lacks", () => {
    expect(searchPath({ PATH: "/usr/bin" }).split(":")).toEqual([
      "/usr/bin",
      "/usr/local/sbin",
      "/usr/sbin",
      "/sbin",
    ])
  })
})

describe("run", () => {
  it("gives back output and exit code", async () => {
    expect(await run("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    })
  })

  it("says that a command could not start, by code 127", async () => {
    const { code, stderr } = await run("/no/such/command", [])
    expect(code).toBe(127)
    expect(stderr).toContain("ENOENT")
  })

  it("ends a command that takes too long, by code 124", async () => {
    expect((await run("sleep", ["600"], { timeoutMs: 50 })).code).toBe(124)
  })
})
