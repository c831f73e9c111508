/** Directories for what a run writes. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"

/** A directory `pika-NAME-…` of its own among the temporary files, which goes with the scope, whatever it holds. */
export const scratchDirectory = (name: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), `pika-${name}-`))),
    // A process that has just been killed may still have written.
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })),
  )
