// `npm test` after set-up: types, lint and format, then every test; the last line counts them.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { readIfThere } from "./files.mjs"
import { runNode } from "./run.mjs"

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

/**
 * Type check, lint, tests: all of them run even if one fails, and the last line printed counts them all.
 * @param {string} root
 * @param {readonly string[]} args given to Vitest (files to run, `-t` and the like); with any, only tests run
 * @returns {Promise<number>} exit code, 0 only if nothing failed and something ran
 */
export async function runTests(root, args) {
  const modules = join(root, "node_modules")
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: 0 }
  if (args.length === 0) {
    await check(counts, "types", () => runNode(root, [join(modules, "typescript/bin/tsc"), "-p", root]))
    const biome = join(modules, "@biomejs/biome/bin/biome")
    await check(counts, "lint and format", () => runNode(root, [biome, "ci", "--colors=off", root]))
  }
  const folder = mkdtempSync(join(tmpdir(), "pika-test-"))
  try {
    const report = join(folder, "report.json")
    const stuck = `--reporter=${fileURLToPath(new URL("stuck.mjs", import.meta.url))}`
    const reporters = ["--reporter=default", stuck, "--reporter=json", `--outputFile.json=${report}`]
    const vitest = join(modules, "vitest/vitest.mjs")
    const code = await runNode(root, [vitest, "run", "--root", root, ...reporters, ...args])
    const total = add(counts, countTests(readIfThere(report), code))
    process.stdout.write(`${summaryLine(total)}\n`)
    return exitCode(total)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {Counts} counts
 * @param {string} title
 * @param {() => Promise<number>} body
 */
async function check(counts, title, body) {
  const code = await body()
  process.stdout.write(`${title}: ${code === 0 ? "ok" : `failed (exit ${code})`}\n`)
  if (code === 0) counts.passed++
  else counts.failed++
}

/**
 * Counts what Vitest reports. A file that could not be loaded counts as one failure, and so does an exit code that
 * no counted failure explains (an unhandled error, a crash before any report).
 * @param {string | undefined} report Vitest's JSON report
 * @param {number} code Vitest's exit code
 * @returns {Counts}
 */
export function countTests(report, code) {
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of parseFiles(report)) {
    let failures = 0
    for (const { status } of file.assertionResults) {
      if (status === "passed") counts.passed++
      else if (status === "failed") failures++
      else counts.skipped++
    }
    counts.failed += file.status === "failed" && failures === 0 ? 1 : failures
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/**
 * @param {string | undefined} report
 * @returns {{status: string, assertionResults: {status: string}[]}[]}
 */
function parseFiles(report) {
  try {
    return JSON.parse(report ?? "").testResults ?? []
  } catch {
    return []
  }
}

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** @param {Counts} counts */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** @param {Counts} counts */
export function exitCode({ passed, failed }) {
  return failed === 0 && passed > 0 ? 0 : 1
}
