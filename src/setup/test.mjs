// `npm test` after set-up: types, lint and format, then every test; the last line counts them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runNode } from "./run.mjs"

/**
 * @param {string} root
 * @param {readonly string[]} args passed on to Vitest
 * @returns {Promise<number>} 0 only if every check and test passed
 */
export async function runTests(root, args) {
  const modules = join(root, "node_modules")
  const checks = [
    ["types", [join(modules, "typescript/bin/tsc"), "-p", root]],
    ["lint and format", [join(modules, "@biomejs/biome/bin/biome"), "ci", "--colors=off", root]],
  ]
  let failed = 0
  for (const [name, command] of /** @type {[string, string[]][]} */ (checks)) {
    const code = await runNode(root, command)
    process.stdout.write(`${name}: ${code === 0 ? "ok" : `failed (exit ${code})`}\n`)
    if (code !== 0) failed++
  }
  const folder = mkdtempSync(join(tmpdir(), "pika-test-"))
  const report = join(folder, "report.json")
  try {
    const vitest = join(modules, "vitest/vitest.mjs")
    const code = await runNode(root, [
      vitest,
      "run",
      "--root",
      root,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...args,
    ])
    /** @type {{numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, success: boolean}} */
    const counts = JSON.parse(readFileSync(report, "utf8"))
    if (code !== 0 && counts.numFailedTests === 0) failed++
    const skipped = counts.numPendingTests + counts.numTodoTests
    const passed = counts.numPassedTests + checks.length - Math.min(failed, checks.length)
    process.stdout.write(`${passed} passed, ${counts.numFailedTests + failed} failed, ${skipped} skipped\n`)
    return code === 0 && failed === 0 && counts.numPassedTests > 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
