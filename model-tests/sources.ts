/** Texts and syntax trees of spec/'s modules, each read once. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { specDirectory } from "../src/model/spec.ts"
import type { Source } from "../src/tla/antecedents.ts"
import { treeOf } from "../src/tla/tree.ts"

const known = new Map<string, Source>()

export const sourceOf = (module: string): Source => {
  const source = known.get(module) ?? {
    module,
    text: readFileSync(join(specDirectory, `${module}.tla`), "utf8"),
    roots: treeOf(specDirectory, module),
  }
  known.set(module, source)
  return source
}
