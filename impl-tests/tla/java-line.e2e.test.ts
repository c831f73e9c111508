import { spawnSync } from "node:child_process"
import { copyFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { afterAll, describe, expect, test, vi } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { javaJar } from "../../src/setup/java.mjs"
import { type JavaLine, javaLine } from "../../src/tla/java-line.ts"
import { Specs } from "./specs.ts"

vi.setConfig({ testTimeout: 30_000 })

const specs = new Specs()
const scratch = specs.scratch()
afterAll(() => specs.remove())

const vm = { main: "tlc2.TLC", heap: 256, threads: 1, brief: true, properties: { "java.io.tmpdir": scratch } }
const line = javaLine(vm, ["-help"]) as JavaLine

/** What java prints, its options changed. */
const printed = (change: (args: ReadonlyArray<string>) => ReadonlyArray<string>): string => {
  const { stdout, stderr } = spawnSync(line.java, change(line.args), { encoding: "utf8", cwd: scratch })
  return `${stdout}${stderr}`
}
const loads = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((x) => x.includes("tlc2.TLC source: shared objects file (top)"))

describe("the class-data archive", () => {
  test("is what TLC's classes come from", () => {
    expect(loads(printed((args) => ["-Xlog:class+load", ...args]))).toHaveLength(1)
  })

  test("is passed over in silence when it is of another jar", () => {
    const copy = join(scratch, "pika.jar")
    copyFileSync(javaJar(projectRoot), copy)
    const ofCopy = (args: ReadonlyArray<string>) =>
      args.map((x) => x.replace(`${javaJar(projectRoot)}${delimiter}`, `${copy}${delimiter}`))
    const quiet = printed(ofCopy)
    expect(quiet).toContain("TLC")
    expect(quiet).not.toMatch(/\[warning\]/)
    expect(loads(printed((args) => ["-Xlog:class+load", ...ofCopy(args)]))).toHaveLength(0)
    // It is the option that makes it silent.
    expect(printed((args) => ofCopy(args).filter((x) => x !== "-Xlog:cds*=off"))).toMatch(/\[warning\]\[cds/)
  })
})
