/** Reads a recording from a file. */
import { type FileHandle, open } from "node:fs/promises"
import { problem, TraceParser, type TraceProblem, type TraceVisitor } from "./parser.ts"

export interface TraceSummary {
  readonly events: number
  readonly ports: ReadonlyArray<number>
  /** The digest is another one: whoever finds nothing else wrong must say so. */
  readonly altered: boolean
  /** The visitor wanted no more: the rest was not looked at. */
  readonly stopped: boolean
}

const CHUNK = 1 << 20

/** Hands the recording in `path` to `visitor`. Never throws for what the file holds. */
export const readTrace = async (
  path: string,
  visitor: TraceVisitor,
): Promise<TraceSummary | TraceProblem> => {
  const parser = new TraceParser(visitor)
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const buffer = Buffer.alloc(CHUNK)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK)
      if (bytesRead === 0) break
      const found = parser.push(buffer.subarray(0, bytesRead))
      if (found !== undefined) return found
      if (parser.stopped) break
    }
  } catch (error) {
    return problem("Unreadable", 0, `cannot be read: ${(error as Error).message}`)
  } finally {
    await file?.close()
  }
  const { events, altered, stopped } = parser
  const found = stopped ? undefined : parser.finish()
  return found ?? { events, ports: [...parser.ports].sort((x, y) => x - y), altered, stopped }
}
