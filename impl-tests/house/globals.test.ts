import { describe, expect, it } from "vitest"
import { globalUses } from "./globals.ts"
import { sourcesUnder } from "./sources.ts"

/** Rooms that are given time, chance and I/O. `sim` is among them: its time is virtual. */
const pureRooms = ["core", "net", "memory", "codec", "ports", "server", "application", "sim"]

/** Uses that are neither time nor chance nor I/O, each with its reason. */
const excused = [
  // Which memory model the machine has is a constant of the build, as it is in C.
  /^src\/memory\/order\.ts:\d+: uses process$/,
]

describe("pure rooms", () => {
  it("use no clock, chance, timer or process", () => {
    const sources = sourcesUnder("src", [".ts"]).filter(({ path }) =>
      pureRooms.some((room) => path.startsWith(`src/${room}/`)),
    )
    expect(sources.length).toBeGreaterThan(0)
    const found = sources.flatMap(globalUses)
    expect(found.filter((use) => !excused.some((excuse) => excuse.test(use)))).toEqual([])
    expect(excused.filter((excuse) => !found.some((use) => excuse.test(use)))).toEqual([])
  })
})

const uses = (text: string) => globalUses({ path: "a.ts", text })

describe("the checker", () => {
  it.each([
    ["const t = Date.now()", "Date"],
    ["const t = new Date()", "Date"],
    ["const t = performance.now()", "performance"],
    ["const r = Math.random()", "Math.random"],
    ['const r = Math["random"]()', "Math.random"],
    ["const f = { now: Date.now }", "Date"],
    ["export const x = { process }", "process"],
    ["process.exit(1)", "process"],
    ["setTimeout(() => {}, 1)", "setTimeout"],
    ["globalThis.foo()", "globalThis"],
    ["function f(process: number) { return process }\nprocess.exit()", "process"],
    ["const f = (x = Date.now()) => x", "Date"],
  ])("sees %s", (text, name) => {
    const found = uses(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`uses ${name}`)
  })

  it.each([
    "function f(process: number) { return process }",
    "const f = ({ process }: { process: number }) => process + 1",
    "export interface E { readonly process: number; at: Date }",
    "const y = x.process + x.Date",
    "const y = { process: 1 }",
    "for (const process of list) use(process)",
    'const s = "Date.now()" // Math.random()',
    "const m = Math.max(1, 2)",
  ])("passes %s", (text) => {
    expect(uses(text)).toEqual([])
  })
})
