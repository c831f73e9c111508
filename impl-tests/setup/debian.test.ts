import { describe, expect, it } from "vitest"
import { installCommand, missingPackages, systemNeeds } from "../../src/setup/debian.mjs"
import { scratch } from "./scratch.ts"

const needs = [
  { package: "there", commands: ["sh"], files: ["/proc/self/status"], why: "", required: true },
  { package: "half", commands: ["sh", "no-such-command-here"], why: "half", required: true },
  { package: "headers", commands: [], files: ["/no/such/header.h"], why: "headers", required: false },
  { package: "sometimes", commands: ["no-such-command-here"], why: "sometimes", required: () => false },
]

describe("missingPackages", () => {
  it("names what is missing, why, and whether the default run needs it", () => {
    expect(missingPackages("/", process.env, needs)).toEqual([
      { package: "half", why: "half", required: true, missing: ["no-such-command-here"] },
      { package: "headers", why: "headers", required: false, missing: ["/no/such/header.h"] },
      { package: "sometimes", why: "sometimes", required: false, missing: ["no-such-command-here"] },
    ])
  })

  it("needs Maven only while there is no TLC", () => {
    const maven = systemNeeds.filter((need) => need.package === "maven")
    const needed = maven[0]?.required
    if (typeof needed !== "function") throw new Error("maven's need is a question")
    const root = scratch({ "my.jar": "PK" })
    expect(needed(root, { PATH: "" })).toBe(true)
    expect(needed(root, { PATH: "", PIKA_TLC_JAR: `${root}/my.jar` })).toBe(false)
  })
})

describe("installCommand", () => {
  it("is one command with all packages", () => {
    expect(installCommand(["a", "b"])).toMatch(/apt-get update && (sudo )?apt-get install .* a b$/)
  })
})
