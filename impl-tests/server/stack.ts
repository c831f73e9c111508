/** Whole stacks in one process: servers of any configuration on in-memory NICs, a TCP host on the other end. */

import { Attachment, type Welcome } from "../../src/application/attachment.ts"
import type { Stream } from "../../src/application/stream.ts"
import { decodeRecord, encodeRecord, RECORD_WORDS, type StepRecord } from "../../src/codec/record.ts"
import { RecorderTail, RecorderWriter, recorderBytes } from "../../src/codec/recorder-ring.ts"
import { initialApplication, stepApplication } from "../../src/core/application.ts"
import type { ApplicationEvent } from "../../src/core/event.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { defaultBalance, type SchemeName, type Topology } from "../../src/core/topology.ts"
import { appLinkBytes, initAppLink } from "../../src/memory/app-link.ts"
import { makePair, type PairedNic } from "../../src/memory/pair.ts"
import { allocateRegion, type Region } from "../../src/memory/region.ts"
import { ipv4 } from "../../src/net/classify.ts"
import type { ControlAnswer, ControlWord } from "../../src/ports/control.ts"
import { parseConfiguration, placementOf, type StackPlan } from "../../src/server/configuration.ts"
import { initQueues, queueEnds, queueLayout } from "../../src/server/queues.ts"
import type { Server } from "../../src/server/server.ts"
import { HostedServer } from "./hosting.ts"

export const stackMac = [2, 0, 0, 0, 0, 2]
export const hostMac = [2, 0, 0, 0, 0, 1]
export const stackIp = ipv4("10.1.0.2")
export const hostIp = ipv4("10.1.0.1")
export const PORT = 80
const link = { queueCapacity: 256, slots: 16, rxBytes: 8192, txBytes: 8192 }
const secret = Uint8Array.from({ length: 32 }, (_, k) => k)
const RECORDS = 1 << 14

export const tcpConfig = (localIp: number, localMac: ReadonlyArray<number>) => ({
  localIp,
  localMac,
  maxConnections: 256,
  maxTimeWait: 1024,
  stagingBytes: 4096,
  stagingSlots: 128,
  secret,
  maxReceiveBytes: 8192,
})

export interface App {
  readonly a: number
  readonly attachment: Attachment
  readonly streams: Array<Stream>
}

export const testTopology = (
  plan: StackPlan,
  applications: number,
  scheme: SchemeName = defaultBalance.scheme,
): Topology => ({
  applications,
  managers: plan.managers,
  transports: plan.transports,
  connections: 64,
  backlog: 32,
  room: 8,
  claimTimeout: 5000,
  balance: { ...defaultBalance, scheme },
})

export class TestStack {
  readonly plan: StackPlan
  now = 1000
  readonly topology: Topology
  readonly hosted: Array<HostedServer> = []
  /** Slots whose doorbell was rung. */
  readonly rung: Array<number> = []
  /** Servers that take no turns in `settle`. */
  readonly stopped = new Set<number>()
  /** The host's ends of the wires, one for each link. */
  readonly wires: Array<PairedNic> = []
  readonly #tails: Array<RecorderTail> = []
  readonly #logs = new Map<number, Array<StepRecord>>()
  readonly #regions: Array<Region> = []
  #draw = 1

  /** `messages`, `frames`: slots of each queue between servers. */
  constructor(
    configuration: string,
    applications = 4,
    messages = 256,
    frames = 64,
    scheme: SchemeName = defaultBalance.scheme,
  ) {
    const plan = parseConfiguration(configuration)
    this.plan = plan
    this.topology = testTopology(plan, applications, scheme)
    const layout = queueLayout(plan, messages, frames)
    const queues = allocateRegion(layout.bytes)
    initQueues(queues, layout)
    for (let k = 0; k < applications; k++) {
      this.#regions.push(allocateRegion(appLinkBytes(link) * plan.servers.length))
    }
    plan.servers.forEach((own, index) => {
      const [mine, other] = makePair({ rxSlots: 256, txSlots: 256, bufSize: 2048 })
      if (own.link !== undefined) this.wires.push(other)
      const options = { index, plan, topology: this.topology, tcp: tcpConfig(stackIp, stackMac) }
      this.hosted.push(
        new HostedServer(options, {
          queues: queueEnds(queues, layout, index),
          nic: own.link === undefined ? undefined : mine,
          now: () => this.now,
          draw: () => this.draw(),
          recorder: this.recorder(),
          ringServer: (k) => this.hosted[k]!.ring(),
          ringApplication: (a) => this.rung.push(a),
        }),
      )
    })
  }

  get servers(): ReadonlyArray<Server> {
    return this.hosted.map((x) => x.server)
  }

  draw(): number {
    this.#draw = (Math.imul(this.#draw, 1664525) + 1013904223) >>> 0
    return this.#draw
  }

  recorder(): RecorderWriter {
    const region = allocateRegion(recorderBytes(RECORDS))
    this.#tails.push(new RecorderTail(region, 0, RECORDS))
    return new RecorderWriter(region, 0, RECORDS)
  }

  /** A process takes slot `a`, as the supervisor would let it. */
  attach(a: number, g = 0): App {
    const region = this.#regions[a]!
    const stride = appLinkBytes(link)
    this.hosted.forEach((_, k) => {
      initAppLink(region, k * stride, link)
    })
    const out = new Outbox()
    let state = { ...initialApplication(a), g }
    const step = (event: ApplicationEvent) => {
      out.clear()
      state = stepApplication(state, event, this.topology, out)
      const words = new Int32Array(RECORD_WORDS)
      encodeRecord(words, 0, "application", a, PORT, event, { now: this.now, draw: 0 }, out)
      this.#add(words)
    }
    step({ _tag: "Attach", g })
    this.hosted.forEach((x, k) => {
      const word: ControlWord = { _tag: "Attach", a, g, port: PORT, region, offset: k * stride, config: link }
      const answer = this.#ask(x, word)
      if (answer._tag !== "Attached" || !answer.ok) throw new Error(`slot ${a} is not free at server ${k}`)
      const { transport } = this.plan.servers[k]!
      if (transport !== undefined) step({ _tag: "ReceiveAttached", t: transport })
    })
    const welcome: Welcome = {
      a,
      g,
      port: PORT,
      topology: this.topology,
      ...placementOf(this.plan),
      link,
    }
    const recorder = this.recorder()
    const streams: Array<Stream> = []
    const attachment = new Attachment(welcome, {
      links: this.hosted.map((_, k) => ({ region, offset: k * stride })),
      now: () => this.now,
      ringServer: (k) => this.hosted[k]!.ring(),
      record: (event, env, o) => recorder.record("application", a, PORT, event, env, o),
      connection: (stream) => streams.push(stream),
    })
    return { a, attachment, streams }
  }

  /** The process in slot `a` is killed. */
  kill(app: App): void {
    this.drain()
    const out = new Outbox()
    stepApplication(app.attachment.state, { _tag: "Die" }, this.topology, out)
    const words = new Int32Array(RECORD_WORDS)
    encodeRecord(words, 0, "application", app.a, PORT, { _tag: "Die" }, { now: this.now, draw: 0 }, out)
    this.#add(words)
    for (const x of this.hosted) this.#ask(x, { _tag: "Detach", a: app.a })
  }

  /** Answers what the server answers, within its next turn. */
  #ask(hosted: HostedServer, word: ControlWord): ControlAnswer {
    hosted.tell(word)
    hosted.turn()
    return hosted.answers.at(-1)!
  }

  /** Every server and application takes its turns until nothing moves; the clock goes on by `us`. */
  settle(apps: ReadonlyArray<App>, us = 10): void {
    this.now += us
    for (let k = 0; k < 64; k++) {
      let work = false
      for (const [k, x] of this.hosted.entries()) if (!this.stopped.has(k) && x.turn()) work = true
      for (const app of apps) if (app.attachment.poll()) work = true
      if (!work) return
    }
  }

  drain(): void {
    for (const tail of this.#tails) tail.drain((record) => this.#add(record))
  }

  logs(): ReadonlyArray<ReadonlyArray<StepRecord>> {
    this.drain()
    return [...this.#logs.values()]
  }

  #add(record: Int32Array): void {
    const key = record[1]!
    const log = this.#logs.get(key) ?? []
    log.push(decodeRecord(record, 0))
    this.#logs.set(key, log)
  }
}
