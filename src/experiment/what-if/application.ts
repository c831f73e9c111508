/** An application as it was recorded: there from its first registration, gone when it went, as slow as it was then. */
import type { Message } from "../../core/message.ts"
import type { Life } from "../../trace/follow.ts"
import * as Kind from "../kinds.ts"
import type { Shared } from "../stack.ts"
import { WebServer } from "../web-server.ts"
import type { Workload } from "../workload.ts"
import type { RecordedPeers } from "./peers.ts"

/** µs between two looks whether everybody has consumed the end of the process before. */
const AGAIN = 100

/** Claims all that is announced, as the stack's sockets do; its times are the recording's. */
const eager: Workload = {
  arrivals: { kind: "closed", clients: 1 },
  flows: "even",
  service: { kind: "fixed", mean: 0 },
  delays: [],
  requests: 1,
  think: { kind: "fixed", mean: 0 },
  claims: "eager",
}

export class RecordedApplication extends WebServer {
  readonly #shared: Shared
  readonly #peers: RecordedPeers
  readonly #lives: ReadonlyArray<Life>
  /** Whether no transport and no manager knows of a process in the slot. */
  readonly #forgotten: (a: number) => boolean
  /** By transport: acknowledgements of attachments that are under way. */
  readonly #owed: Int32Array

  constructor(
    a: number,
    core: number,
    shared: Shared,
    peers: RecordedPeers,
    buffers: number,
    life: { readonly lives: ReadonlyArray<Life>; readonly forgotten: (a: number) => boolean },
  ) {
    super(a, core, shared, eager, buffers)
    this.#shared = shared
    this.#peers = peers
    this.#owed = new Int32Array(shared.topology.transports)
    this.#lives = life.lives.filter((x) => x.application === a)
    this.#forgotten = life.forgotten
  }

  override start(): void {
    const { machine } = this.#shared
    /** What can't be yet is tried again, as long as the process of life `n` is there. */
    const later = (call: number, n: number): void => {
      if (!(this.#lives[n]!.ended <= machine.now + AGAIN)) machine.at(machine.now + AGAIN, call, n)
    }
    const attach = machine.on((n) => {
      if (this.state.phase === "Down" && this.#forgotten(this.a)) {
        for (let t = 0; t < this.#owed.length; t++) this.#owed[t]!++
        this.step({ _tag: "Attach", g: this.state.g })
      } else later(attach, n)
    })
    const close = machine.on((n) => {
      if (this.state.phase === "Up") this.step({ _tag: "CloseListener" })
      else later(close, n)
    })
    const die = machine.on(() => {
      if (this.state.phase !== "Down") this.step({ _tag: "Die" })
      this.empty()
    })
    this.#lives.forEach(({ from, closed, ended }, n) => {
      machine.at(from, attach, n)
      if (!Number.isNaN(closed)) machine.at(closed, close, n)
      if (!Number.isNaN(ended)) machine.at(ended, die, n)
    })
  }

  override run(item: number): void {
    const { machine, connections } = this.#shared
    const kind = machine.kind[item]
    const own = kind === Kind.REQUEST || kind === Kind.HELD
    // What ended meanwhile needs nothing any more; what was sent to a process that ended is nobody's.
    if (own && connections.id[machine.connection[item]!] === -1) this.accept()
    else if (kind === Kind.ENDED && this.#stale(machine.sender[item]!)) this.accept()
    else super.run(item)
  }

  protected override receive(message: Message, t: number, k: number): void {
    if (message._tag === "Attached") {
      // Of a process that ended before it came, too, it is owed one.
      if (--this.#owed[t]! === 0 && this.#stale(t) && this.state.phase !== "Down")
        super.receive(message, t, k)
    } else if (!this.#stale(t)) super.receive(message, t, k)
  }

  protected override working(k: number): number {
    const { machine, connections } = this.#shared
    return connections.id[k] === -1 ? 0 : this.#peers.work(k, this.a, machine.now)
  }

  protected override holding(k: number): number {
    return this.#peers.hold(k, this.a, this.#shared.machine.now)
  }

  /** Transport `t` sent it to the process before. */
  #stale(t: number): boolean {
    return this.state.phase === "Down" || this.state.awaiting.includes(t)
  }
}
