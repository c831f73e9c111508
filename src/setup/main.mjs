// What the README's two commands run: set-up, then the job itself under Node 24.
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { SetupError } from "./errors.mjs"
import { projectRoot } from "./files.mjs"
import { runNode } from "./run.mjs"
import { setUp } from "./setup.mjs"

/**
 * Set-up with its progress on standard error, then `job`; a set-up error is printed with its remedy.
 * @param {(root: string) => Promise<number>} job
 */
export async function afterSetUp(job) {
  try {
    await setUp({ say: (line) => process.stderr.write(`set-up: ${line}\n`), mayInstall: true })
    process.exitCode = await job(projectRoot)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`set-up: ${error.message}\n`)
    process.exitCode = 2
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...rest] = process.argv.slice(2)
  await afterSetUp(async (root) => {
    if (command === "test") return (await import("./test.mjs")).runTests(root, rest)
    return runNode(root, [
      join(root, "src/cli/main.ts"),
      ...(command === undefined ? [] : [command]),
      ...rest,
    ])
  })
}
