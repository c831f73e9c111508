/**
 * A frame's way through one server: from its Link Server or another server's to the transport that the flow director's
 * rule names, here or elsewhere; and out, for a transport that has no NIC queue of its own.
 */

import type { FrameQueueReader } from "../memory/frame-queue.ts"
import type { Region } from "../memory/region.ts"
import type { Classified, FrameClass } from "../net/classified.ts"
import { classify, FRAME_TCP_SYN, type LocalAddress, makeClassified } from "../net/classify.ts"
import type { Emit } from "../net/emit.ts"
import { LOOKUP_NONE, LOOKUP_REUSE, LOOKUP_TIME_WAIT } from "../net/tcp/types.ts"
import type { ClockShape, QueueEnds } from "../ports/ports.ts"
import { type Placement, placementOf, type StackPlan } from "./configuration.ts"
import type { ConnectionManager } from "./connection-manager.ts"
import { BURST } from "./dispatcher.ts"
import { FrameEmit } from "./frame-emit.ts"
import type { SynCaller } from "./syn-call.ts"
import type { TransportServer } from "./transport-server.ts"

export class FramePath {
  /** The components of this server, each where the plan has it. `syns`: for a transport without a manager beside it. */
  transport: TransportServer | undefined
  manager: ConnectionManager | undefined
  syns: SynCaller | undefined
  /** Of this server's Link Server. */
  emit: Emit | undefined
  readonly #index: number
  readonly #plan: StackPlan
  readonly #placement: Placement
  readonly #queues: QueueEnds
  readonly #clock: ClockShape
  readonly #c: Classified

  constructor(index: number, plan: StackPlan, queues: QueueEnds, clock: ClockShape, local: LocalAddress) {
    this.#index = index
    this.#plan = plan
    this.#placement = placementOf(plan)
    this.#queues = queues
    this.#clock = clock
    this.#c = makeClassified(local)
  }

  /** Where this server's transport sends: its own NIC queue, or the first server that has one. */
  out(): Emit {
    if (this.emit !== undefined) return this.emit
    const server = this.#plan.servers.findIndex((x) => x.link !== undefined)
    return new FrameEmit(this.#queues.frameWriters[server]!)
  }

  /** A TCP frame for transport `t` from this server's Link Server. False: no room on the way to it. */
  deliver(
    t: number,
    region: Region,
    offset: number,
    length: number,
    c: Classified,
    kind: FrameClass,
  ): boolean {
    const server = this.#placement.transports[t]!
    if (server === this.#index) {
      this.#tcp(region, c, kind)
      return true
    }
    const writer = this.#queues.frameWriters[server]!
    const to = writer.reserve()
    if (to < 0) return false
    writer.region.bytes.set(region.bytes.subarray(offset, offset + length), to)
    writer.submit(length)
    return true
  }

  /** A burst of frames from every other server; answers how many. */
  receive(): number {
    const { frameReaders } = this.#queues
    let taken = 0
    for (let server = 0; server < frameReaders.length; server++) {
      const reader = frameReaders[server]
      if (reader !== undefined) taken += this.#burst(reader, this.#plan.servers[server]!.link !== undefined)
    }
    return taken
  }

  /** What a server with a link sends is for our transport; what one without sends is to go out here. */
  #burst(reader: FrameQueueReader, fromLink: boolean): number {
    let taken = 0
    for (; taken < BURST; taken++) {
      const offset = reader.peek()
      if (offset < 0) break
      const length = reader.length()
      if (fromLink) this.#tcp(reader.region, this.#c, classify(reader.region, offset, length, this.#c))
      else if (this.emit !== undefined) {
        const { emit } = this
        const to = emit.reserve(length)
        if (to < 0) break
        emit.region.bytes.set(reader.region.bytes.subarray(offset, offset + length), to)
        emit.commit(length)
      }
      reader.release()
    }
    return taken
  }

  #tcp(region: Region, c: Classified, kind: FrameClass): void {
    const { tcp } = this.transport!
    const now = this.#clock.now()
    const tcb = tcp.lookup(c)
    if (tcb >= 0) tcp.segment(tcb, region, c, now)
    else if (tcb === LOOKUP_TIME_WAIT) tcp.timeWait(c, now)
    else if (tcb === LOOKUP_REUSE || (tcb === LOOKUP_NONE && kind === FRAME_TCP_SYN)) this.#syn(c, now)
    else tcp.refuse(c, now)
  }

  /** A SYN of an unknown flow: to the Connection Manager, here or in another server. */
  #syn(c: Classified, now: number): void {
    const { t, tcp } = this.transport!
    if (this.manager === undefined) {
      this.syns!.ask(c, t, this.#placement.managers[t % this.#plan.managers]!)
    } else if (this.manager.syn(c, t) === "Refused") tcp.refuse(c, now)
  }
}
