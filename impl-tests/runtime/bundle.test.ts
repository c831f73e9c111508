import { existsSync, rmSync } from "node:fs"
import { expect, test } from "vitest"
import { commandOf, familyOf } from "../../src/bench/measures/processes.ts"
import { bundle } from "../../src/runtime/bundle.ts"

test("two bundles at once are built, found again, and leave no service of the builder behind", async () => {
  // Entries that nobody starts: built here alone.
  const entries = ["core/topology.ts", "memory/region.ts"]
  const built = await Promise.all(entries.map(bundle))
  try {
    expect(built.map((path) => existsSync(path))).toEqual([true, true])
    expect(await Promise.all(entries.map(bundle))).toEqual(built)
    const services = familyOf(process.pid).filter((pid) => commandOf(pid).includes("esbuild"))
    expect(services).toEqual([])
  } finally {
    for (const path of built) rmSync(path, { force: true })
  }
})
