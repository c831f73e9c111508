/** A claimed connection as a Duplex that behaves as `node:net`'s Socket where servers look. */
import { Duplex } from "node:stream"
import type { Stream } from "../application/stream.ts"

const dotted = (ip: number): string => `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`

const reasons = ["closed", "reset by peer", "timed out", "aborted", "refused"]
const RESET = 1
const TIMED_OUT = 2

export class PikaSocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily = "IPv4"
  readonly localPort: number
  bytesRead = 0
  bytesWritten = 0
  timeout = 0
  readonly #stream: Stream
  readonly #flush: () => void
  #waiting: { chunk: Uint8Array; done: (error?: Error | null) => void } | undefined
  #finishing: ((error?: Error | null) => void) | undefined
  #wanted = false
  #pushedEnd = false
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Stream, localPort: number, flush: () => void) {
    super({ allowHalfOpen: false, highWaterMark: 65536 })
    this.#stream = stream
    this.#flush = flush
    this.remoteAddress = dotted(stream.peerIp)
    this.remotePort = stream.peerPort
    this.localPort = localPort
    stream.changed = () => this.#changed()
  }

  override _read(): void {
    this.#wanted = true
    this.#pull()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#waiting = { chunk, done }
    this.#drain()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.finish()
    this.#flush()
    this.#finishing = done
    this.#settle()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    if (this.#stream.ended === undefined) {
      if (error === null && this.writableFinished) this.#stream.close()
      else this.#stream.abort()
      this.#flush()
    }
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.done(error)
    done(error)
  }

  /** Emits 'timeout' after `ms` without traffic; 0: never. */
  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms
    if (callback !== undefined) {
      if (ms === 0) this.off("timeout", callback)
      else this.once("timeout", callback)
    }
    this.#touch()
    return this
  }

  /** TCP here sends at once. */
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): { address: string; family: string; port: number } {
    return { address: "0.0.0.0", family: "IPv4", port: this.localPort }
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once("finish", () => this.destroy())
  }

  resetAndDestroy(): this {
    this.#stream.abort()
    return this.destroy()
  }

  #touch(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.timeout > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit("timeout"), this.timeout)
      this.#timer.unref()
    }
  }

  #changed(): void {
    if (this.timeout > 0) this.#touch()
    this.#drain()
    this.#pull()
    this.#settle()
  }

  #pull(): void {
    while (this.#wanted) {
      const bytes = this.#stream.read()
      if (bytes === undefined) break
      this.bytesRead += bytes.length
      this.#wanted = this.push(bytes)
    }
    if (this.#stream.peerFinished && this.#stream.available === 0 && !this.#pushedEnd) {
      this.#pushedEnd = true
      this.push(null)
    }
  }

  #drain(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const taken = this.#stream.write(waiting.chunk)
    this.bytesWritten += taken
    if (taken > 0) this.#flush()
    if (taken === waiting.chunk.length) {
      this.#waiting = undefined
      waiting.done()
    } else waiting.chunk = waiting.chunk.subarray(taken)
  }

  /** What the end of the connection means for the stream's two halves. */
  #settle(): void {
    const { ended } = this.#stream
    if (this.#finishing !== undefined) {
      const done = this.#finishing
      this.#finishing = undefined
      done()
    }
    if (ended === undefined || this.destroyed) return
    if (ended === RESET || ended === TIMED_OUT) {
      const error = new Error(`connection ${reasons[ended]}`) as NodeJS.ErrnoException
      error.code = ended === RESET ? "ECONNRESET" : "ETIMEDOUT"
      this.destroy(error)
      return
    }
    this.#pull()
    if (!this.#pushedEnd && this.#stream.available === 0) {
      this.#pushedEnd = true
      this.push(null)
    }
  }
}
