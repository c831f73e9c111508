/** docs/walk-through.md, walked again: its diffs applied to a copy, and what it says comes out is what the tools say. */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { blocksOf } from "../tla/example/blocks.ts"

const page = "docs/walk-through.md"
const blocks = blocksOf(page)
const block = (mark: string): string => {
  const found = blocks.find((x) => x.mark === mark)
  if (found === undefined) throw new Error(`${page} has no block ${mark}`)
  return found.text
}

const copy = mkdtempSync(join(tmpdir(), "pika-walk-"))
afterAll(() => rmSync(copy, { recursive: true, force: true }))
for (const path of ["src", "spec", "model-tests", "impl-tests/trace", "package.json", "package-lock.json"]) {
  mkdirSync(dirname(join(copy, path)), { recursive: true })
  cpSync(join(projectRoot, path), join(copy, path), { recursive: true })
}
for (const path of ["node_modules", "build", ".cache"]) symlinkSync(join(projectRoot, path), join(copy, path))

const apply = (name: string): void => {
  // Its context is a line on either side.
  execFileSync("git", ["apply", "-C1", "-"], { cwd: copy, input: block(`diff: ${name}`) })
}

/** Standard output of a command of the copy's own, and its exit code. */
const ran = (...args: ReadonlyArray<string>): Promise<{ readonly output: string; readonly code: number }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [...args], { cwd: copy }, (error, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: error === null ? 0 : (child.exitCode ?? -1) })
    })
  })
const pika = (...args: ReadonlyArray<string>) => ran("src/cli/pika.mjs", ...args)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Each line of the block is in the output, one after the other. `numbers`: whatever they are. */
const says = (output: string, name: string, numbers: "exactly" | "whatever"): void => {
  let rest = output
  for (const line of block(`says: ${name}`).trimEnd().split("\n")) {
    // The watch's word is a cell of the table that a single check prints.
    const told = escaped(line.replace(/^NOT 2-1-1-1: /, ""))
    const found = new RegExp(numbers === "exactly" ? told : told.replace(/-?\d+/g, "-?\\d+")).exec(rest)
    expect(found, `${line}\nis not in\n${rest}`).not.toBeNull()
    rest = rest.slice(found!.index + found![0].length)
  }
}

describe("the walk-through", () => {
  test("the idea breaks the property that says otherwise", async () => {
    apply("offer")
    const { output, code } = await pika("check", "2-1-1-1")
    expect(code).toBe(1)
    // Of several searchers none has the shortest counterexample for sure.
    says(output, "offer", "whatever")
  })

  test("then the one that was really forgotten", async () => {
    apply("property")
    const { output, code } = await pika("check", "2-1-1-1")
    expect(code).toBe(1)
    says(output, "property", "exactly")
  })

  test("mended, the model holds with these counts, and core and model part where it is said", async () => {
    apply("claim")
    apply("core")
    const [, distinct, depth] = /expected \d+ distinct states and depth \d+, found (\d+) and (\d+)/.exec(
      readFileSync(join(projectRoot, page), "utf8"),
    )!
    const manifest = join(copy, "model-tests/manifest.ts")
    const before = readFileSync(manifest, "utf8")
    const after = before.replace(
      /(safe\("2-1-1-1", .*size\(2, 1, 1, 1\)), \d+, \d+/,
      `$1, ${distinct}, ${depth}`,
    )
    expect(after).not.toBe(before)
    writeFileSync(manifest, after)
    const { output, code } = await pika("check", "2-1-1-1")
    expect(code).toBe(1)
    says(output, "core", "exactly")
  })

  test("a recording of the mended core is rejected by the trace specification of before, and accepted by the new one", async () => {
    apply("mend")
    const script = join(copy, "record.ts")
    writeFileSync(
      script,
      'import { Driver, topologyOf } from "./impl-tests/trace/driver.ts"\n' +
        'import { writeTrace } from "./src/trace/merge.ts"\n' +
        "const { steps, topology } = new Driver(topologyOf(), 7).run(3000)\n" +
        'writeTrace("run.ndjson", { steps, topology, unsent: [] })\n',
    )
    expect(await ran(script)).toEqual({ output: "", code: 0 })
    const rejected = await pika("validate", "run.ndjson")
    expect(rejected.code).toBe(1)
    says(rejected.output, "validate", "whatever")
    apply("trace")
    const accepted = await pika("validate", "run.ndjson")
    expect(accepted.code).toBe(0)
    says(accepted.output, "accepted", "exactly")
  })

  test("every block that claims to be checked is", () => {
    const source = readFileSync(join(projectRoot, "impl-tests/model/walk-through.e2e.test.ts"), "utf8")
    for (const { mark } of blocks) {
      if (mark === "") continue
      const [kind, name] = mark.split(": ")
      const used = kind === "diff" ? `apply("${name}")` : `, "${name}", `
      expect(source).toContain(used)
    }
  })
})
