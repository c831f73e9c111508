/**
 * Cores and what passes between them, in virtual time. A core runs one process and does one thing after the other: `items`,
 * which are messages of others, frames, and work of its own. Between two cores items keep their order. Items lie in flat
 * arrays and are used again, so a run needs no more memory for being longer.
 */
import type { Message } from "../core/message.ts"
import { Agenda } from "../sim/agenda.ts"
import { longer } from "../sim/longer.ts"
import type { Random } from "../sim/random.ts"
import type { Costs } from "./cost.ts"
import { exponential } from "./distribution.ts"
import { ExperimentError } from "./errors.ts"

export interface Process {
  /** µs that the core is busy with `item`, asked when its turn comes. */
  cost(item: number): number
  /** The item is done: what comes of it. It is nobody's afterwards. */
  run(item: number): void
}

const ARRIVE = 0
const DONE = 1
/** The first of the kinds that `on` gives out. */
const FIRST_CALL = 2

const NONE = -1
/** Items at a time. Beyond, something is overloaded without bound, and its figures would mean nothing. */
export const MOST_ITEMS = 1 << 21

export class Machine {
  now = 0
  /** Items done. */
  items = 0
  readonly costs: Costs
  /** By core, µs spent. */
  readonly busy: Float64Array
  /** Of an item: what it is (`kinds.ts`), who sent it (a transport, manager or application), whose connection, one word more. */
  kind = new Uint8Array(1024)
  sender = new Int32Array(1024)
  connection = new Int32Array(1024)
  word = new Float64Array(1024)
  readonly message: Array<Message | undefined> = new Array<Message | undefined>(1024).fill(undefined)
  /** Whether the item came from another socket. */
  far = new Uint8Array(1024)
  #core = new Int32Array(1024)
  #next = new Int32Array(1024)
  #free = NONE
  #used = 0
  readonly #agenda = new Agenda(4096)
  #ties = 0
  readonly #calls: Array<(subject: number) => void> = []
  readonly #processes: Array<Process | undefined>
  readonly #loops: Float64Array
  readonly #random: Random
  readonly #cores: number
  /** By core: the item in hand; two lines of items, the first of which is always taken first. */
  readonly #running: Int32Array
  readonly #first: Int32Array
  readonly #last: Int32Array
  /** By core: busy until then with what came of the item before. */
  readonly #until: Float64Array
  /** By core: when the item in hand is done. */
  readonly #doneAt: Float64Array
  /** By pair of cores: when the last item between them arrives. */
  readonly #arrival: Float64Array
  #stopped = false

  constructor(cores: number, costs: Costs, random: Random) {
    this.costs = costs
    this.#cores = cores
    this.#random = random
    this.busy = new Float64Array(cores)
    this.#processes = new Array<Process | undefined>(cores).fill(undefined)
    this.#loops = new Float64Array(cores)
    this.#running = new Int32Array(cores).fill(NONE)
    this.#first = new Int32Array(2 * cores).fill(NONE)
    this.#last = new Int32Array(2 * cores).fill(NONE)
    this.#until = new Float64Array(cores)
    this.#doneAt = new Float64Array(cores)
    this.#arrival = new Float64Array(cores * cores)
  }

  /** `loop`: how often the process looks when it is idle, µs. */
  host(core: number, process: Process, loop: number): void {
    this.#processes[core] = process
    this.#loops[core] = loop
  }

  /** A kind of call for `at`. */
  on(call: (subject: number) => void): number {
    this.#calls.push(call)
    return FIRST_CALL + this.#calls.length - 1
  }

  /** Calls at `time`, which costs nobody anything. */
  at(time: number, call: number, subject: number): void {
    this.#add(Math.max(time, this.now), call, subject)
  }

  /** A frame, which takes no core until it is at `core` at `time`. */
  frame(time: number, core: number, kind: number, connection: number, word = 0): void {
    this.#add(Math.max(time, this.now), ARRIVE, this.#make(core, kind, NONE, connection, word, undefined, 0))
  }

  /** A message. Both ends pay for it: the sender at once. */
  send(
    from: number,
    to: number,
    kind: number,
    sender: number,
    connection: number,
    word: number,
    message: Message | undefined,
  ): void {
    const { costs } = this
    const far = this.#isFar(from, to)
    this.charge(from, far ? costs.messageFar : costs.messageNear)
    const pair = from * this.#cores + to
    const hop = this.#hop(far)
    const time = Math.max(this.now + hop, this.#arrival[pair]!)
    this.#arrival[pair] = time
    this.#add(time, ARRIVE, this.#make(to, kind, sender, connection, word, message, far ? 1 : 0))
  }

  /** A message that waits for nothing in hand at the other end, where it is `call`; `signalled` is its cost there. */
  signal(from: number, to: number, call: number, subject: number): void {
    const far = this.#isFar(from, to)
    this.charge(from, far ? this.costs.messageFar : this.costs.messageNear)
    this.#add(this.now + this.#hop(far), call, subject)
  }

  signalled(from: number, to: number): void {
    this.charge(to, this.#isFar(from, to) ? this.costs.messageFar : this.costs.messageNear)
  }

  /** What a core is to do after all that it does first: `line` 1. */
  post(core: number, line: number, kind: number, connection: number): void {
    this.#line(this.#make(core, kind, NONE, connection, 0, undefined, 0), line)
  }

  /** More time of a core for what it has just done, or beside what it has in hand. */
  charge(core: number, time: number): void {
    this.busy[core]! += time
    this.#until[core] = Math.max(this.#until[core]!, this.#doneAt[core]!, this.now) + time
  }

  /** What taking `item` costs beyond its contents. */
  taking(item: number): number {
    return this.far[item] === 1 ? this.costs.messageFar : this.costs.messageNear
  }

  /** What the data of a request cost more than its message does: of what has come, and at `core` when the other end is at `other`. */
  dataOf(item: number): number {
    return this.far[item] === 1 ? (this.costs.farData ?? 0) : 0
  }

  dataBetween(core: number, other: number): number {
    return this.costs.farData !== undefined && this.#isFar(core, other) ? this.costs.farData : 0
  }

  /** Nothing is in hand or in the lines of `core`. */
  idle(core: number): boolean {
    return (
      this.#running[core] === NONE && this.#first[2 * core] === NONE && this.#first[2 * core + 1] === NONE
    )
  }

  /** Nothing waits in the line of work of its own. */
  spare(core: number): boolean {
    return this.#first[2 * core + 1] === NONE
  }

  stop(): void {
    this.#stopped = true
  }

  /** Until `stop`, or until nothing is to happen any more. */
  run(): void {
    const agenda = this.#agenda
    while (!this.#stopped && agenda.take()) {
      this.now = agenda.time
      const { kind, subject } = agenda
      if (kind === ARRIVE) this.#line(subject, 0)
      else if (kind === DONE) this.#done(subject)
      else this.#calls[kind - FIRST_CALL]!(subject)
    }
  }

  #line(item: number, line: number): void {
    const core = this.#core[item]!
    const at = 2 * core + line
    if (this.#first[at] === NONE) this.#first[at] = item
    else this.#next[this.#last[at]!] = item
    this.#last[at] = item
    if (this.#running[core] === NONE) this.#begin(core, this.#loops[core]! * this.#random.unit())
  }

  #begin(core: number, notice: number): void {
    const at = this.#first[2 * core] === NONE ? 2 * core + 1 : 2 * core
    const item = this.#first[at]!
    this.#first[at] = this.#next[item]!
    this.#next[item] = NONE
    this.#running[core] = item
    const start = Math.max(this.now + notice, this.#until[core]!)
    // The process may ask for the time at which it begins.
    const { now } = this
    this.now = start
    const cost = this.#processes[core]!.cost(item)
    this.now = now
    this.busy[core]! += cost
    this.#doneAt[core] = start + cost
    this.#add(start + cost, DONE, core)
  }

  #done(core: number): void {
    const item = this.#running[core]!
    this.items++
    this.#processes[core]!.run(item)
    this.message[item] = undefined
    this.#next[item] = this.#free
    this.#free = item
    this.#running[core] = NONE
    if (this.#first[2 * core] !== NONE || this.#first[2 * core + 1] !== NONE) this.#begin(core, 0)
  }

  #hop(far: boolean): number {
    return (far ? this.costs.hopFar : this.costs.hopNear) + exponential(this.#random, this.costs.jitter)
  }

  #isFar(from: number, to: number): boolean {
    const { coresPerSocket } = this.costs
    return Math.trunc(from / coresPerSocket) !== Math.trunc(to / coresPerSocket)
  }

  #add(time: number, kind: number, subject: number): void {
    this.#ties = (this.#ties + 1) >>> 0
    this.#agenda.add(time, this.#ties, kind, subject)
  }

  #make(
    core: number,
    kind: number,
    sender: number,
    connection: number,
    word: number,
    message: Message | undefined,
    far: number,
  ): number {
    let item = this.#free
    if (item === NONE) {
      item = this.#used++
      if (item === this.kind.length) this.#grow()
    } else this.#free = this.#next[item]!
    this.#next[item] = NONE
    this.#core[item] = core
    this.kind[item] = kind
    this.sender[item] = sender
    this.connection[item] = connection
    this.word[item] = word
    this.message[item] = message
    this.far[item] = far
    return item
  }

  #grow(): void {
    if (2 * this.kind.length > MOST_ITEMS)
      throw new ExperimentError({
        where: "workload",
        message: `workload: more than ${MOST_ITEMS} messages and frames at a time: it overloads this configuration, lower its rate`,
      })
    this.kind = longer(this.kind)
    this.far = longer(this.far)
    this.sender = longer(this.sender)
    this.connection = longer(this.connection)
    this.word = longer(this.word)
    this.#core = longer(this.#core)
    this.#next = longer(this.#next)
  }
}
