/** Writes Step into spec/Trace.tla again. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { specDirectory } from "../spec.ts"
import { withTraceStep } from "./trace-events.ts"

const file = join(specDirectory, "Trace.tla")
writeFileSync(file, withTraceStep(readFileSync(file, "utf8")))
