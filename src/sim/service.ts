/** What a simulated application does with one connection: reads requests, checks every byte, answers after a while. */
import type { Stream } from "../application/stream.ts"
import { byteAt, HEADER, type Request, readHeader, saltOf } from "./dialogue.ts"
import type { Random } from "./random.ts"

/** How an application works. Times in µs, both bounds included. */
export interface Behaviour {
  /** From a request to the beginning of its answer. */
  readonly service: readonly [number, number]
  /** Most bytes read or written at once, and the longest pause after it; without a pause, all there is. */
  readonly chunk: number
  readonly pause: number
  /** Its leave: both directions, or its own alone. */
  readonly farewell: "close" | "finish"
  /** Probability that it aborts a connection instead of answering. */
  readonly rude: number
  /** A connection without traffic for so long is aborted. */
  readonly idle: number
}

/** Requests understood and not answered yet; what is beyond stays unread: backpressure. */
const MOST_REQUESTS = 4

interface Answer {
  readonly response: number
  readonly exchange: number
  readonly due: number
  readonly last: boolean
}

export interface ServiceWorld {
  readonly now: number
  /** The connection from this peer need not be served. */
  excuse(peerIp: number, peerPort: number, why: string): void
  /** Whether a connection from this peer may be of that conversation. */
  maySpeak(conversation: number, peerIp: number, peerPort: number): boolean
  fail(why: string): void
}

const scratch = new Uint8Array(4096)

export class Service {
  readonly stream: Stream
  over = false
  readonly #behaviour: Behaviour
  readonly #world: ServiceWorld
  readonly #random: Random
  readonly #header = new Uint8Array(HEADER)
  readonly #request: Request = { conversation: 0, request: 0, response: 0, last: false }
  #headerBytes = 0
  #bodyBytes = 0
  #exchange = 0
  readonly #answers: Array<Answer> = []
  #written = 0
  #writeFrom = 0
  #readFrom = 0
  #acked = 0
  #active: number
  #said = false

  constructor(stream: Stream, behaviour: Behaviour, world: ServiceWorld, random: Random) {
    this.stream = stream
    this.#behaviour = behaviour
    this.#world = world
    this.#random = random
    this.#active = world.now
  }

  /** Does what can be done now; answers when it wants to be called again, µs. */
  step(): number {
    const { stream } = this
    const { now } = this.#world
    if (stream.acked !== this.#acked) {
      this.#acked = stream.acked
      this.#active = now
    }
    if (now >= this.#readFrom) this.#readSome(now)
    if (stream.ended !== undefined) {
      this.over = true
      return Number.POSITIVE_INFINITY
    }
    if (now >= this.#writeFrom) this.#writeSome(now)
    this.#farewell()
    return this.#next(now)
  }

  #readSome(now: number): void {
    const { stream } = this
    const { chunk, pause } = this.#behaviour
    while (stream.available > 0 && this.#answers.length < MOST_REQUESTS && !this.#said) {
      const bytes = stream.read(pause === 0 ? undefined : chunk)
      if (bytes === undefined) return
      this.#active = now
      this.#understand(bytes, now)
      if (pause > 0) {
        this.#readFrom = now + this.#random.between(1, pause)
        return
      }
    }
  }

  #understand(bytes: Uint8Array, now: number): void {
    const request = this.#request
    for (let k = 0; k < bytes.length; ) {
      if (this.#headerBytes < HEADER) {
        const count = Math.min(HEADER - this.#headerBytes, bytes.length - k)
        this.#header.set(bytes.subarray(k, k + count), this.#headerBytes)
        this.#headerBytes += count
        k += count
        if (this.#headerBytes === HEADER && !this.#begin()) return
      }
      if (this.#headerBytes < HEADER) return
      const count = Math.min(request.request - this.#bodyBytes, bytes.length - k)
      const salt = saltOf(request.conversation, this.#exchange, false)
      for (let j = 0; j < count; j++) {
        if (bytes[k + j] !== byteAt(salt, this.#bodyBytes + j)) {
          this.#wrong(`byte ${this.#bodyBytes + j} of request ${this.#exchange} is wrong`)
          return
        }
      }
      this.#bodyBytes += count
      k += count
      if (this.#bodyBytes === request.request) this.#complete(now)
    }
  }

  /** A header is complete. */
  #begin(): boolean {
    const { stream } = this
    if (!readHeader(this.#header, this.#request)) return this.#wrong("no header")
    const { conversation } = this.#request
    if (this.#world.maySpeak(conversation, stream.peerIp, stream.peerPort)) return true
    return this.#wrong(`hears conversation ${conversation}, which is not its peer's`)
  }

  #complete(now: number): void {
    const [low, high] = this.#behaviour.service
    const { response, last } = this.#request
    const due = now + this.#random.between(low, high)
    this.#answers.push({ response, exchange: this.#exchange, due, last })
    this.#exchange++
    this.#headerBytes = 0
    this.#bodyBytes = 0
  }

  #writeSome(now: number): void {
    const { stream } = this
    const { chunk, pause, rude } = this.#behaviour
    for (let answer = this.#answers[0]; answer !== undefined; answer = this.#answers[0]) {
      if (now < answer.due || this.#said) return
      if (this.#written === 0 && this.#random.chance(rude)) {
        this.#world.excuse(stream.peerIp, stream.peerPort, "its application aborted it")
        this.#said = true
        stream.abort()
        return
      }
      const most = Math.min(pause === 0 ? scratch.length : chunk, stream.room, scratch.length)
      const count = Math.min(most, answer.response - this.#written)
      const salt = saltOf(this.#request.conversation, answer.exchange, true)
      for (let k = 0; k < count; k++) scratch[k] = byteAt(salt, this.#written + k)
      const taken = stream.write(scratch.subarray(0, count))
      if (taken !== count) this.#wrong(`${taken} bytes written of ${count}, there was room for them`)
      this.#written += taken
      if (taken > 0) this.#active = now
      if (this.#written === answer.response) {
        this.#answers.shift()
        this.#written = 0
        if (answer.last) this.#leave()
      } else if (taken === 0) return
      if (pause > 0) {
        this.#writeFrom = now + this.#random.between(1, pause)
        return
      }
    }
  }

  #farewell(): void {
    const { stream } = this
    if (this.#said || !stream.peerFinished || stream.available > 0 || this.#answers.length > 0) return
    this.#leave()
  }

  #leave(): void {
    this.#said = true
    if (this.#behaviour.farewell === "close" && this.stream.peerFinished) this.stream.close()
    else this.stream.finish()
  }

  #next(now: number): number {
    const { stream } = this
    let next = this.#active + this.#behaviour.idle
    if (now >= next) {
      // No excuse: who waits for the other's word for so long has lost one.
      this.#said = true
      stream.abort()
      return Number.POSITIVE_INFINITY
    }
    const answer = this.#answers[0]
    if (answer !== undefined && !this.#said && (stream.room > 0 || answer.response === this.#written)) {
      next = Math.min(next, Math.max(answer.due, this.#writeFrom))
    }
    if (stream.available > 0 && this.#answers.length < MOST_REQUESTS && !this.#said) {
      next = Math.min(next, this.#readFrom)
    }
    return Math.max(next, now + 1)
  }

  #wrong(what: string): false {
    const { c, peerPort } = this.stream
    this.#world.fail(`connection ${c} from port ${peerPort}: ${what}`)
    return false
  }
}
