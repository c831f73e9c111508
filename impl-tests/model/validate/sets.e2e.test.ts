import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, expect, test } from "vitest"
import { specDirectory } from "../../../src/model/spec.ts"
import { runTlc } from "../../../src/tla/tlc.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-sets-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
cpSync(specDirectory, folder, { recursive: true })

/** How many of all sets of pairs and triples over small numbers Java filters as the definition does. */
const agreeing = async (definition: string): Promise<string | undefined> => {
  const module = `------------------------------ MODULE Same ------------------------------
EXTENDS Trace
Defined(tuples, cs) == ${definition}
Pairs == {x \\in SUBSET ((0 .. 2) \\X (1 .. 2)) : TRUE} \\cup {x \\in SUBSET ((0 .. 2) \\X {7} \\X {0, 1}) : TRUE}
Chosen == SUBSET (0 .. 2) \\cup {{}, {5}}
Agreeing == {x \\in Pairs \\X Chosen : Those(x[1], x[2]) = Defined(x[1], x[2])}
Begin == Init /\\ i = 0 /\\ touched = 0
Stay == UNCHANGED <<vars, i, touched>>
ASSUME PrintT(<<"AGREEING", Cardinality(Agreeing), Cardinality(Pairs \\X Chosen)>>)
==========================================================================
`
  writeFileSync(join(folder, "Same.tla"), module)
  const constants = ["NApplications", "NManagers", "NTransports", "NConnections", "Backlog", "Room"]
  const config = join(folder, "Same.cfg")
  writeFileSync(
    config,
    `INIT Begin\nNEXT Stay\nCONSTANTS\n${constants.map((x) => `  ${x} = 1\n`).join("")}  Naive = FALSE\n  Late = FALSE\n`,
  )
  const report = await Effect.runPromise(
    runTlc({ module: join(folder, "Same.tla"), config, workers: 1, heap: 256, brief: true }),
  )
  return report.printed.find((line) => line.includes("AGREEING"))
}

test("what Java does in place of a definition of Trace is what the definition says", async () => {
  expect(await agreeing("{y \\in tuples : y[1] \\in cs}")).toBe('<<"AGREEING", 1143, 1143>>')
  // … and the comparison can fail.
  expect(await agreeing("{y \\in tuples : y[2] \\in cs}")).not.toBe('<<"AGREEING", 1143, 1143>>')
})
