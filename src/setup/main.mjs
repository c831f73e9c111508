// What the npm scripts call: set-up, then the command. Plain JavaScript without dependencies, for Node 20 and a bare clone.
import { join } from "node:path"
import { SetupError } from "./errors.mjs"
import { projectRoot } from "./files.mjs"
import { runNode } from "./run.mjs"
import { setUp } from "./setup.mjs"
import { runTests } from "./test.mjs"

const [command = "setup", ...args] = process.argv.slice(2)

/** @param {string} line */
function say(line) {
  console.log(`set-up: ${line}`)
}

async function main() {
  const began = performance.now()
  const done = await setUp({ say, mayInstall: true })
  if (done.length > 0 || command === "setup")
    say(`ready in ${((performance.now() - began) / 1000).toFixed(2)} s`)
  switch (command) {
    case "setup":
      return 0
    case "start":
      return runNode(projectRoot, [join(projectRoot, "src", "cli", "main.ts"), "start", ...args])
    case "test":
      return runTests(projectRoot, args)
    default:
      console.error(`unknown command ${command}: setup, start or test`)
      return 2
  }
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    console.error(error instanceof SetupError ? `set-up: ${error.message}` : error)
    // Not 1: nothing was judged yet.
    process.exitCode = 2
  },
)
