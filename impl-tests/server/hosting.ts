/** Servers as fibers of `serverProgram` on in-memory ports: each runs one turn within the call that wakes it. */
import { Cause, Effect, Exit, type Fiber, Layer } from "effect"
import type { NicRing } from "../../src/memory/nic-ring.ts"
import { Control, type ControlAnswer, type ControlWord } from "../../src/ports/control.ts"
import {
  Clock,
  Doorbell,
  Entropy,
  Mailbox,
  Nic,
  type NicShape,
  type QueueEnds,
  Recorder,
  type RecorderShape,
} from "../../src/ports/ports.ts"
import { acquireServer, hostServer } from "../../src/server/program.ts"
import type { Server, ServerOptions } from "../../src/server/server.ts"
import { StepScheduler } from "../../src/sim/scheduler.ts"

export interface HostedPorts {
  readonly queues: QueueEnds
  readonly nic: (NicShape & { readonly rx: NicRing }) | undefined
  readonly now: () => number
  readonly draw: () => number
  readonly recorder: RecorderShape
  readonly ringServer: (k: number) => void
  readonly ringApplication: (a: number) => void
  /** µs of turns in one run; 0 when left out: each turn is a call of `turn`. */
  readonly longestRun?: number
}

export class HostedServer {
  server!: Server
  readonly answers: Array<ControlAnswer> = []
  readonly #words: Array<ControlWord> = []
  readonly #fiber: Fiber.Fiber<never, unknown>
  readonly #scheduler = new StepScheduler()
  readonly #ports: HostedPorts
  #resume: ((effect: Effect.Effect<void>) => void) | undefined
  readonly #cancel = Effect.sync(() => {
    this.#resume = undefined
  })
  /** µs; −∞: it rests, and has more to do. */
  #until = Number.NEGATIVE_INFINITY
  #rung = false

  constructor(options: ServerOptions, ports: HostedPorts) {
    this.#ports = ports
    const { nic, queues, now, draw, recorder, ringServer, ringApplication } = ports
    // One Effect for every wait: until when is the host's to know.
    const wait = Effect.callback<void>((resume) => {
      this.#resume = resume
      return this.#cancel
    })
    const pause = (until: number): Effect.Effect<void> => {
      this.#until = until
      return wait
    }
    const layer = Layer.mergeAll(
      nic === undefined ? Layer.empty : Layer.succeed(Nic, nic),
      Layer.succeed(Mailbox, { ...queues, ringServer, ringApplication }),
      Layer.succeed(Clock, { now }),
      Layer.succeed(Entropy, { draw }),
      Layer.succeed(Recorder, recorder),
      Layer.succeed(Doorbell, {
        longestRun: ports.longestRun ?? 0,
        rest: Effect.suspend(() => pause(Number.NEGATIVE_INFINITY)),
        wait: pause,
      }),
      Layer.succeed(Control, {
        take: () => this.#words.shift(),
        answer: (answer) => this.answers.push(answer),
      }),
      this.#scheduler.layer,
    )
    const program = Effect.scoped(
      Effect.flatMap(acquireServer(options), (server) => {
        this.server = server
        return hostServer(server)
      }),
    )
    this.#fiber = Effect.runFork(Effect.provide(program, layer), { scheduler: this.#scheduler })
    this.check()
  }

  ring(): void {
    this.#rung = true
  }

  tell(word: ControlWord): void {
    this.#words.push(word)
    this.ring()
  }

  get resting(): boolean {
    return this.#until === Number.NEGATIVE_INFINITY
  }

  /** One turn, when something is there that must wake it. Answers whether it took one. */
  turn(): boolean {
    const { nic, now } = this.#ports
    const due = this.#rung || this.#until <= now() || (nic !== undefined && nic.rxSync() > 0)
    const resume = this.#resume
    if (!due || resume === undefined) return false
    this.#resume = undefined
    this.#rung = false
    resume(Effect.void)
    this.#scheduler.flush()
    this.check()
    return true
  }

  /** Throws what the program failed with. */
  check(): void {
    const exit = this.#fiber.pollUnsafe()
    if (exit !== undefined && Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause))
      throw Cause.squash(exit.cause)
  }

  /** Interrupts the program. */
  stop(): Exit.Exit<never, unknown> | undefined {
    this.#fiber.interruptUnsafe()
    this.#scheduler.flush()
    return this.#fiber.pollUnsafe()
  }
}
