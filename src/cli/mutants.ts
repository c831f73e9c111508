/** `pika mutants`: the gates are tests (model-tests/mutants), outside of what is bundled. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { projectRoot } from "../setup/files.mjs"

export const mutantsCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "mutants", "command.ts")).href
  const module = (await import(file)) as { mutantsCommand(args: ReadonlyArray<string>): Promise<number> }
  return module.mutantsCommand(args)
}
