/**
 * The recording of a real run, for whoever validates recordings: 10,000 short connections in all against the kernel's TCP, an
 * application killed, one stopped, and at last connections that nobody is left for. Made once for given sources.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { bundle } from "../../src/runtime/bundle.ts"
import { projectRoot } from "../../src/setup/files.mjs"
import { replayFile } from "../../src/trace/replay.ts"
import { startKernelTest } from "./kernel.ts"

export interface RecordedRun {
  /** The NDJSON trace. */
  readonly path: string
  readonly events: number
  /** Steps by event and outcome, as `replayFile` counts them. */
  readonly outcomes: Readonly<Record<string, number>>
}

const CONNECTIONS = 8500
const MORE = 500
const AT = 48

const record = async (path: string): Promise<RecordedRun> => {
  const it = await startKernelTest("TS2LS2CM2", 3)
  try {
    const client = await it.client()
    const [first, second, third] = it.demo.processes
    await client.short(CONNECTIONS, AT)
    const killed = client.short(MORE, AT)
    await new Promise((resolve) => setTimeout(resolve, 50))
    first!.kill("SIGKILL")
    await killed
    second!.kill("SIGSTOP")
    await client.short(MORE, AT)
    second!.kill("SIGCONT")
    await client.short(MORE, AT)
    // What waits when the last listener ends is reset.
    for (const x of [second, third]) x!.kill("SIGSTOP")
    await client.dial(8)
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const x of [second, third]) x!.kill("SIGKILL")
    await client.again()
    await it.stack.stop()
    const { events } = it.stack.recording.write(path, it.stack.topology)
    const replayed = await replayFile(path)
    if (replayed._tag !== "Same") throw new Error(`the run does not replay: ${JSON.stringify(replayed)}`)
    return { path, events, outcomes: replayed.outcomes }
  } finally {
    await it.stop()
  }
}

/** Needs what `startKernelTest` needs: see `privileged`. */
export const recordedRun = async (): Promise<RecordedRun> => {
  const key = basename(await bundle("runtime/server-main.ts"), ".mjs")
  const folder = join(projectRoot, "build", "recorded")
  const path = join(folder, `${key}.ndjson`)
  const summary = `${path}.json`
  if (existsSync(summary)) return JSON.parse(readFileSync(summary, "utf8")) as RecordedRun
  mkdirSync(folder, { recursive: true })
  const temporary = `${path}.${process.pid}`
  const made = { ...(await record(temporary)), path }
  renameSync(temporary, path)
  writeFileSync(summary, JSON.stringify(made))
  return made
}
