/** The bridge with a TLC newer than the one that the set-up fetches: where PIKA_TLC_JAR_NEWER names its jar. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { compileJava } from "../../src/setup/java.mjs"

const newer = process.env.PIKA_TLC_JAR_NEWER ?? ""

/** Files that hold the bridge to what TLC says, and PIKA's own use of it: a graph, a recording, a rejection explained. */
const files = [
  "impl-tests/tla/values.e2e",
  "impl-tests/tla/tlc.e2e",
  "impl-tests/tla/trouble.e2e",
  "impl-tests/tla/example",
  "impl-tests/model/validate/sound.e2e",
  "impl-tests/model/validate/why.e2e",
]

const name = newer === "" ? "a newer TLC (PIKA_TLC_JAR_NEWER names none)" : `the TLC of ${newer}`

test.skipIf(newer === "")(`${name} passes the same tests`, { timeout: 600_000 }, async () => {
  process.env.PIKA_TLC_JAR = newer
  await compileJava(projectRoot)
  const vitest = join(projectRoot, "node_modules/vitest/vitest.mjs")
  const { PIKA_TLC_JAR_NEWER: _, VITEST: __, ...env } = process.env
  const run = promisify(execFile)(process.execPath, [vitest, "run", "--root", projectRoot, ...files], { env })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  expect(stdout).toMatch(/Test Files .*\d+ passed/)
  expect(stdout).not.toMatch(/\d+ failed/)
})
