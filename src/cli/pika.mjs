#!/usr/bin/env node
// The `pika` command: brings what the subcommand needs if something is stale, then runs it on Node 24.
import { join } from "node:path"
import { SetupError } from "../setup/errors.mjs"
import { projectRoot } from "../setup/files.mjs"
import { runNode } from "../setup/run.mjs"
import { setUp } from "../setup/setup.mjs"
import { stepsOf } from "../setup/steps-of.mjs"

const args = process.argv.slice(2)

async function main() {
  // To stderr: stdout belongs to the subcommand (`--json`, the line `ready`).
  const say = (/** @type {string} */ line) => console.error(`set-up: ${line}`)
  await setUp({ say, steps: stepsOf(args[0]) })
  return runNode(projectRoot, [join(projectRoot, "src", "cli", "main.ts"), ...args])
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    console.error(error instanceof SetupError ? `pika: ${error.message}` : error)
    // 2, never 1: a subcommand's 1 is a verdict.
    process.exitCode = 2
  },
)
