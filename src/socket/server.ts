/** `createServer` as in `node:net`, on a running PIKA stack: several processes may listen on one port. */
import { EventEmitter } from "node:events"
import type { Stream } from "../application/stream.ts"
import { type Attached, attach } from "./attach.ts"
import { apart, nodeError, systemError } from "./errors.ts"
import { isListenable, type ListenOptions, listenArguments } from "./listen.ts"
import { Roster } from "./roster.ts"
import { PikaSocket, type SocketAddress } from "./socket.ts"

export type { ListenOptions }

export interface ServerOptions {
  /** Keep the writing half open when the peer has finished. */
  readonly allowHalfOpen?: boolean
  /** Hand out connections of which nothing is read before `resume()`. */
  readonly pauseOnConnect?: boolean
  /** Accepted: TCP here sends at once, and says nothing on an idle connection. */
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
}

/** How long a closed server waits for its last connections to send and finish what was written, ms. */
const LINGER = 5000

interface Listening {
  readonly attached: Attached
  /** Connections that TCP has not ended. */
  streams: number
  /** Called when none is left. */
  leave: () => void
}

export class PikaServer extends EventEmitter {
  /** Connections beyond it are closed at once and emitted as 'drop'. */
  maxConnections: number | undefined
  readonly allowHalfOpen: boolean
  readonly pauseOnConnect: boolean
  #current: Listening | undefined
  /** While it counts up, what an earlier `listen` still awaits is not wanted any more. */
  #round = 0
  #listening = false
  #attaching = false
  #hasRef = true
  #held = 0
  /** 'close' is about to be emitted. */
  #closing = false
  readonly #sockets = new Roster<PikaSocket>()
  /** Emitted, but not started yet. */
  readonly #new: Array<PikaSocket> = []

  constructor(options: ServerOptions = {}, listener?: (socket: PikaSocket) => void) {
    super()
    this.allowHalfOpen = options.allowHalfOpen === true
    this.pauseOnConnect = options.pauseOnConnect === true
    if (listener !== undefined) this.on("connection", listener)
  }

  get listening(): boolean {
    return this.#listening
  }

  /**
   * `listen(port)`, `listen(port, host, backlog, callback)` or `listen(options, callback)`, as `node:net`'s; in options also
   * `socket`, the stack's control socket. Emits 'listening', or 'error' when the stack can't be reached or has no room.
   * @throws {RangeError} ERR_SOCKET_BAD_PORT @throws {Error} ERR_SERVER_ALREADY_LISTEN
   */
  listen(...args: ReadonlyArray<unknown>): this {
    const { port, host, socket, signal, callback } = listenArguments(args)
    if (this.#listening || this.#attaching) {
      throw nodeError("ERR_SERVER_ALREADY_LISTEN", "listen: this server listens already")
    }
    if (callback !== undefined) this.once("listening", callback)
    this.#attaching = true
    const round = ++this.#round
    attach({ port, socket }).then(
      (attached) => this.#attachedTo(attached, host, round),
      (error: unknown) => {
        if (round !== this.#round) return
        this.#attaching = false
        apart(() => this.emit("error", error))
      },
    )
    if (signal?.aborted === true) process.nextTick(() => this.close())
    else signal?.addEventListener("abort", () => this.close(), { once: true })
    return this
  }

  address(): SocketAddress | null {
    return this.#listening && this.#current !== undefined ? localOf(this.#current) : null
  }

  /** Stops listening; calls back, and emits 'close', when the last connection has ended. */
  close(callback?: (error?: Error) => void): this {
    const was = this.#listening || this.#attaching
    if (callback !== undefined) {
      const problem = was ? undefined : nodeError("ERR_SERVER_NOT_RUNNING", "Server is not running.")
      this.once("close", () => callback(problem))
    }
    this.#round++
    this.#listening = false
    this.#attaching = false
    this.#current?.attached.closeListener()
    this.#settle()
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve, reject) => {
      this.close((error) => (error === undefined ? resolve() : reject(error)))
    })
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(() => callback(null, this.#sockets.size))
    return this
  }

  get connections(): number {
    return this.#sockets.size
  }

  ref(): this {
    this.#hasRef = true
    this.#keepAlive()
    return this
  }

  /** The process may end although the server listens. */
  unref(): this {
    this.#hasRef = false
    this.#keepAlive()
    return this
  }

  #attachedTo(attached: Attached, host: string | undefined, round: number): void {
    const { address, port } = attached.welcome
    if (round !== this.#round) {
      attached.leave()
      return
    }
    if (!isListenable(host, address)) {
      this.#attaching = false
      attached.leave()
      const fields = { address: host, port }
      apart(() => this.emit("error", systemError("EADDRNOTAVAIL", "listen", `${host}:${port}`, fields)))
      return
    }
    const current = { attached, streams: 0, leave: () => {} }
    this.#current = current
    attached.onLost = (error) => this.#lost(error)
    // Connections that come before it is known everywhere that we listen wait until that is said.
    let early: Array<Stream> | undefined = []
    const known = attached.start((stream) => {
      current.streams++
      if (early === undefined) apart(() => this.#connected(stream, current))
      else early.push(stream)
    })
    void known.then(() => {
      const waiting = early ?? []
      early = undefined
      if (round === this.#round) {
        this.#attaching = false
        this.#listening = true
        this.#keepAlive()
        apart(() => this.emit("listening"))
      }
      for (const stream of waiting) apart(() => this.#connected(stream, current))
    })
  }

  #connected(stream: Stream, current: Listening): void {
    if (this.maxConnections !== undefined && this.#sockets.size >= this.maxConnections) {
      this.#drop(stream, current)
      return
    }
    const socket = new PikaSocket(stream, {
      local: localOf(current),
      allowHalfOpen: this.allowHalfOpen,
      pauseOnConnect: this.pauseOnConnect,
      flush: () => current.attached.flushSoon(),
      held: (x) => this.#count(x.hasRef ? 1 : -1),
      gone: (x) => {
        this.#sockets.delete(x)
        if (x.hasRef) this.#count(-1)
        if (!this.#listening && !this.#attaching) this.#settle()
      },
      ended: () => ended(current),
    })
    this.#sockets.add(socket)
    this.#count(1)
    this.#startSoon(socket)
    this.emit("connection", socket)
  }

  #startSoon(socket: PikaSocket): void {
    this.#new.push(socket)
    if (this.#new.length > 1) return
    setImmediate(() => {
      for (const x of this.#new.splice(0)) x.start()
    })
  }

  #drop(stream: Stream, current: Listening): void {
    stream.changed = () => {
      if (stream.ended === undefined) return
      stream.discard()
      ended(current)
    }
    stream.close()
    current.attached.flushSoon()
    const local = localOf(current)
    this.emit("drop", {
      localAddress: local.address,
      localPort: local.port,
      localFamily: local.family,
      ...PikaSocket.peer(stream),
    })
  }

  /** The stack has gone: to the connections as if their peers had reset them. */
  #lost(error: Error): void {
    this.#current = undefined
    this.#listening = false
    this.#attaching = false
    for (const x of this.#sockets.all()) x.destroy(systemError("ECONNRESET", "read", "the stack has gone"))
    apart(() => this.emit("error", error))
    this.#settle()
  }

  /** 'close' when nothing listens and no connection is left. */
  #settle(): void {
    if (this.#sockets.size > 0) return
    const current = this.#current
    this.#current = undefined
    if (current !== undefined) linger(current)
    if (this.#closing) return
    this.#closing = true
    process.nextTick(() => {
      this.#closing = false
      if (!this.#listening && !this.#attaching && this.#sockets.size === 0) this.emit("close")
    })
  }

  #count(by: 1 | -1): void {
    this.#held += by
    this.#keepAlive()
  }

  #keepAlive(): void {
    this.#current?.attached.ref(this.#held > 0 || (this.#listening && this.#hasRef))
  }
}

const localOf = ({ attached }: Listening): SocketAddress => ({
  address: attached.welcome.address,
  family: "IPv4",
  port: attached.welcome.port,
})

/** One of its connections is gone from TCP too. */
const ended = (current: Listening): void => {
  current.streams--
  if (current.streams === 0) current.leave()
}

/** Leaves the stack when TCP has sent what was written: leaving resets what is still open. */
const linger = (current: Listening): void => {
  const { attached } = current
  attached.ref(true)
  const leave = () => {
    clearTimeout(late)
    // What the last connections owe is told first.
    setImmediate(() => setImmediate(() => attached.leave()))
  }
  const late = setTimeout(leave, LINGER)
  current.leave = leave
  if (current.streams === 0) leave()
}

export function createServer(listener?: (socket: PikaSocket) => void): PikaServer
export function createServer(options: ServerOptions, listener?: (socket: PikaSocket) => void): PikaServer
export function createServer(
  first?: ServerOptions | ((socket: PikaSocket) => void),
  second?: (socket: PikaSocket) => void,
): PikaServer {
  return typeof first === "function" ? new PikaServer({}, first) : new PikaServer(first, second)
}
