/**
 * The process of one measure: `measure-main NAME`, its options in PIKA_MEASURE; answers over its channel. Also the processes
 * that a measure needs beside it: the other end of the queues, Node's own web server.
 */
import { CannotMeasure } from "./errors.ts"
import { BELL_ECHO, bellEcho, DISPATCH_ECHO, dispatchEcho } from "./measures/dispatch.ts"
import { holdIdle, IDLE_CLIENT } from "./measures/memory.ts"
import { ECHO, echo } from "./measures/queue.ts"
import { NODE_HTTP, serveNodeHttp } from "./measures/rivals.ts"
import type { MeasureOptions, Samples } from "./row.ts"
import { measures } from "./rows.ts"

export type FromMeasure =
  | { readonly say: string }
  | { readonly samples: Readonly<Record<string, Samples>> }
  | { readonly failed: { readonly what: string; readonly remedy: string } }

const tell = (message: FromMeasure): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send!(message, () => resolve())
    else resolve()
  })

const measureOnce = async (name: string | undefined): Promise<void> => {
  const stopped = new Promise<never>((_, reject) => {
    // Whoever asked is gone, or asks to stop: what the measure has made is undone by its `finally`.
    const stop = () => reject(new CannotMeasure("stopped", "run it again"))
    process.on("disconnect", stop)
    process.on("SIGTERM", stop)
    process.on("SIGINT", () => {})
  })
  stopped.catch(() => {})
  try {
    const spec = measures.find((x) => x.name === name)
    if (spec === undefined) throw new Error(`no measure ${name}`)
    const options = JSON.parse(process.env.PIKA_MEASURE ?? "") as MeasureOptions
    const measure = await spec.load()
    const say = (line: string) => void tell({ say: line })
    await tell({ samples: await measure({ ...options, say, stopped }) })
  } catch (error) {
    const { message, stack } = error as Error
    if (!(error instanceof CannotMeasure)) process.stderr.write(`${stack}\n`)
    const remedy = error instanceof CannotMeasure ? error.remedy : "this is an error of the benchmark"
    await tell({ failed: { what: message, remedy } })
  }
  process.exit(0)
}

const [, , name, first = "", second = ""] = process.argv
if (name === ECHO) {
  echo(3, Number(first))
  process.exit(0)
} else if (name === DISPATCH_ECHO) {
  dispatchEcho(3, Number(first))
  process.exit(0)
} else if (name === BELL_ECHO) bellEcho(first)
else if (name === NODE_HTTP) serveNodeHttp(first, Number(second))
else if (name === IDLE_CLIENT) holdIdle(first, Number(second))
else await measureOnce(name)
