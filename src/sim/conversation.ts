/** A client's end of one connection: says its requests, checks every byte of the answers, takes its leave. */
import type { Region } from "../memory/region.ts"
import type { TcpTable } from "../net/tcp/table.ts"
import type { Alarm } from "./agenda.ts"
import { byteAt, type Exchange, firstWrong, HEADER, headerByte, type Request, saltOf } from "./dialogue.ts"
import type { Random } from "./random.ts"

/**
 * How it ends. `close`: after the last answer. `finish`: half-closes after its last request. `server`: the other side
 * finishes first. `reset`: aborts at some time.
 */
export type Farewell = "close" | "finish" | "server" | "reset"

export interface Plan {
  readonly id: number
  readonly host: number
  /** When it connects, and to which port. */
  readonly at: number
  readonly port: number
  readonly exchanges: ReadonlyArray<Exchange>
  /** Requests are not held back until the answer before is complete. */
  readonly pipelined: boolean
  /** Most bytes written or read at once, and the longest pause after it, µs; without a pause, all there is. */
  readonly chunk: number
  readonly pause: number
  readonly farewell: Farewell
  /** After its beginning, µs; for `reset` alone. */
  readonly resetAfter: number
}

/** The part of its host that a conversation needs. */
export interface ConversationHost {
  readonly now: number
  readonly table: TcpTable
  readonly region: Region
  readonly ringBytes: number
  /** What it hears is not what it was to be answered. */
  wrong(conversation: Conversation, what: string): void
  fail(why: string): void
}

export class Conversation {
  readonly plan: Plan
  readonly localPort: number
  readonly begun: number
  tcb = -1
  /** Offset of its receive ring; its transmit ring follows. */
  ring = 0
  established = false
  /** Every answer was read and right. */
  complete = false
  /** `net/tcp`'s EndReason, once it has ended. */
  ended: number | undefined
  endedAt = 0
  /** Aborted by its own plan, for want of progress, hearing nonsense, or gone with its host. */
  cut: "plan" | "patience" | "nonsense" | "reboot" | undefined
  /** Why it need not have been served. */
  readonly excuses: Array<string> = []
  readonly #host: ConversationHost
  readonly #random: Random
  readonly #request: Request = { conversation: 0, request: 0, response: 0, last: false }
  #asking = 0
  #asked = 0
  #written = 0
  #acked = 0
  #hearing = 0
  #heard = 0
  #read = 0
  #readable = 0
  #writeFrom = 0
  #readFrom = 0
  #peerFinished = false
  #farewellSaid = false
  readonly #alarm: Alarm

  /** `alarm`: at it `wake` is called. */
  constructor(plan: Plan, localPort: number, host: ConversationHost, alarm: Alarm, random: Random) {
    this.plan = plan
    this.localPort = localPort
    this.begun = host.now
    this.#host = host
    this.#alarm = alarm
    this.#random = random
    if (plan.farewell === "reset") this.#alarm.set(host.now + plan.resetAfter)
  }

  onEstablished(): void {
    this.established = true
    this.#go()
  }

  onReadable(end: number): void {
    const more = (end - this.#readable) | 0
    if (more <= 0) this.#host.fail(`conversation ${this.plan.id}: readable from ${this.#readable} to ${end}`)
    this.#readable = end
    this.#go()
  }

  onAcked(position: number): void {
    if (((position - this.#acked) | 0) <= 0 || ((this.#written - position) | 0) < 0) {
      this.#host.fail(`conversation ${this.plan.id}: ${position} acknowledged of ${this.#written}`)
    }
    this.#acked = position
    this.#go()
  }

  onPeerFinished(): void {
    this.#peerFinished = true
    this.#go()
  }

  onEnded(reason: number): void {
    if (this.ended !== undefined) this.#host.fail(`conversation ${this.plan.id} ended twice`)
    // What came in order before the end is there to be read.
    this.#check(Number.POSITIVE_INFINITY)
    this.ended = reason
    this.endedAt = this.#host.now
  }

  /** The time of a pause, or of its reset, has come. */
  wake(): void {
    if (!this.#alarm.rings() || this.ended !== undefined) return
    const { farewell, resetAfter } = this.plan
    if (farewell === "reset" && this.#host.now >= this.begun + resetAfter) {
      this.abort("plan")
      return
    }
    if (farewell === "reset") this.#alarm.set(this.begun + resetAfter)
    this.#go()
  }

  abort(why: "plan" | "patience" | "nonsense"): void {
    if (this.ended !== undefined) return
    this.cut = why
    this.#host.table.abort(this.tcb, this.#host.now)
  }

  /** Its host is no more: nobody will ever hear of it. */
  vanish(): void {
    this.cut = "reboot"
    this.ended = -1
    this.endedAt = this.#host.now
  }

  #go(): void {
    if (!this.established || this.ended !== undefined) return
    const { now } = this.#host
    if (now >= this.#readFrom) this.#readSome(now)
    while (this.ended === undefined && now >= this.#writeFrom && this.#maySay()) {
      const before = this.#asking
      this.#writeSome(now)
      // An empty answer is heard as soon as it was asked for.
      if (this.#asking === before || !this.#nothingToHear()) break
      this.#check(0)
    }
    if (this.ended === undefined) this.#farewell(now)
    if (this.#readFrom > now && this.#read !== this.#readable) this.#alarm.set(this.#readFrom)
    if (this.#writeFrom > now && this.#maySay()) this.#alarm.set(this.#writeFrom)
  }

  #writeSome(now: number): void {
    const host = this.#host
    let room = Math.min(host.ringBytes - ((this.#written - this.#acked) | 0), this.#most)
    const before = this.#written
    while (room > 0 && this.#maySay()) room -= this.#say(room)
    if (this.#written === before) return
    this.#ok(host.table.written(this.tcb, this.#written, now), "written")
    if (this.plan.pause > 0) this.#writeFrom = this.#pauseFrom(now)
  }

  get #most(): number {
    return this.plan.pause === 0 ? Number.POSITIVE_INFINITY : this.plan.chunk
  }

  #maySay(): boolean {
    const { exchanges, pipelined } = this.plan
    if (this.#farewellSaid || this.#asking >= exchanges.length) return false
    return pipelined || this.#asking <= this.#hearing
  }

  /** Writes at most `room` bytes of the present request into the ring. */
  #say(room: number): number {
    const { region, ringBytes } = this.#host
    const { id, exchanges, farewell } = this.plan
    const { request, response } = exchanges[this.#asking]!
    const last = this.#asking === exchanges.length - 1 && farewell === "server"
    const header = this.#request
    header.conversation = id
    header.request = request
    header.response = response
    header.last = last
    const count = Math.min(room, HEADER + request - this.#asked)
    const salt = saltOf(id, this.#asking, false)
    const ring = this.ring + ringBytes
    for (let k = 0; k < count; k++) {
      const p = this.#asked + k
      const byte = p < HEADER ? headerByte(header, p) : byteAt(salt, p - HEADER)
      region.bytes[ring + ((this.#written + k) & (ringBytes - 1))] = byte
    }
    this.#written = (this.#written + count) | 0
    this.#asked += count
    if (this.#asked === HEADER + request) {
      this.#asking++
      this.#asked = 0
    }
    return count
  }

  #readSome(now: number): void {
    const before = this.#read
    this.#check(this.#most)
    if (this.#read === before) return
    this.#ok(this.#host.table.consumed(this.tcb, this.#read, now), "consumed")
    if (this.plan.pause > 0) this.#readFrom = this.#pauseFrom(now)
  }

  /** Reads and checks at most `most` bytes. */
  #check(most: number): void {
    const { region, ringBytes } = this.#host
    const { id, exchanges } = this.plan
    let left = Math.min((this.#readable - this.#read) | 0, most)
    while (left > 0 || this.#nothingToHear()) {
      const exchange = exchanges[this.#hearing]
      if (exchange === undefined) {
        this.#host.wrong(this, `${left} bytes after its last answer`)
        return
      }
      const count = Math.min(left, exchange.response - this.#heard)
      const salt = saltOf(id, this.#hearing, true)
      const wrong = firstWrong(region, this.ring, ringBytes - 1, this.#read, salt, this.#heard, count)
      if (wrong >= 0) {
        this.#host.wrong(this, `byte ${wrong} of answer ${this.#hearing} is wrong`)
        return
      }
      this.#read = (this.#read + count) | 0
      this.#heard += count
      left -= count
      if (this.#heard === exchange.response) {
        this.#hearing++
        this.#heard = 0
      }
    }
    if (this.#hearing === exchanges.length) this.complete = true
  }

  /** The answer to a request that was said is empty. */
  #nothingToHear(): boolean {
    const exchange = this.plan.exchanges[this.#hearing]
    return exchange !== undefined && exchange.response === 0 && this.#hearing < this.#asking
  }

  #farewell(now: number): void {
    if (this.#farewellSaid) return
    const { farewell, exchanges } = this.plan
    const { table } = this.#host
    const said = this.#asking === exchanges.length
    // An answer that ends too early ends the conversation; whether it may is judged at its end.
    const cutShort = this.#peerFinished && !this.complete && this.#read === this.#readable
    const over = farewell === "server" ? this.#peerFinished && this.complete : this.complete
    if (farewell === "finish" ? said || cutShort : over || cutShort) {
      this.#farewellSaid = true
      const close = farewell === "close" || cutShort
      const result = close ? table.close(this.tcb, now) : table.finish(this.tcb, now)
      this.#ok(result, "farewell")
    }
  }

  #pauseFrom(now: number): number {
    return now + this.#random.between(1, this.plan.pause)
  }

  #ok(result: number, what: string): void {
    if (result !== 0) this.#host.fail(`conversation ${this.plan.id}: ${what} answered ${result}`)
  }
}
