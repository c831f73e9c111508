import { type ParseArgsOptionsConfig, parseArgs } from "node:util"
import { refuse } from "../experiment/errors.ts"

/** A command's options and names. @throws {ExperimentError} in Node's words, which name the argument */
export const parsed = <const O extends ParseArgsOptionsConfig>(args: ReadonlyArray<string>, options: O) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    return refuse("arguments", (error as Error).message)
  }
}
