import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"

/** A directory that goes when the test ends, holding the given files. */
export function scratch(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "pika-setup-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    const full = join(directory, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
  return directory
}
