/** Which modules a module depends on. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const named = /\b(?:EXTENDS\s+([\w\s,]+?)(?=\n\s*\n|\n\S|$)|INSTANCE\s+(\w+))/g

/** The modules that a module's text names. */
export const namedModules = (text: string): ReadonlyArray<string> =>
  [...text.replace(/\\\*.*$/gm, "").matchAll(named)].flatMap(([, extended, instance]) =>
    instance === undefined ? extended!.split(/[\s,]+/).filter((x) => x !== "") : [instance],
  )

/** The module `root` and all that it extends or instantiates, of those in `directory`. */
export const modulesOf = (directory: string, root: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const follow = (name: string): void => {
    if (found.has(name)) return
    let text: string
    try {
      text = readFileSync(join(directory, `${name}.tla`), "utf8")
    } catch {
      // A standard module, or one that is missing: TLC will say so.
      return
    }
    found.add(name)
    for (const other of namedModules(text)) follow(other)
  }
  follow(root)
  // Saved, removed or never written: it concerns its models all the same.
  return found.add(root)
}
