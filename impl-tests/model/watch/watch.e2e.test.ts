import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { projectRoot } from "../../../src/setup/files.mjs"
import { type Pika, start } from "../../cli/pika.ts"
import { processesWith } from "../../tla/specs.ts"

/** A clone of the project, in which a user saves files. */
const clone = mkdtempSync(join(tmpdir(), "pika-watched-"))
const scratch = mkdtempSync(join(tmpdir(), "pika-watch-tmp-"))
let watching: Pika
let heard = 0

/** Waits for it in what was said since the last time. */
const next = async (what: RegExp, seconds = 60): Promise<string> => {
  const from = heard
  await watching.said(new RegExp(`^[\\s\\S]{${from}}[\\s\\S]*?(?:${what.source})`, what.flags), seconds)
  const text = watching.text().slice(from)
  const found = what.exec(text)!
  heard = from + found.index + found[0].length
  return text.slice(0, found.index + found[0].length)
}

/** As an editor does. @returns undoes it */
const save = (file: string, from: string, to: string): (() => void) => {
  const path = join(clone, file)
  const text = readFileSync(path, "utf8")
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
  return () => writeFileSync(path, text)
}

beforeAll(async () => {
  for (const name of ["src", "spec", "model-tests", "package.json"]) {
    cpSync(join(projectRoot, name), join(clone, name), { recursive: true })
  }
  for (const name of ["node_modules", "build", ".cache"])
    symlinkSync(join(projectRoot, name), join(clone, name))
  const argv = [process.execPath, join(clone, "src/cli/main.ts"), "check", "--watch"]
  watching = start([...argv, "1-1-1-1", "NeverClaimed", "1-1-2-1-stop"], { TMPDIR: scratch })
  await next(/ok {2}1-1-1-1: .*\n/)
})

afterAll(async () => {
  watching.child.kill("SIGKILL")
  await watching.exit
  for (const folder of [clone, scratch]) rmSync(folder, { recursive: true, force: true })
})

describe("pika check --watch", () => {
  let mend: () => void

  test("a specification that can't be read: the place at once, what ran is given up, the rest not tried", async () => {
    // Meanwhile the first round is at the largest model.
    mend = save("spec/MC.tla", "MCClaim(a) == Free", "MCClaim(a) == Free /\\ Foo(a)")
    const text = await next(/not as expected.*\n/)
    expect(text).toMatch(/^spec\/MC\.tla saved: 3 models$/m)
    expect(text).toMatch(/s {2}NOT NeverClaimed: Parse$/m)
    expect(text).toMatch(/spec\/MC\.tla:\d+:\d+: Unknown operator: `Foo'\.$/m)
    expect(text).toContain("1 of 1 not as expected, the others not tried")
    expect(text).not.toMatch(/1-1-2-1-stop|1-1-1-1/)
  })

  test("mended: green again", async () => {
    mend()
    expect(await next(/ok {2}1-1-1-1: .*\n/)).toContain("977 states found; the core's graph is the same")
  })

  test("a step less: told by the model that shows it, with the difference", async () => {
    mend = save("spec/MC.tla", "MCClaim(a) == Free", "MCClaim(a) == FALSE /\\ Free")
    const text = await next(/NOT 1-1-1-1: .*\n/)
    expect(text).toMatch(/NOT NeverClaimed: expected Invariant, found Success/)
    expect(text).toMatch(/expected 977 distinct states/)
    mend()
    await next(/ok {2}1-1-1-1: .*\n/)
  })

  test("the core saved: compared as it is now, in the models whose graph is", async () => {
    mend = save("src/core/application.ts", "state.registered && g !== state.g", "state.registered")
    const text = await next(/ReceiveTimedOut\(0, 0\) leads elsewhere:/)
    expect(text).toMatch(/^src\/core\/application\.ts saved: 2 models$/m)
    expect(text).not.toContain("NeverClaimed")
    mend()
    expect(await next(/ok {2}1-1-1-1: .*\n/)).toContain("the core's graph is the same")
  })

  test("a core that fails differs, too", async () => {
    mend = save("src/core/application.ts", "state.tokens.length > 0", "state.tokens.length > 1")
    await next(/NOT 1-1-1-1: the core fails: Claim: .*\n/)
    mend()
    await next(/ok {2}1-1-1-1: .*\n/)
  })

  test("a core that can't be loaded is told, and watching goes on", async () => {
    mend = save("src/core/application.ts", "export const canClaim", "export canClaim")
    expect(await next(/NOT loaded:\n[\s\S]*?SyntaxError.*/)).toContain("application.ts")
    mend()
    await next(/ok {2}1-1-1-1: .*\n/)
  })

  test("at Ctrl-C nothing stays behind", async () => {
    watching.child.kill("SIGINT")
    expect(await watching.exit).toBe(130)
    expect(processesWith(scratch)).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  })
})
