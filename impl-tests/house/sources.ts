import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { projectRoot } from "../../src/setup/files.mjs"

export const root = projectRoot

export interface Source {
  /** Path from the project's top, with `/`. */
  readonly path: string
  readonly text: string
}

/** Every file under a directory of the project whose name ends in one of `endings`, committed or not. */
export function sourcesUnder(directory: string, endings: readonly string[]): Source[] {
  const entries = readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
}

/** The directories directly under `src/` that hold at least one file. */
export function rooms(): string[] {
  return readdirSync(join(root, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) =>
      readdirSync(join(root, "src", name), { withFileTypes: true, recursive: true }).some((e) => e.isFile()),
    )
    .sort()
}

/** Every file git knows, as text; binary files are left out. */
export function committedFiles(): Source[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
  return listed
    .split("\0")
    .filter((path) => path !== "")
    .flatMap((path) => {
      try {
        const text = readFileSync(join(root, path), "utf8")
        return text.includes("\0") ? [] : [{ path, text }]
      } catch {
        return [] // removed in the work tree, not yet in a commit
      }
    })
}
