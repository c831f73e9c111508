/** Attaches this process to a stack over its control socket and keeps its end of the rings going. */

import { Attachment, type Welcome } from "../application/attachment.ts"
import type { Stream } from "../application/stream.ts"
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import { appLinkBytes } from "../memory/app-link.ts"
import * as native from "../native/native.ts"

/** What the supervisor answers, with the descriptors: memory, recorder, our bell, the servers' bells. */
export interface WelcomeMessage extends Welcome {
  readonly welcome: true
  /** Monotonic time of the stack's start, µs. */
  readonly epoch: number
  readonly servers: number
  readonly recorderCapacity: number
}

export interface Attached {
  readonly attachment: Attachment
  onLost: (error: Error) => void
  start(): void
  /** Tells the servers at the end of this turn of the event loop. */
  flushSoon(): void
  closeListener(): void
  leave(): void
}

const fail = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** @throws {Error} ENOENT … when the stack can't be reached; EADDRINUSE, EAGAIN … when it refuses. */
export const attach = async (
  { port, socket }: { readonly port: number; readonly socket: string | undefined },
  onConnection: (stream: Stream) => void,
): Promise<Attached> => {
  if (socket === undefined) {
    throw fail("ENOENT", "no stack named: set PIKA_SOCKET to the control socket that `pika up` printed")
  }
  const control = native.unixConnect(socket)
  native.sendJson(control, { listen: port, pid: process.pid })
  const answer = native.receiveJson(control)
  if (answer === null || answer === undefined)
    throw fail("ECONNRESET", `the stack at ${socket} closed the connection`)
  const message = answer.value as WelcomeMessage | { readonly welcome?: undefined; readonly error?: string }
  if (message.welcome !== true)
    throw fail("EACCES", `the stack refuses: ${message.error ?? "no reason given"}`)
  const [memoryFd, recorderFd, ownBell, ...bells] = answer.fds as [number, number, number, ...Array<number>]
  const stride = appLinkBytes(message.link)
  const region = native.mapRegion(memoryFd, stride * message.servers)
  const recorderRegion = native.mapRegion(recorderFd, recorderBytes(message.recorderCapacity))
  native.close(memoryFd)
  native.close(recorderFd)
  const recorder = new RecorderWriter(recorderRegion, 0, message.recorderCapacity)
  const attachment = new Attachment(message, {
    links: Array.from({ length: message.servers }, (_, k) => ({ region, offset: k * stride })),
    now: () => native.monotonicUs() - message.epoch,
    ringServer: (server) => native.signal(bells[server]!),
    record: (event, env, out) => recorder.record("application", message.a, message.port, event, env, out),
    connection: onConnection,
  })
  let open = true
  let scheduled = false
  const turn = () => {
    scheduled = false
    if (!open) return
    // Sleep only when the rings, looked at after the flag was set, are empty.
    attachment.poll()
    while (!attachment.arm()) attachment.poll()
  }
  const bell = native.watch(ownBell, () => {
    native.drain(ownBell)
    turn()
  })
  const leave = () => {
    if (!open) return
    open = false
    bell.stop()
    lost.stop()
    native.close(control)
  }
  const lost = native.watch(control, () => {
    if (native.receiveJson(control) !== undefined) return
    leave()
    attached.onLost(fail("ECONNRESET", "the stack has gone"))
  })
  const attached: Attached = {
    attachment,
    onLost: () => {},
    start: turn,
    flushSoon: () => {
      if (scheduled) return
      scheduled = true
      setImmediate(() => {
        scheduled = false
        if (open) attachment.flush()
      })
    },
    closeListener: () => attachment.closeListener(),
    leave,
  }
  return attached
}
