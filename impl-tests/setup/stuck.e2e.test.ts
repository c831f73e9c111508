import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { run } from "../../src/setup/command.mjs"
import { projectRoot } from "../../src/setup/files.mjs"
import { scratch } from "./scratch.ts"

describe("a test that never yields", () => {
  it("ends the run as a failure that names its file", async () => {
    const test = (body: string) => `import { it } from "vitest"\nit("runs", () => { ${body} })\n`
    const root = scratch({ "package.json": "{}", "spin.test.mjs": test("for (;;);") })
    symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"))
    const reporter = join(projectRoot, "src/setup/stuck.mjs")
    const vitest = join(projectRoot, "node_modules/vitest/vitest.mjs")
    const { code, stderr } = await run(
      process.execPath,
      [vitest, "run", "--root", root, "--pool=forks", "--reporter=default", `--reporter=${reporter}`],
      { cwd: root, env: { ...process.env, PIKA_TEST_SILENCE_MS: "3000" }, timeoutMs: 120_000 },
    )
    expect(stderr).toContain("stuck, no test ended for too long in: spin.test.mjs")
    expect(code).toBe(1)
  })
})
