/**
 * Microthreads (§4.2; Hoffert and Goldman, PLoP 1998): cooperative threads that a callback may become when it must wait.
 * A thread runs in stretches: from one yield or wait to the next. What it keeps in between lies in its own words, so that
 * a thread is no closure and no generator: the pool is made once, and starting, yielding, waiting and ending allocate
 * nothing.
 *
 * A stretch says how it goes on, by `yield`, or by `wait` for who will `resume` it; a stretch that says neither is the last.
 * Threads that yielded run again in the order in which they yielded, each once in a turn.
 */

/** Words that a thread keeps: those of a message and some more. */
export const THREAD_WORDS = 16
/** Words of the answer that it waited for, or gives. */
export const ANSWER_WORDS = 9

export type Stretch = (thread: Microthread) => void

const FREE = 0
const RUNNING = 1
const READY = 2
const WAITING = 3

/** Nobody called it. */
export const NO_CALLER = -1

export class Microthread {
  readonly index: number
  readonly words = new Int32Array(THREAD_WORDS)
  /** Of the call that it waited for: what became of it, and the words of the answer. */
  outcome = 0
  readonly answer = new Int32Array(ANSWER_WORDS)
  /** A call that it serves: the calling server and its id there. Its last `answer` goes there. */
  caller = NO_CALLER
  call = 0
  /** Port of the message that it began with. */
  port = 0
  state = FREE
  next: Stretch | undefined = undefined

  constructor(index: number) {
    this.index = index
  }
}

export class Microthreads {
  readonly capacity: number
  readonly counters = { started: 0, refused: 0 }
  readonly #threads: ReadonlyArray<Microthread>
  readonly #free: Int32Array
  #available: number
  /** Ring of threads that yielded or were resumed; each is in it once at most. */
  readonly #ready: Int32Array
  #first = 0
  #waiting = 0
  readonly #ended: (thread: Microthread) => void

  /** `ended` is called with every thread that has run its last stretch, before its words are anyone else's. */
  constructor(capacity: number, ended: (thread: Microthread) => void = () => {}) {
    this.capacity = capacity
    this.#threads = Array.from({ length: capacity }, (_, k) => new Microthread(k))
    this.#free = Int32Array.from({ length: capacity }, (_, k) => capacity - 1 - k)
    this.#available = capacity
    this.#ready = new Int32Array(capacity)
    this.#ended = ended
  }

  /** A thread to fill and to `run`; undefined, counted, when all are in use. */
  take(): Microthread | undefined {
    if (this.#available === 0) {
      this.counters.refused++
      return undefined
    }
    this.counters.started++
    const thread = this.#threads[this.#free[--this.#available]!]!
    thread.state = RUNNING
    thread.caller = NO_CALLER
    return thread
  }

  /** Its first stretch, at once. */
  run(thread: Microthread, stretch: Stretch): void {
    thread.state = RUNNING
    thread.next = undefined
    stretch(thread)
    if (thread.state === RUNNING) this.#end(thread)
  }

  /** Of the running stretch: goes on with `next` after all that is ready. */
  yield(thread: Microthread, next: Stretch): void {
    this.#leave(thread, READY, next)
    this.#push(thread)
  }

  /** Of the running stretch: goes on with `next` when `resume` is called for it. */
  wait(thread: Microthread, next: Stretch): void {
    this.#leave(thread, WAITING, next)
  }

  /** What it waited for is there: it runs on in the next `turn`. */
  resume(thread: Microthread): void {
    if (thread.state !== WAITING) throw new Error(`microthread ${thread.index} waits for nothing`)
    thread.state = READY
    this.#push(thread)
  }

  /** One stretch of each thread that is ready now; answers how many. What becomes ready meanwhile runs in the next turn. */
  turn(): number {
    const count = this.#waiting
    for (let k = 0; k < count; k++) {
      const thread = this.#threads[this.#ready[this.#first]!]!
      this.#first = this.#first + 1 === this.capacity ? 0 : this.#first + 1
      this.#waiting--
      this.run(thread, thread.next!)
    }
    return count
  }

  at(index: number): Microthread {
    return this.#threads[index]!
  }

  /** Threads that `turn` would run. */
  get ready(): number {
    return this.#waiting
  }

  /** Threads in use. */
  get live(): number {
    return this.capacity - this.#available
  }

  #leave(thread: Microthread, state: number, next: Stretch): void {
    if (thread.state !== RUNNING) throw new Error(`microthread ${thread.index} does not run`)
    thread.state = state
    thread.next = next
  }

  #push(thread: Microthread): void {
    const at = this.#first + this.#waiting
    this.#ready[at >= this.capacity ? at - this.capacity : at] = thread.index
    this.#waiting++
  }

  #end(thread: Microthread): void {
    this.#ended(thread)
    thread.state = FREE
    thread.next = undefined
    this.#free[this.#available++] = thread.index
  }
}
