/** Notices that files were saved: with other contents than before. */
import { createHash } from "node:crypto"
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from "node:fs"
import { join } from "node:path"

/** Editors write in several steps; this long nothing more must happen, ms. */
const QUIET = 30

export interface Saved {
  readonly files: ReadonlyArray<string>
  /** When the last of them was written, as Date.now(). */
  readonly at: number
}

const isSource = (name: string): boolean => /\.(tla|ts)$/.test(name)

const filesUnder = (path: string): ReadonlyArray<string> => {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return []
  if (!entry.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter(isSource)
    .map((name) => join(path, name))
}

const directoriesUnder = (path: string): ReadonlyArray<string> => [
  path,
  ...readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name)),
]

const digestOf = (file: string): string => {
  try {
    return createHash("sha1").update(readFileSync(file)).digest("hex")
  } catch {
    return "gone"
  }
}

/**
 * Watches directories, and those in them now.
 * @returns ends watching
 */
export const onSaved = (paths: ReadonlyArray<string>, told: (saved: Saved) => void): (() => void) => {
  const look = () => new Map(paths.flatMap(filesUnder).map((file) => [file, digestOf(file)]))
  let known = look()
  let timer: NodeJS.Timeout | undefined
  const compare = (): void => {
    const now = look()
    const files = [...new Set([...known.keys(), ...now.keys()])].filter(
      (file) => known.get(file) !== now.get(file),
    )
    known = now
    if (files.length === 0) return
    const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    told({ files, at: Math.max(...times) })
  }
  // Each directory by itself: Node's recursive watching loses a file that an editor replaces by another of its name.
  const watchers: ReadonlyArray<FSWatcher> = paths.flatMap(directoriesUnder).map((path) =>
    watch(path, () => {
      clearTimeout(timer)
      timer = setTimeout(compare, QUIET)
    }),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
