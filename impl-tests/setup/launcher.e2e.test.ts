import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { findCommand, run } from "../../src/setup/command.mjs"
import { projectRoot } from "../../src/setup/files.mjs"
import { npmEnv } from "../../src/setup/node.mjs"

const hasCommands = existsSync(join(projectRoot, "src/cli/main.ts"))
/** Nothing listens there: whoever asks the registry fails. */
const deadRegistry = "http://127.0.0.1:9/"

describe.runIf(hasCommands)("npx pika", () => {
  it("runs this project's own command without asking a registry", async () => {
    const env = { ...npmEnv(projectRoot), npm_config_registry: deadRegistry, npm_config_fetch_retries: "0" }
    const npx = findCommand("npx", env)
    if (npx === undefined) throw new Error("npx is not on the PATH")
    const { code, stdout, stderr } = await run(npx, ["pika", "doctor", "--json"], { cwd: projectRoot, env })
    expect(stderr).not.toContain("ERR")
    expect(JSON.parse(stdout).findings.length).toBeGreaterThan(10)
    expect([0, 1]).toContain(code)
  })

  it("gives back the subcommand's exit code", async () => {
    const launcher = join(projectRoot, "src/cli/pika.mjs")
    const { code } = await run(process.execPath, [launcher, "doctor", "--no-such-option"])
    expect(code).toBe(2)
  })
})
