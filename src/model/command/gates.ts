/** The gates of the full class: mutants, and whether models exercise all that they name (model-tests/mutants). */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { projectRoot } from "../../setup/files.mjs"

/** Runs them, each result a line. @returns whether all are passed */
export const gatesPass = async (say: (line: string) => void): Promise<boolean> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "mutants", "command.ts")).href
  const module = (await import(file)) as {
    fullGates(say: (line: string) => void): Promise<{ readonly passed: boolean }>
  }
  return (await module.fullGates(say)).passed
}
