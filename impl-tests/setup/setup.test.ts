import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { allSteps, setUp, staleSteps } from "../../src/setup/setup.mjs"
import { stepsOf } from "../../src/setup/steps-of.mjs"
import { scratch } from "./scratch.ts"

// Slow enough that two builds at once would overlap; it says so if they do.
const script = `
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
export async function buildNative({ root }) {
  mkdirSync(root + "/build", { recursive: true })
  if (existsSync(root + "/build/busy")) appendFileSync(root + "/build/log", "overlap ")
  writeFileSync(root + "/build/busy", "")
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  rmSync(root + "/build/busy")
  appendFileSync(root + "/build/log", "built ")
  writeFileSync(root + "/build/pika.node", "")
}`

describe("setUp", () => {
  it("does what is stale, says so, and then nothing more", async () => {
    const root = scratch({ "src/native/build.mjs": script })
    const said: string[] = []
    const options = { root, steps: ["native"] as const, say: (line: string) => said.push(line) }
    expect(await setUp(options)).toEqual(["native"])
    expect(said[0]).toBe("native addon …")
    expect(await setUp(options)).toEqual([])
    expect(readFileSync(join(root, "build/log"), "utf8")).toBe("built ")
  })

  it("is done once by several processes at once", async () => {
    const root = scratch({ "src/native/build.mjs": script })
    const module = JSON.stringify(join(projectRoot, "src/setup/setup.mjs"))
    const program = `import { setUp } from ${module}; await setUp({ root: ${JSON.stringify(root)}, steps: ["native"] })`
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" }),
    )
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]))
    expect(codes).toEqual([0, 0, 0])
    expect(readFileSync(join(root, "build/log"), "utf8")).toBe("built ")
  })

  it("has nothing left to do in the tree that these tests run in", () => {
    expect(staleSteps(projectRoot, ["packages", "node", "tlc"])).toEqual([])
  })
})

describe("stepsOf", () => {
  it("never installs system packages for a subcommand, and always brings what runs it", () => {
    for (const name of [
      "up",
      "serve",
      "bench",
      "check",
      "validate",
      "replay",
      "doctor",
      "start",
      undefined,
    ]) {
      const steps = stepsOf(name)
      expect(steps).not.toContain("system")
      expect(steps.slice(0, 2)).toEqual(["packages", "node"])
    }
  })

  it("brings TLC only for what runs it", () => {
    expect(stepsOf("validate")).toContain("tlc")
    expect(stepsOf("up")).not.toContain("tlc")
    expect(stepsOf("doctor")).toEqual(["packages", "node"])
  })

  it("names steps that there are", () => {
    expect(allSteps).toEqual(expect.arrayContaining([...stepsOf("start")]))
  })
})
