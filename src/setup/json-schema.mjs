// JSON schemas of what the project writes, from the TypeScript types. Run as a program, it writes the committed files.
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectRoot, writeAtomically } from "./files.mjs"

/** The committed schema, and the type that it is made from. */
export const traceSchema = {
  output: join("traces", "trace-event.schema.json"),
  source: join("src", "trace", "event.ts"),
  type: "TraceLine",
}

/** The same for what `pika bench --json` prints. */
export const benchSchema = {
  output: join("docs", "bench-report.schema.json"),
  source: join("src", "bench", "report.ts"),
  type: "Report",
}

/**
 * The JSON schema (draft 7) of an exported type: all its fields, no others.
 * @param {string} file absolute path of the TypeScript file
 * @param {string} type name of the type in it
 * @returns {Promise<string>} formatted, newline-terminated
 * @throws where the type is missing or the file does not type-check
 */
export async function jsonSchemaOf(file, type) {
  // Its own, older TypeScript comes with it: the one we check with has no JavaScript interface.
  const { default: tjs } = await import("typescript-json-schema")
  const program = tjs.getProgramFromFiles([file], {
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2024",
    lib: ["es2024"],
    types: ["node"],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  })
  // Type errors are tsc's to report: it is the one that reads the whole project.
  const settings = {
    required: true,
    noExtraProps: true,
    ref: true,
    topRef: true,
    aliasRef: true,
    ignoreErrors: true,
  }
  const generator = tjs.buildGenerator(program, settings, [file])
  const schema = generator?.getSchemaForSymbol(type)
  if (schema === undefined) throw new Error(`no JSON schema for ${type} of ${file}`)
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

/** Writes the committed schemas. */
export async function writeSchemas() {
  for (const { output, source, type } of [traceSchema, benchSchema])
    writeAtomically(join(projectRoot, output), await jsonSchemaOf(join(projectRoot, source), type))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeSchemas()
