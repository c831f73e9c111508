import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { coverageOf, markedIn } from "../src/cli/coverage.ts"
import { coverageText } from "../src/model/paths/coverage.ts"
import { projectRoot } from "../src/setup/files.mjs"
import { covered } from "./covered.ts"

test("whole stacks take every action with every outcome, and docs/testing.md says what is covered", async () => {
  const coverage = await coverageOf({ ...covered, recordings: [] })
  expect(coverage.missing).toEqual([])
  for (const { by, edges } of coverage.models) expect(by[0]).toMatchObject({ source: "core paths", edges })
  const document = readFileSync(join(projectRoot, "docs", "testing.md"), "utf8")
  // npx pika coverage --write docs/testing.md
  expect(markedIn(document)).toBe(coverageText(coverage))
})
