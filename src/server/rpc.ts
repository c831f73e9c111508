/**
 * Remote procedure calls between servers (§4.2), on the queues that all their messages take. A microthread calls and waits;
 * at the other end a microthread serves the call, and its end is the answer. Each call has exactly one outcome, once:
 * what the other end answers, or why there is none.
 */
import { CALL_ARGUMENTS, CALL_WORDS, DataType } from "../codec/data-message.ts"
import { portOf } from "../codec/message.ts"
import type { QueueWriter } from "../memory/queue.ts"
import type { ClockShape } from "../ports/ports.ts"
import { type Microthread, Microthreads, NO_CALLER, type Stretch } from "./microthread.ts"
import type { Outgoing } from "./outgoing.ts"

/** Outcomes of a call, in `thread.outcome`. Those before RPC_TIMED_OUT come from the other end. */
export const RPC_ANSWERED = 0
/** The other end has no such procedure. */
export const RPC_UNKNOWN = 1
/** All its microthreads are in use. */
export const RPC_BUSY = 2
/** No answer within RPC_TIMEOUT. One that comes later is counted and ignored. */
export const RPC_TIMED_OUT = 3
/** The other server has gone. */
export const RPC_LOST = 4
/** Not sent: the queue there is full. */
export const RPC_NO_ROOM = 5
/** This server ends. */
export const RPC_CLOSED = 6

/**
 * µs. Far beyond what a healthy server takes (a run of turns is 1 ms), far below the second after which a peer sends its
 * SYN again (RFC 6298 2.1), so that its second SYN finds no call of the first.
 */
export const RPC_TIMEOUT = 100_000

/** Microthreads of one server; each has one call outstanding at the most. A power of two: the low bits of a call's id. */
export const THREADS = 1024

const NOTHING = -1

export class Rpc {
  readonly threads: Microthreads
  /** Each call is in exactly one of the five after `calls`, or outstanding. */
  readonly counters = {
    calls: 0,
    answered: 0,
    timedOut: 0,
    lost: 0,
    noRoom: 0,
    closed: 0,
    /** Answers that fitted no call. */
    late: 0,
    served: 0,
    /** Of others' calls: those that no microthread took, and answers for which there was no room. */
    unserved: 0,
    unanswered: 0,
  }
  readonly #outgoing: ReadonlyArray<Outgoing | undefined>
  readonly #clock: ClockShape
  readonly #procedures: Array<Stretch | undefined> = []
  /** By the calling thread: the id of its call (generation and thread), whom it asks (NOTHING: nobody), until when. */
  readonly #id = Int32Array.from({ length: THREADS }, (_, k) => k)
  readonly #server = new Int32Array(THREADS).fill(NOTHING)
  readonly #deadline = new Float64Array(THREADS)
  #outstanding = 0
  /** Threads with a call in the order of their calls: all may last equally long, so the first is the next to time out. */
  readonly #before = new Int32Array(THREADS)
  readonly #after = new Int32Array(THREADS)
  #first = NOTHING
  #last = NOTHING
  #closed = false

  constructor(outgoing: ReadonlyArray<Outgoing | undefined>, clock: ClockShape) {
    this.#outgoing = outgoing
    this.#clock = clock
    this.threads = new Microthreads(THREADS, (thread) => {
      if (thread.caller !== NO_CALLER) this.#reply(thread.caller, thread.call, RPC_ANSWERED, thread.answer)
    })
  }

  /**
   * A procedure that other servers may call. It begins with the arguments in `thread.words`; `thread.answer`, as it is at
   * the thread's end, goes back.
   */
  serve(procedure: number, stretch: Stretch): void {
    this.#procedures[procedure] = stretch
  }

  /**
   * Of the running stretch: calls `procedure` of `server` with the thread's first words as arguments; `next` runs when there
   * is an outcome, also when there is one at once.
   */
  call(thread: Microthread, server: number, procedure: number, next: Stretch): void {
    this.counters.calls++
    this.threads.wait(thread, next)
    const outgoing = this.#outgoing[server]
    if (this.#closed) {
      this.counters.closed++
      this.#settle(thread, RPC_CLOSED)
    } else if (outgoing === undefined || outgoing.lost) {
      this.counters.lost++
      this.#settle(thread, RPC_LOST)
    } else {
      const i = outgoing.reserve()
      if (i < 0) {
        this.counters.noRoom++
        this.#settle(thread, RPC_NO_ROOM)
      } else this.#send(thread, server, procedure, outgoing.writer, i)
    }
  }

  /** A Call from `server`: words i … i + 14. */
  receiveCall(words: Int32Array, i: number, server: number): void {
    const stretch = this.#procedures[words[i + 2]!]
    const thread = stretch === undefined ? undefined : this.threads.take()
    if (stretch === undefined || thread === undefined) {
      this.counters.unserved++
      this.#reply(server, words[i + 1]!, stretch === undefined ? RPC_UNKNOWN : RPC_BUSY, undefined)
      return
    }
    this.counters.served++
    thread.caller = server
    thread.call = words[i + 1]!
    thread.port = portOf(words, i)
    for (let w = 0; w < CALL_WORDS; w++) thread.words[w] = words[i + CALL_ARGUMENTS + w]!
    thread.answer.fill(0)
    this.threads.run(thread, stretch)
  }

  /** An Answer from `server`. */
  receiveAnswer(words: Int32Array, i: number, server: number): void {
    const id = words[i + 1]!
    const k = id & (THREADS - 1)
    if (this.#id[k] !== id || this.#server[k] !== server) {
      this.counters.late++
      return
    }
    this.counters.answered++
    const thread = this.threads.at(k)
    for (let w = 0; w < CALL_WORDS; w++) thread.answer[w] = words[i + CALL_ARGUMENTS + w]!
    this.#finish(k, words[i + 2]!)
  }

  /** Calls whose time is over. */
  tick(now: number): void {
    while (this.#first !== NOTHING && this.#deadline[this.#first]! <= now) {
      this.counters.timedOut++
      this.#finish(this.#first, RPC_TIMED_OUT)
    }
  }

  /** When `tick` is next needed, µs, or Infinity. */
  nextTimer(): number {
    return this.#first === NOTHING ? Number.POSITIVE_INFINITY : this.#deadline[this.#first]!
  }

  /** Calls without an outcome. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** `server` has gone: it answers nothing any more. */
  lost(server: number): void {
    let k = this.#first
    while (k !== NOTHING) {
      const after = this.#after[k]!
      if (this.#server[k] === server) {
        this.counters.lost++
        this.#finish(k, RPC_LOST)
      }
      k = after
    }
  }

  /** This server ends: nothing is waited for any more, and who waited is told. */
  close(): void {
    this.#closed = true
    while (this.#first !== NOTHING) {
      this.counters.closed++
      this.#finish(this.#first, RPC_CLOSED)
    }
    this.threads.turn()
  }

  #send(thread: Microthread, server: number, procedure: number, writer: QueueWriter, i: number): void {
    this.#begin(thread.index, server)
    const { words } = writer
    words[i] = (thread.port << 16) | DataType.Call
    words[i + 1] = this.#id[thread.index]!
    words[i + 2] = procedure
    for (let w = 0; w < CALL_WORDS; w++) words[i + CALL_ARGUMENTS + w] = thread.words[w]!
    writer.submit()
  }

  /** The answer to a call; a caller whose queue is full is not answered, and times out. */
  #reply(server: number, call: number, outcome: number, answer: Int32Array | undefined): void {
    const outgoing = this.#outgoing[server]
    const i = outgoing === undefined || outgoing.lost ? -1 : outgoing.reserve()
    if (i < 0) {
      this.counters.unanswered++
      return
    }
    const { words } = outgoing!.writer
    words[i] = DataType.Answer
    words[i + 1] = call
    words[i + 2] = outcome
    for (let w = 0; w < CALL_WORDS; w++) words[i + CALL_ARGUMENTS + w] = answer === undefined ? 0 : answer[w]!
    outgoing!.writer.submit()
  }

  #begin(k: number, server: number): void {
    this.#server[k] = server
    this.#deadline[k] = this.#clock.now() + RPC_TIMEOUT
    this.#before[k] = this.#last
    this.#after[k] = NOTHING
    if (this.#last === NOTHING) this.#first = k
    else this.#after[this.#last] = k
    this.#last = k
    this.#outstanding++
  }

  #finish(k: number, outcome: number): void {
    const before = this.#before[k]!
    const after = this.#after[k]!
    if (before === NOTHING) this.#first = after
    else this.#after[before] = after
    if (after === NOTHING) this.#last = before
    else this.#before[after] = before
    this.#server[k] = NOTHING
    // The next generation: an answer that comes too late fits no call.
    this.#id[k] = (this.#id[k]! + THREADS) | 0
    this.#outstanding--
    this.#settle(this.threads.at(k), outcome)
  }

  #settle(thread: Microthread, outcome: number): void {
    thread.outcome = outcome
    this.threads.resume(thread)
  }
}
