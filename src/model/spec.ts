/** Where the specification is. */
import { join } from "node:path"
import { projectRoot } from "../setup/files.mjs"

/** The directory of the modules. */
export const specDirectory = join(projectRoot, "spec")
