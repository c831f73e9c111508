/** `pika mutants`: the gates are tests (model-tests/mutants), outside of what is bundled. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { projectRoot } from "../setup/files.mjs"

interface Gates {
  mutantsCommand(args: ReadonlyArray<string>): Promise<number>
  usage(): string
}

const gates = async (): Promise<Gates> =>
  (await import(pathToFileURL(join(projectRoot, "model-tests", "mutants", "command.ts")).href)) as Gates

export const mutantsCommand = async (args: ReadonlyArray<string>): Promise<number> =>
  (await gates()).mutantsCommand(args)

export const mutantsUsage = async (): Promise<string> => (await gates()).usage()
