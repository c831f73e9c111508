/** `pika validate`. */
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { followTrace } from "./follow.ts"
import { reportOf } from "./report.ts"
import { unlessUnavailable, validateTrace } from "./validate.ts"
import type { ValidateResult } from "./verdict.ts"

const USAGE = "usage: pika validate [--follow] FILE\n"
/** As a shell reports an end by SIGINT. */
const INTERRUPTED = 130

/** Exit code, once it was told. */
const tell = async (path: string, result: ValidateResult): Promise<number> => {
  switch (result._tag) {
    case "Accepted": {
      const ports = `port${result.ports.length === 1 ? "" : "s"} ${result.ports.join(", ")}`
      process.stdout.write(
        `accepted: ${result.events} events (${ports}), every one a step of the specification\n`,
      )
      return 0
    }
    case "Rejected":
      process.stdout.write(await reportOf(path, result))
      return 1
    case "Unusable":
      process.stderr.write(`unusable: ${path}: ${result.why}\n`)
      return 2
    default:
      return result satisfies never
  }
}

/** Until the recording ends, or a signal. */
const follow = async (path: string): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal)
  let agreed = 0
  const onAgreed = (events: number) => {
    agreed = events
    process.stdout.write(`so far: ${events} events, every one a step of the specification\n`)
  }
  try {
    const following = unlessUnavailable(followTrace(path, { onAgreed }))
    return await tell(path, await Effect.runPromise(following, { signal: stop.signal }))
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stdout.write(
      `stopped: ${agreed} events were steps of the specification; the recording has not ended\n`,
    )
    return INTERRUPTED
  } finally {
    process.removeListener("SIGINT", onSignal).removeListener("SIGTERM", onSignal)
  }
}

/** `pika validate [--follow] FILE`: 0 accepted, 1 rejected, 2 unusable; 130 when a signal ended following. */
export const validateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let parsed: { values: { follow?: boolean | undefined }; positionals: Array<string> }
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { follow: { type: "boolean", default: false } },
    })
  } catch (error) {
    process.stderr.write(`pika validate: ${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const [path, ...more] = parsed.positionals
  if (path === undefined || more.length > 0) {
    process.stderr.write(USAGE)
    return 2
  }
  return parsed.values.follow === true ? follow(path) : tell(path, await validateTrace(path))
}
