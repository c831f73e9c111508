/** A claimed connection as a Duplex that behaves as `node:net`'s Socket does on an accepted connection. */
import { Duplex } from "node:stream"
import type { Stream } from "../application/stream.ts"
import { nodeError, systemError } from "./errors.ts"

const dotted = (ip: number): string => `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`

/** By `net/tcp`'s EndReason; undefined: both sides finished. */
const errorOf: ReadonlyArray<string | undefined> = [
  undefined,
  "ECONNRESET",
  "ETIMEDOUT",
  "ECONNABORTED",
  "ECONNREFUSED",
]

/** The longest that Node's timers run; also what a longer timeout is cut to, as in `node:net`. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

export interface SocketAddress {
  readonly address: string
  readonly family: "IPv4"
  readonly port: number
}

export interface SocketHost {
  readonly local: SocketAddress
  readonly allowHalfOpen: boolean
  /** Nothing is read before `resume()` or `read()`. */
  readonly pauseOnConnect: boolean
  /** Something is owed to the server. */
  flush(): void
  /** The socket is destroyed: it counts no more. */
  gone(socket: PikaSocket): void
  /** TCP has ended the connection. */
  ended(): void
  /** Whether the socket keeps the process alive has changed. */
  held(socket: PikaSocket): void
}

export class PikaSocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily = "IPv4"
  readonly localAddress: string
  readonly localPort: number
  readonly localFamily = "IPv4"
  /** Only a connection that was made is ever seen. */
  readonly connecting = false
  bytesRead = 0
  /** In the server's roster. */
  place = -1
  /** As last given to `setTimeout`, ms. */
  timeout = 0
  /** Whether it keeps the process alive. */
  hasRef = true
  readonly #stream: Stream
  readonly #host: SocketHost
  #taken = 0
  #waiting: { chunk: Uint8Array; done: (error?: Error | null) => void } | undefined
  #wanted = false
  #pushedEnd = false
  #reset = false
  /** The host knows that the connection has ended. */
  #told = false
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Stream, host: SocketHost) {
    // 'close' says whether there was an error, so it is ours to emit.
    super({ allowHalfOpen: host.allowHalfOpen, emitClose: false })
    this.#stream = stream
    this.#host = host
    const { remoteAddress, remotePort } = PikaSocket.peer(stream)
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.localAddress = host.local.address
    this.localPort = host.local.port
    // With pauseOnConnect a listener of 'data' alone does not make it flow.
    if (host.pauseOnConnect) (this as { readableFlowing: boolean | null }).readableFlowing = false
  }

  /**
   * From now on news are emitted. After the listeners of 'connection' have had their turn, microtasks included: they may
   * await something before they listen to the socket.
   */
  start(): void {
    this.#stream.changed = () => this.#happened()
    this.#happened()
    // As in `node:net`, what arrives is taken in before anybody asks for it.
    if (!this.#host.pauseOnConnect && !this.destroyed) this.read(0)
  }

  static peer(stream: Stream) {
    const remoteFamily = "IPv4" as const
    return { remoteAddress: dotted(stream.peerIp), remotePort: stream.peerPort, remoteFamily }
  }

  /** Bytes given to `write`, those that wait for room included. */
  get bytesWritten(): number {
    const queued = (this as unknown as { readonly writableBuffer?: ReadonlyArray<{ chunk: Uint8Array }> })
      .writableBuffer
    const waiting =
      (this.#waiting?.chunk.length ?? 0) + (queued ?? []).reduce((n, x) => n + x.chunk.length, 0)
    return this.#taken + waiting
  }

  get pending(): boolean {
    return this.destroyed
  }

  get readyState(): "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.readable) return this.writable ? "open" : "readOnly"
    return this.writable ? "writeOnly" : "closed"
  }

  override _read(): void {
    this.#wanted = true
    this.#pull()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#waiting = { chunk, done }
    this.#touch()
    this.#drain()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.finish()
    this.#host.flush()
    // As of a shutdown in the kernel, the news come later.
    setImmediate(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    // What `write` took is still sent, as by the kernel; unread data makes it a reset there too.
    if (this.#stream.ended !== undefined) this.#stream.discard()
    else if (this.#reset) this.#stream.abort()
    else this.#stream.close()
    this.#host.flush()
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.done(null)
    done(error)
    this.#host.gone(this)
    setImmediate(() => this.emit("close", error !== null))
  }

  /** Emits 'timeout' after `ms` without traffic; 0: never. */
  setTimeout(ms: number, callback?: () => void): this {
    if (this.destroyed) return this
    if (typeof ms !== "number") throw nodeError("ERR_INVALID_ARG_TYPE", "msecs must be a number", TypeError)
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw nodeError("ERR_OUT_OF_RANGE", `msecs must be finite and not negative, not ${ms}`, RangeError)
    }
    if (callback !== undefined && typeof callback !== "function") {
      throw nodeError("ERR_INVALID_ARG_TYPE", "callback must be a function", TypeError)
    }
    this.timeout = Math.min(ms, LONGEST_TIMEOUT)
    if (callback !== undefined) {
      if (ms === 0) this.off("timeout", callback)
      else this.once("timeout", callback)
    }
    this.#touch()
    return this
  }

  /** TCP here sends at once. */
  setNoDelay(_on?: boolean): this {
    return this
  }

  /** Accepted, and nothing is sent on an idle connection. */
  setKeepAlive(_on?: boolean, _initialDelay?: number): this {
    return this
  }

  ref(): this {
    return this.#hold(true)
  }

  unref(): this {
    return this.#hold(false)
  }

  address(): SocketAddress | Record<string, never> {
    return this.destroyed ? {} : this.#host.local
  }

  /** Destroyed when all that was written is given to TCP. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once("finish", () => this.destroy())
  }

  /** Resets the connection. */
  resetAndDestroy(): this {
    if (this.destroyed) return this
    this.#reset = true
    return this.destroy()
  }

  #hold(on: boolean): this {
    if (this.hasRef === on) return this
    this.hasRef = on
    if (!this.destroyed) this.#host.held(this)
    return this
  }

  /** There was traffic: the timeout begins anew. */
  #touch(): void {
    clearTimeout(this.#timer)
    if (this.timeout > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit("timeout"), this.timeout)
      this.#timer.unref()
    }
  }

  /** What a listener throws is reported as uncaught; what it kept from being done is done afterwards. */
  #happened(): void {
    try {
      this.#changed()
    } catch (error) {
      setImmediate(() => this.#happened())
      process.nextTick(() => {
        throw error
      })
    }
  }

  #changed(): void {
    if (this.#stream.ended !== undefined && !this.#told) {
      this.#told = true
      this.#host.ended()
    }
    if (this.destroyed) {
      this.#stream.discard()
      return
    }
    if (this.timeout > 0) this.#touch()
    const { ended } = this.#stream
    const code = ended === undefined ? undefined : errorOf[ended]
    if (code !== undefined) {
      this.destroy(systemError(code, "read"))
      return
    }
    this.#drain()
    this.#pull()
  }

  #pull(): void {
    while (this.#wanted) {
      const bytes = this.#stream.read()
      if (bytes === undefined) break
      this.bytesRead += bytes.length
      this.#wanted = this.push(bytes)
      this.#host.flush()
    }
    const over = this.#stream.peerFinished || this.#stream.ended !== undefined
    if (!over || this.#pushedEnd || this.#stream.available > 0) return
    this.#pushedEnd = true
    this.push(null)
    // 'end' comes although nobody reads, when nothing is left to be read.
    this.read(0)
  }

  #drain(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const taken = this.#stream.write(waiting.chunk)
    this.#taken += taken
    if (taken > 0) this.#host.flush()
    if (taken === waiting.chunk.length) {
      this.#waiting = undefined
      waiting.done()
    } else waiting.chunk = waiting.chunk.subarray(taken)
  }
}
