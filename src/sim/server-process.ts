/** A server's process in virtual time: the program that hosts it live, on simulated ports, woken by the agenda alone. */
import { Cause, Effect, Exit, type Fiber, Layer } from "effect"
import type { Region } from "../memory/region.ts"
import { Control, type ControlAnswer, type ControlWord } from "../ports/control.ts"
import {
  Clock,
  Doorbell,
  Entropy,
  Mailbox,
  Nic,
  type QueueEnds,
  Recorder,
  type RecorderShape,
} from "../ports/ports.ts"
import { acquireServer, hostServer } from "../server/program.ts"
import type { Server, ServerOptions } from "../server/server.ts"
import type { Alarm } from "./agenda.ts"
import type { SimNic } from "./nic.ts"
import type { Random } from "./random.ts"
import type { Pace } from "./scenario.ts"
import { StepScheduler } from "./scheduler.ts"

export interface ServerWorld {
  readonly now: number
  ringServer(index: number): void
  ringApplication(a: number): void
  answered(index: number, answer: ControlAnswer): void
}

export interface ServerParts {
  readonly options: ServerOptions
  readonly queues: QueueEnds
  readonly nic: SimNic | undefined
  readonly recorder: RecorderShape
  readonly pace: Pace
}

export class ServerProcess {
  readonly index: number
  server!: Server
  readonly nic: SimNic | undefined
  turns = 0
  readonly #world: ServerWorld
  readonly #random: Random
  readonly #pace: Pace
  readonly #words: Array<ControlWord> = []
  readonly #scheduler = new StepScheduler()
  readonly #fiber: Fiber.Fiber<never, unknown>
  #resume: ((effect: Effect.Effect<void>) => void) | undefined
  #stallChance: number
  #rung = false
  #waiting = false
  readonly #alarm: Alarm
  /** How far this turn's clock has gone on since the turn began, µs. */
  #drift = 0

  /** `alarm`: at it `wake` is called. */
  constructor(parts: ServerParts, alarm: Alarm, world: ServerWorld, random: Random) {
    this.index = parts.options.index
    this.nic = parts.nic
    this.#alarm = alarm
    this.#world = world
    this.#random = random
    this.#pace = parts.pace
    this.#stallChance = parts.pace.stallChance
    const program = Effect.scoped(
      Effect.flatMap(acquireServer(parts.options), (server) => {
        this.server = server
        return hostServer(server)
      }),
    )
    const scheduler = this.#scheduler
    this.#fiber = Effect.runFork(Effect.provide(program, this.#layer(parts)), { scheduler })
    scheduler.flush()
    this.#check()
  }

  /** A bell rings: wakes the process, or keeps it from falling asleep. */
  ring(): void {
    this.#rung = true
    if (this.#waiting) this.#alarm.set(this.#world.now + this.#between(this.#pace.wake))
  }

  /** A word of the supervisor arrives. */
  tell(word: ControlWord): void {
    this.#words.push(word)
    this.ring()
  }

  /** A frame arrives at its NIC. */
  arrive(region: Region, offset: number, length: number): void {
    this.nic!.arrive(region, offset, length)
    if (this.#waiting) this.#alarm.set(this.#world.now + this.#between(this.#pace.wake))
  }

  /** The agenda's time for it has come. */
  wake(): void {
    if (!this.#alarm.rings()) return
    const resume = this.#resume
    if (resume === undefined) return
    this.#resume = undefined
    this.#waiting = false
    this.#rung = false
    this.#drift = 0
    this.turns++
    resume(Effect.void)
    this.#scheduler.flush()
    this.#check()
  }

  /** From now on the machine has nothing else to do. */
  calm(): void {
    this.#stallChance = 0
  }

  /** Nothing keeps it from sleeping on. */
  get asleep(): boolean {
    return this.#waiting && this.#alarm.due === Number.POSITIVE_INFINITY
  }

  /** Interrupts the program, which must end by that alone. */
  stop(): void {
    this.#fiber.interruptUnsafe()
    this.#scheduler.flush()
    this.#check()
    if (this.#fiber.pollUnsafe() === undefined) throw new Error(`server ${this.index} did not stop`)
  }

  #layer({ queues, nic, recorder }: ServerParts) {
    const world = this.#world
    const { ticks } = this.#pace
    const draws = this.#random.stream("draws")
    // One Effect of each kind for the whole run: what differs lies in the fields.
    const paused = Effect.callback<void>((resume) => {
      this.#resume = resume
    })
    return Layer.mergeAll(
      nic === undefined ? Layer.empty : Layer.succeed(Nic, nic),
      Layer.succeed(Mailbox, {
        ...queues,
        ringServer: (k) => world.ringServer(k),
        ringApplication: (a) => world.ringApplication(a),
      }),
      Layer.succeed(Clock, {
        now: () => {
          if (this.#drift < ticks && this.#random.chance(0.02)) this.#drift++
          return world.now + this.#drift
        },
      }),
      Layer.succeed(Entropy, { draw: () => draws.draw() }),
      Layer.succeed(Recorder, recorder),
      Layer.succeed(Doorbell, {
        longestRun: 0,
        rest: Effect.suspend(() => {
          this.#alarm.set(world.now + this.#cost())
          return paused
        }),
        wait: (until) => {
          this.#waiting = true
          if (this.#rung || this.nic?.ready === true) this.#alarm.set(world.now + this.#cost())
          else if (until < Number.POSITIVE_INFINITY)
            this.#alarm.set(Math.max(until, world.now + this.#cost()))
          return paused
        },
      }),
      Layer.succeed(Control, {
        take: () => this.#words.shift(),
        answer: (answer) => world.answered(this.index, answer),
      }),
      this.#scheduler.layer,
    )
  }

  /** How long a turn takes, µs; now and then the machine had something else to do. */
  #cost(): number {
    const { turn, stall } = this.#pace
    const cost = this.#between(turn) + this.#drift
    return this.#random.chance(this.#stallChance) ? cost + this.#between(stall) : cost
  }

  #between([low, high]: readonly [number, number]): number {
    return this.#random.between(low, high)
  }

  /** Throws what the program failed with. */
  #check(): void {
    const exit = this.#fiber.pollUnsafe()
    if (exit !== undefined && Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
      throw Cause.squash(exit.cause)
    }
  }
}
