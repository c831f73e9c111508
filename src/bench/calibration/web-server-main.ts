/**
 * A web server whose requests take as long as they say, and no processor: it sleeps where another would compute, so that many of
 * them are busy at a time on few cores. While it sleeps it looks at nothing, as one that computes; then it serves the next
 * request after one turn of its event loop.
 *   web-server-main NUMBER DELAYS, the stack's socket in PIKA_SOCKET; it ends with its standard input
 */
import { requestTime, type Workload } from "../../experiment/workload.ts"
import { PikaServer } from "../../socket/server.ts"
import type { PikaSocket } from "../../socket/socket.ts"

/** Of a request: the demand in µs, 15 digits and a line feed (`native/bench/openloop.c`). */
const REQUEST = 16
/** The paper's page (§5.1). */
const ANSWER = Buffer.from("PIKA")
/** The last µs before an end are waited for awake: the kernel's timers are late by about so much. */
const LATE = 80

const moment = new Int32Array(new SharedArrayBuffer(4))

const busy = (until: number): void => {
  const left = until - performance.now() * 1000
  if (left > LATE) Atomics.wait(moment, 0, 0, (left - LATE) / 1000)
  while (performance.now() * 1000 < until);
}

interface Asked {
  readonly socket: PikaSocket
  readonly demand: number
}

/** Answers one request in each turn of the event loop. */
const serveQueue = (): ((asked: Asked) => void) => {
  const queue: Array<Asked> = []
  const serve = (): void => {
    const { socket, demand } = queue.shift()!
    busy(performance.now() * 1000 + demand)
    socket.end(ANSWER)
    if (queue.length > 0) setImmediate(serve)
  }
  return (asked) => {
    queue.push(asked)
    if (queue.length === 1) setImmediate(serve)
  }
}

const [, , number = "0", delays = "[]"] = process.argv
const a = Number(number)
const slow = JSON.parse(delays) as Workload["delays"]
const serve = serveQueue()
const server = new PikaServer({}, (socket) => {
  let text = ""
  // A client that gives up is counted by the client.
  socket.on("error", () => {})
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1")
    if (text.length === REQUEST) serve({ socket, demand: requestTime(slow, a, 0, Number(text)) })
  })
})
server.on("error", (error: Error) => {
  process.stderr.write(`web server ${a}: ${error.message}\n`)
  process.exit(1)
})
server.listen(80, () => process.stdout.write("listening\n"))
process.stdin.resume().once("end", () => process.exit(0))
