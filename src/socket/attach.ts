/** Attaches this process to a stack over its control socket and keeps its end of the rings going. */

import { Attachment } from "../application/attachment.ts"
import type { Stream } from "../application/stream.ts"
import {
  CONTROL_VERSION,
  type Hello,
  isListening,
  parseWelcome,
  type WelcomeMessage,
} from "../codec/control.ts"
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import { appLinkBytes } from "../memory/app-link.ts"
import * as native from "../native/native.ts"
import { systemError } from "./errors.ts"
import { takeTurns } from "./turns.ts"

/** How long the stack may take to answer, ms. */
const PATIENCE = 10_000
/** Between attempts where too many others wait at the control socket, ms. */
const RETRY = 20

export interface AttachOptions {
  readonly port: number
  /** Path of the control socket. */
  readonly socket: string | undefined
  readonly patience?: number
}

export interface Attached {
  readonly welcome: WelcomeMessage
  /** Called once when the stack has gone, after which nothing works any more. */
  onLost: (error: Error) => void
  /** From now on connections come; resolves when every Connection Manager knows of the listener. */
  start(onConnection: (stream: Stream) => void): Promise<void>
  /** Tells the servers at the end of this turn of the event loop. */
  flushSoon(): void
  closeListener(): void
  /** Whether the attachment keeps the process alive. */
  ref(on: boolean): void
  leave(): void
}

const fail = (code: string, detail: string): Error => systemError(code, "listen", detail)

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A descriptor of the connected control socket. */
const connect = async (socket: string, deadline: number): Promise<number> => {
  for (;;) {
    try {
      return native.unixConnect(socket)
    } catch (error) {
      const { code = "EIO", message } = error as NodeJS.ErrnoException
      const full = code === "EAGAIN"
      if (!full || performance.now() > deadline) {
        const gone = code === "ENOENT" || code === "ECONNREFUSED"
        throw fail(code, gone ? `no stack runs at ${socket}` : `${socket}: ${message}`)
      }
      await delay(RETRY)
    }
  }
}

/** The next message; undefined at the end of the connection. */
const receive = (control: number, ms: number): Promise<native.Received | undefined> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      watch.stop()
      reject(fail("ETIMEDOUT", `the stack has not answered in ${ms} ms`))
    }, ms)
    const watch = native.watch(control, () => {
      const message = native.receiveJson(control)
      if (message === null) return
      watch.stop()
      clearTimeout(late)
      resolve(message)
    })
  })

/** What the stack answers to our first word. */
const greet = async (control: number, port: number, ms: number) => {
  const hello: Hello = { pika: CONTROL_VERSION, listen: port, pid: process.pid }
  const answer = native.sendJson(control, hello) ? await receive(control, ms) : undefined
  if (answer === undefined) throw fail("ECONNRESET", "the stack closed the control connection")
  const welcome = parseWelcome(answer.value, answer.fds.length)
  if (!("error" in welcome)) return { welcome, fds: answer.fds }
  for (const fd of answer.fds) native.close(fd)
  throw fail(welcome.code, welcome.error)
}

/**
 * @throws {Error} as a failed `listen` of `node:net`: ENOENT and ECONNREFUSED where no stack runs, EAGAIN where all its slots
 * are taken, EPROTO where it is of another version, ETIMEDOUT where it does not answer
 */
export const attach = async ({ port, socket, patience = PATIENCE }: AttachOptions): Promise<Attached> => {
  if (socket === undefined) {
    throw fail("ENOENT", "no stack named: set PIKA_SOCKET to the control socket that `pika up` printed")
  }
  const control = await connect(socket, performance.now() + patience)
  try {
    const { welcome, fds } = await greet(control, port, patience)
    return run(control, welcome, fds)
  } catch (error) {
    native.close(control)
    throw error
  }
}

const run = (control: number, welcome: WelcomeMessage, fds: ReadonlyArray<number>): Attached => {
  const [memoryFd, recorderFd, ownBell, ...bells] = fds as [number, number, number, ...Array<number>]
  const stride = appLinkBytes(welcome.link)
  const region = native.mapRegion(memoryFd, stride * welcome.servers)
  const recorderRegion = native.mapRegion(recorderFd, recorderBytes(welcome.recorderCapacity))
  native.close(memoryFd)
  native.close(recorderFd)
  const recorder = new RecorderWriter(recorderRegion, 0, welcome.recorderCapacity)
  let onConnection: (stream: Stream) => void = () => {}
  const attachment = new Attachment(welcome, {
    links: Array.from({ length: welcome.servers }, (_, k) => ({ region, offset: k * stride })),
    now: () => native.monotonicUs() - welcome.epoch,
    ringServer: (server) => native.signal(bells[server]!),
    record: (event, env, out) => recorder.record("application", welcome.a, welcome.port, event, env, out),
    sent: () => recorder.sent(),
    connection: (stream) => onConnection(stream),
  })
  let known = () => {}
  const listening = new Promise<void>((resolve) => {
    known = resolve
  })
  let open = true
  let started = false
  const { turn, soon } = takeTurns(attachment, () => open && started)
  const bell = native.watch(ownBell, () => {
    native.drain(ownBell)
    turn()
  })
  const leave = () => {
    if (!open) return
    open = false
    bell.stop()
    end.stop()
    for (const fd of [control, ownBell, ...bells]) native.close(fd)
  }
  const end = native.watch(control, () => {
    const message = heard(control)
    for (const fd of message?.fds ?? []) native.close(fd)
    if (isListening(message?.value)) known()
    if (message !== undefined) return
    leave()
    attached.onLost(systemError("ECONNRESET", "listen", "the stack has gone"))
  })
  // Whether anything is to come is the rings' to say.
  end.ref(false)
  const attached: Attached = {
    welcome,
    onLost: () => {},
    start: (callback) => {
      onConnection = callback
      started = true
      turn()
      return listening
    },
    flushSoon: soon,
    closeListener: () => attachment.closeListener(),
    ref: (on) => {
      if (open) bell.ref(on)
    },
    leave,
  }
  return attached
}

/** null: nothing now; undefined: the stack is gone. */
const heard = (control: number): native.Received | null | undefined => {
  try {
    return native.receiveJson(control)
  } catch {
    return undefined
  }
}
