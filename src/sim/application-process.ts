/**
 * An application's process in virtual time: the attachment that a real one has, an accept loop, and what it does with its
 * connections. It may be stopped, continued and killed, between any two steps of its machine.
 */
import { Attachment, type AttachmentHost, type Welcome } from "../application/attachment.ts"
import type { ApplicationEvent, Env } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import type { Region } from "../memory/region.ts"
import type { Alarm } from "./agenda.ts"
import type { Random } from "./random.ts"
import type { Process } from "./scenario.ts"
import { Service, type ServiceWorld } from "./service.ts"

export interface ApplicationWorld extends ServiceWorld {
  ringServer(index: number): void
  record(a: number, port: number, event: ApplicationEvent, env: Env, out: Outbox): void
  /** The messages of the step recorded last have left the process, or never did. */
  sent(a: number): void
  unsent(port: number): void
  /** The process has ended, by itself or killed; the supervisor will notice. */
  gone(a: number): void
}

/** Thrown out of the process's own code where SIGKILL hit it. */
const KILLED = Symbol("killed")

export class ApplicationProcess {
  readonly a: number
  readonly process: Process
  readonly attachment: Attachment
  readonly services: Array<Service> = []
  served = 0
  alive = true
  readonly #world: ApplicationWorld
  readonly #random: Random
  readonly #alarm: Alarm
  #stopped = false
  #leaving = false
  /** Steps of its machine until SIGKILL hits. */
  #fuse = Number.POSITIVE_INFINITY
  #hit = false

  /** `alarm`: at it `wake` is called. */
  constructor(
    process: Process,
    welcome: Welcome,
    links: ReadonlyArray<{ readonly region: Region; readonly offset: number }>,
    alarm: Alarm,
    world: ApplicationWorld,
    random: Random,
  ) {
    this.a = welcome.a
    this.process = process
    this.#alarm = alarm
    this.#world = world
    this.#random = random
    const { port } = welcome
    const host: AttachmentHost = {
      links,
      now: () => world.now,
      ringServer: (k) => world.ringServer(k),
      record: (event, env, out) => this.#record(port, event, env, out),
      sent: () => this.#sent(),
      connection: (stream) => {
        this.services.push(new Service(stream, process.behaviour, world, random))
      },
    }
    this.attachment = new Attachment(welcome, host)
    this.#alarm.set(world.now + this.#latency())
  }

  /** Every manager has known for so long that it listens, µs; the stack's word. */
  knownSince = Number.POSITIVE_INFINITY

  get listening(): boolean {
    return this.alive && !this.#leaving && this.attachment.state.phase === "Up"
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Its doorbell rings. */
  ring(): void {
    if (this.alive) this.#alarm.set(this.#world.now + this.#latency())
  }

  /** The agenda's time for it has come. */
  wake(): void {
    if (!this.#alarm.rings() || !this.alive || this.#stopped) return
    this.#guarded(() => this.#turn())
  }

  /** SIGSTOP, SIGCONT. */
  stop(): void {
    this.#stopped = true
  }

  proceed(): void {
    if (!this.alive || !this.#stopped) return
    this.#stopped = false
    this.#alarm.set(this.#world.now + this.#latency())
  }

  /** SIGKILL after so many more steps of its machine; 0: now. */
  kill(steps: number): void {
    if (!this.alive) return
    if (steps === 0) this.#die()
    else this.#fuse = Math.min(this.#fuse, steps)
  }

  /** Closes the listener; ends when its last connection has. */
  leave(): void {
    if (!this.alive || this.#leaving) return
    this.#leaving = true
    this.#guarded(() => this.attachment.closeListener())
    this.ring()
  }

  /** Closes the listener, and lives on. */
  closeListener(): void {
    if (this.alive) this.#guarded(() => this.attachment.closeListener())
  }

  #turn(): void {
    const { attachment } = this
    // As `socket/attach.ts`: sleeps only when the rings, looked at after the flag was set, are empty.
    attachment.poll()
    let next = this.#serve()
    attachment.flush()
    while (!attachment.arm()) {
      attachment.poll()
      next = Math.min(next, this.#serve())
      attachment.flush()
    }
    if (this.#leaving && attachment.live === 0) {
      this.#die()
      return
    }
    if (next < Number.POSITIVE_INFINITY) this.#alarm.set(Math.max(next, this.#world.now + 1))
  }

  /** Every connection that has changed or whose time has come. */
  #serve(): number {
    const { services } = this
    let next = Number.POSITIVE_INFINITY
    let kept = 0
    for (const service of services) {
      next = Math.min(next, service.step())
      if (service.over) this.served++
      else services[kept++] = service
    }
    services.length = kept
    return next
  }

  #record(port: number, event: ApplicationEvent, env: Env, out: Outbox): void {
    const hit = --this.#fuse < 0
    // Before the step is recorded, between its record and its messages, or after these: before it says so.
    if (hit && this.#random.chance(0.3)) throw KILLED
    this.#world.record(this.a, port, event, env, out)
    if (!hit) return
    if (out.length > 0 && this.#random.chance(0.5)) {
      this.#hit = true
      return
    }
    if (out.length > 0) this.#world.unsent(port)
    throw KILLED
  }

  #sent(): void {
    if (this.#hit) throw KILLED
    this.#world.sent(this.a)
  }

  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (error !== KILLED) throw error
      this.#die()
    }
  }

  #die(): void {
    this.alive = false
    this.#world.gone(this.a)
  }

  #latency(): number {
    const { latency, hiccup, distraction } = this.process
    const [low, high] = this.#random.chance(hiccup) ? distraction : latency
    return this.#random.between(low, high)
  }
}
