/**
 * A whole stack, its applications and its clients in virtual time. Everything that happens is an event of one agenda, and a
 * scenario determines all of it.
 */
import type { Welcome } from "../application/attachment.ts"
import type { ApplicationEvent, Env } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import type { Region } from "../memory/region.ts"
import { ipv4 } from "../net/classify.ts"
import type { ControlAnswer, ControlWord } from "../ports/control.ts"
import { parseConfiguration, type StackPlan } from "../server/configuration.ts"
import type { Server } from "../server/server.ts"
import { Agenda, Alarm, type Calendar, type Wanted } from "./agenda.ts"
import { ApplicationProcess, type ApplicationWorld } from "./application-process.ts"
import { Chronicle, type ChronicleWorld, HOSTILE, type Recorder } from "./chronicle.ts"
import type { Conversation, Plan } from "./conversation.ts"
import { Flood } from "./flood.ts"
import type { Host, HostWorld } from "./host.ts"
import { HostileProcess } from "./hostile.ts"
import type { Incident } from "./incident.ts"
import * as kinds from "./kinds.ts"
import { Network, type NetworkWorld } from "./network.ts"
import { FIRST_HOST_IP, macOf, makeHosts, makeServers, networkOptions } from "./parts.ts"
import { Random } from "./random.ts"
import type { Process, Scenario } from "./scenario.ts"
import type { ServerProcess, ServerWorld } from "./server-process.ts"
import { type Link, Supervisor, type SupervisorWorld } from "./supervisor.ts"
import { overdue } from "./verdict.ts"

/** Longer than any stall: what every manager was told by then it has heard, whoever told it first, µs. */
const GRACE = 100_000
/** Between two wishes of a process that found no slot free, µs. */
const ASK_AGAIN = 5_000
const STACK_MAC = [2, 0, 0, 0, 0, 2]
const STACK_IP = ipv4("10.1.0.2")
const FLOOD_IP = ipv4("10.2.0.1")

/** Longer than a server ever stands still, µs. */
const LONGEST_STALL = 50_000

/** Something that must never happen has happened. */
export class Wrong extends Error {
  override readonly name = "Wrong"
}

export class World
  implements Calendar, NetworkWorld, HostWorld, ServerWorld, ApplicationWorld, SupervisorWorld, ChronicleWorld
{
  now = 1_000
  /** Events that have happened. */
  events = 0
  readonly scenario: Scenario
  readonly plan: StackPlan
  readonly chronicle: Chronicle
  readonly conversations: Array<Conversation> = []
  readonly network: Network
  readonly hosts: ReadonlyArray<Host>
  readonly processes: ReadonlyArray<ServerProcess>
  readonly supervisor: Supervisor
  /** By slot. */
  readonly applications: Array<ApplicationProcess | HostileProcess | undefined>
  readonly #agenda = new Agenda()
  readonly #random: Random
  readonly #order: Random
  readonly #linkServers: Array<number> = []
  readonly #flood: Flood
  readonly #plans: Array<Plan>
  /** Words and answers under way, by server, oldest first. */
  readonly #words: Array<Array<ControlWord>>
  readonly #answers: Array<Array<ControlAnswer>>
  readonly #alarms: ReadonlyArray<Alarm>
  /** By slot. */
  readonly #recorders: ReadonlyArray<Recorder>
  #isCalm = false

  /** `keep`: the logs of the protocol's steps are kept. */
  constructor(scenario: Scenario, keep = true) {
    this.scenario = scenario
    this.#random = new Random(scenario.seed).stream("world")
    this.#order = this.#random.stream("order")
    this.plan = parseConfiguration(scenario.configuration)
    const { plan } = this
    const { topology, link } = scenario
    this.chronicle = new Chronicle(topology, scenario.ports, keep, this)
    this.supervisor = new Supervisor(plan, topology, link, this)
    const network = networkOptions(scenario, plan, STACK_MAC)
    this.network = new Network(network, scenario.wire, this, this.#random.stream("network"))
    this.#words = plan.servers.map(() => [])
    this.#answers = plan.servers.map(() => [])
    this.#plans = [...scenario.plans]
    this.applications = new Array(topology.applications).fill(undefined)
    this.#recorders = this.applications.map(() => this.chronicle.recorder())
    this.#alarms = this.applications.map((_, a) => new Alarm(this, kinds.APPLICATION, a))
    plan.servers.forEach(({ link }, server) => {
      if (link !== undefined) this.#linkServers[link] = server
    })
    const identity = { ip: STACK_IP, mac: STACK_MAC }
    this.processes = makeServers(scenario, plan, identity, this, this.#random)
    this.hosts = makeHosts(scenario, plan, identity, this, this.#random)
    const floodNode = plan.links + scenario.hosts
    const floodAlarm = new Alarm(this, kinds.FLOOD, 0)
    this.#flood = new Flood(floodNode, FLOOD_IP, macOf(200), identity, this.network, floodAlarm)
    for (const x of scenario.processes) this.at(x.at, kinds.ASK, x.index)
    for (const [k, x] of scenario.plans.entries()) this.at(x.at, kinds.BEGIN_CONVERSATION, k)
    for (const [k, x] of scenario.incidents.entries()) this.at(x.at, kinds.INCIDENT, k)
    this.at(scenario.calmAt, kinds.CALM, 0)
  }

  get servers(): ReadonlyArray<Server> {
    return this.processes.map((x) => x.server)
  }

  /** Applications that keep the protocol and have not ended. */
  get living(): ReadonlyArray<ApplicationProcess> {
    return this.applications.filter((x) => x instanceof ApplicationProcess)
  }

  /** Goes on until nothing is left to happen. @throws {Wrong} */
  run(mostEvents: number): void {
    const agenda = this.#agenda
    for (let k = 0; k < mostEvents; k++) {
      if (!agenda.take()) return
      this.#begun()
    }
    this.fail(`not at rest after ${mostEvents} events`)
  }

  /** The first of the events that are `wanted` happens, before others that are due; false: none is. @throws {Wrong} */
  next(wanted: Wanted): boolean {
    if (!this.#agenda.takeFirst(wanted)) return false
    this.#begun()
    return true
  }

  /** The event that was taken happens: late, if others were let before it. */
  #begun(): void {
    const { time, kind, subject } = this.#agenda
    this.now = Math.max(this.now, time)
    this.events++
    this.#happen(kind, subject)
  }

  /** More conversations, from now on. */
  ask(plans: ReadonlyArray<Plan>): void {
    for (const plan of plans) {
      this.at(this.now + 1_000, kinds.BEGIN_CONVERSATION, this.#plans.length)
      this.#plans.push(plan)
    }
  }

  /** Ends the servers' programs. */
  stop(): void {
    for (const x of this.processes) x.stop()
  }

  #happen(kind: number, subject: number): void {
    switch (kind) {
      case kinds.AT_SERVER:
        this.processes[subject]!.wake()
        break
      case kinds.APPLICATION:
        // Its alarm may be its predecessor's.
        if (this.applications[subject] === undefined) this.#alarms[subject]!.rings()
        else this.applications[subject].wake()
        break
      case kinds.FRAME:
        this.network.deliver(subject)
        break
      case kinds.AT_HOST:
        this.hosts[subject]!.timer()
        break
      case kinds.CONVERSATION:
        this.#wakeConversation(this.conversations[subject])
        break
      case kinds.PATIENCE:
        this.conversations[subject]!.abort("patience")
        this.hosts[this.conversations[subject]!.plan.host]!.arrange()
        break
      case kinds.BEGIN_CONVERSATION:
        this.#begin(this.#plans[subject]!)
        break
      case kinds.INCIDENT:
        this.#befall(this.scenario.incidents[subject]!)
        break
      case kinds.ASK:
        this.#askForSlot(this.scenario.processes[subject]!)
        break
      case kinds.WORD:
        this.processes[subject]!.tell(this.#words[subject]!.shift()!)
        break
      case kinds.ANSWER:
        this.supervisor.answered(subject, this.#answers[subject]!.shift()!)
        break
      case kinds.NOTICE:
        this.supervisor.lost(subject)
        break
      case kinds.CONTINUE:
        this.#timely()
        this.applications[subject]?.proceed()
        break
      case kinds.CALM:
        this.#calm()
        break
      case kinds.FLOOD:
        this.#flood.timer(this.now)
        break
    }
  }

  #wakeConversation(conversation: Conversation | undefined): void {
    if (conversation === undefined) return
    conversation.wake()
    this.hosts[conversation.plan.host]!.arrange()
  }

  #begin(plan: Plan): void {
    const index = this.conversations.length
    const conversation = this.hosts[plan.host]!.begin(plan, new Alarm(this, kinds.CONVERSATION, index))
    if (conversation === undefined) return
    this.conversations.push(conversation)
    this.at(this.now + this.scenario.patience, kinds.PATIENCE, index)
  }

  #befall(incident: Incident): void {
    switch (incident._tag) {
      case "Kill":
        this.#kill(incident.slot % this.applications.length, incident.steps)
        break
      case "Stop": {
        const a = incident.slot % this.applications.length
        this.applications[a]?.stop()
        this.at(this.now + incident.during, kinds.CONTINUE, a)
        break
      }
      case "Leave":
        this.applications[incident.slot % this.applications.length]?.leave()
        break
      case "Reboot":
        this.hosts[incident.host]!.reboot()
        break
      case "Flood":
        this.#flood.burst(incident.count, incident.port, this.now)
        break
      default:
        incident satisfies never
    }
  }

  #kill(a: number, steps: number): void {
    const application = this.applications[a]
    if (application !== undefined) application.kill(steps)
    // Killed before it was welcomed.
    else if (this.supervisor.processIn(a) !== undefined) this.supervisor.lost(a)
  }

  #askForSlot(process: Process): void {
    if (this.supervisor.ask(process) || this.#isCalm) return
    this.at(this.now + ASK_AGAIN, kinds.ASK, process.index)
  }

  /** While an application stood still, the claim timers ran. */
  #timely(): void {
    for (const x of this.chronicle.instances.values()) {
      const late = overdue(x, this.now, LONGEST_STALL)
      if (late.length > 0) this.fail(late.join("; "))
    }
  }

  #calm(): void {
    this.#isCalm = true
    this.network.up = this.scenario.calm
    this.network.down = this.scenario.calm
    for (const x of this.applications) x?.proceed()
    for (const x of this.processes) x.calm()
  }

  // What the parts ask of their world.

  at(time: number, kind: number, subject: number): void {
    this.#agenda.add(time, this.#order.draw(), kind, subject)
  }

  fail(why: string): never {
    throw new Wrong(`at ${this.now} µs: ${why}`)
  }

  arrival(time: number, slot: number): void {
    this.at(time, kinds.FRAME, slot)
  }

  frame(node: number, region: Region, offset: number, length: number): void {
    if (node < this.plan.links) {
      this.processes[this.#linkServers[node]!]!.arrive(region, offset, length)
    } else this.hosts[node - this.plan.links]?.frame(region, offset, length)
  }

  mayHearNonsense(conversation: Conversation): boolean {
    return conversation.excuses.includes(HOSTILE)
  }

  ringServer(index: number): void {
    this.processes[index]!.ring()
  }

  ringApplication(a: number): void {
    this.applications[a]?.ring()
  }

  answered(index: number, answer: ControlAnswer): void {
    if (answer._tag === "Ready") return
    this.#answers[index]!.push(answer)
    this.at(this.now + this.#controlDelay(), kinds.ANSWER, index)
  }

  tell(server: number, word: ControlWord): void {
    this.#words[server]!.push(word)
    this.at(this.now + this.#controlDelay(), kinds.WORD, server)
  }

  begin(process: Process, welcome: Welcome, links: ReadonlyArray<Link>): void {
    const { a } = welcome
    const random = this.#random.stream(`process ${process.index}`)
    const alarm = this.#alarms[a]!
    if (process.hostile) {
      this.chronicle.instances.get(process.port)!.monitor.off = true
      this.applications[a] = new HostileProcess(process, welcome, links, alarm, this, random)
    } else this.applications[a] = new ApplicationProcess(process, welcome, links, alarm, this, random)
  }

  listens(a: number, process: Process): void {
    const application = this.applications[a]
    if (application instanceof ApplicationProcess && application.process === process) {
      application.knownSince = this.now
    }
  }

  isListenedOn(port: number): boolean {
    return this.living.some((x) => x.listening && x.process.port === port && x.knownSince + GRACE < this.now)
  }

  record(a: number, port: number, event: ApplicationEvent, env: Env, out: Outbox): void {
    this.#recorders[a]!.record("application", a, port, event, env, out)
  }

  sent(a: number): void {
    this.#recorders[a]!.writer.sent()
  }

  unsent(port: number): void {
    this.chronicle.unsent(port)
  }

  gone(a: number): void {
    this.applications[a] = undefined
    this.at(this.now + this.#controlDelay(), kinds.NOTICE, a)
  }

  flowOf(t: number, port: number, c: number): number {
    return this.servers.find((x) => x.transport?.t === t)?.transport?.flowOf(port, c) ?? -1
  }

  excuseFlow(flow: number, why: string): void {
    if (flow >= 0) this.#conversationAt(Math.floor(flow / 65536), flow % 65536)?.excuses.push(why)
  }

  excuse(peerIp: number, peerPort: number, why: string): void {
    this.#conversationAt(peerIp >>> 0, peerPort)?.excuses.push(why)
  }

  maySpeak(conversation: number, peerIp: number, peerPort: number): boolean {
    const host = this.hosts[(peerIp >>> 0) - FIRST_HOST_IP]
    if (host?.conversationAt(peerPort)?.plan.id === conversation) return true
    // What a host said before its end may be heard after it; what it was done with, too.
    return this.conversations.some(
      (x) =>
        x.plan.id === conversation &&
        x.localPort === peerPort &&
        this.hosts[x.plan.host] === host &&
        x.ended !== undefined,
    )
  }

  isHostile(a: number): boolean {
    return this.supervisor.processIn(a)?.hostile === true
  }

  /** From the supervisor to a server and back, µs. */
  #controlDelay(): number {
    const [low, high] = this.scenario.control
    return this.#order.between(low, high)
  }

  #conversationAt(ip: number, port: number): Conversation | undefined {
    return this.hosts[ip - FIRST_HOST_IP]?.conversationAt(port)
  }
}
