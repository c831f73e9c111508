/**
 * The program that hosts one server, the same live, simulated and in tests: it acquires the server, takes its turns, waits
 * where there is nothing to do, and ends by interruption. A run of turns costs one Effect; within a turn there is none.
 */
import { Data, Effect, Option, type Scope } from "effect"
import { Control, type ControlShape, type ControlWord } from "../ports/control.ts"
import {
  Clock,
  type ClockShape,
  Doorbell,
  type DoorbellShape,
  Entropy,
  Mailbox,
  Nic,
  NicError,
  Recorder,
} from "../ports/ports.ts"
import { ApplicationLink } from "./application-link.ts"
import { framesBetween } from "./queues.ts"
import { Server, type ServerOptions, type ServerPorts } from "./server.ts"

/** The ports do not fit the plan. `message` names server and port. */
export class ServerError extends Data.TaggedError("ServerError")<{
  readonly server: number
  readonly message: string
}> {}

/** Turns in one run at the most, however slowly the clock goes. */
const RUN_TURNS = 1024
/** Words of the supervisor heard before one run. */
const CONTROL_BURST = 64

/** What every server needs; one with a Link Server needs a `Nic` besides. */
export type ServerServices = Mailbox | Clock | Entropy | Recorder | Doorbell | Control

/** Runs a server until it is interrupted. */
export const serverProgram = (
  options: ServerOptions,
): Effect.Effect<never, ServerError | NicError, ServerServices> =>
  Effect.scoped(Effect.flatMap(acquireServer(options), hostServer))

/** The server alone, for who hosts it otherwise or wants to look into it. Its end closes it. */
export const acquireServer = (
  options: ServerOptions,
): Effect.Effect<Server, ServerError, Mailbox | Clock | Entropy | Recorder | Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const ports: ServerPorts = {
        nic: Option.getOrUndefined(yield* Effect.serviceOption(Nic)),
        mailbox: yield* Mailbox,
        clock: yield* Clock,
        entropy: yield* Entropy,
        recorder: yield* Recorder,
      }
      const problem = portsProblem(options, ports)
      if (problem !== undefined) {
        return yield* new ServerError({
          server: options.index,
          message: `server ${options.index}: ${problem}`,
        })
      }
      return new Server(options, ports)
    }),
    (server) => Effect.sync(() => server.close()),
  )

/** Takes the server's turns for ever. */
export const hostServer = Effect.fnUntraced(function* (server: Server) {
  const run = turns(server, yield* Clock, yield* Doorbell, yield* Control)
  return yield* Effect.whileLoop({ while: always, body: run, step: nothing }) as Effect.Effect<
    never,
    NicError
  >
})

/** One run of turns, then the Effect that waits: all that stands between two bursts. */
const turns = (
  server: Server,
  clock: ClockShape,
  doorbell: DoorbellShape,
  control: ControlShape,
): (() => Effect.Effect<void, NicError>) => {
  let armed = false
  control.answer({ _tag: "Ready" })
  return () => {
    if (armed) server.disarm()
    armed = false
    try {
      const until = clock.now() + doorbell.longestRun
      for (let k = 0; k < CONTROL_BURST; k++) {
        const word = control.take()
        if (word === undefined) break
        obey(server, word, control)
      }
      for (let k = 0; k < RUN_TURNS; k++) {
        if (!server.turn() && server.arm()) {
          armed = true
          return doorbell.wait(server.nextTimer())
        }
        if (clock.now() >= until) break
      }
      return doorbell.rest
    } catch (error) {
      return error instanceof NicError ? Effect.fail(error) : Effect.die(error)
    }
  }
}

const obey = (server: Server, word: ControlWord, control: ControlShape): void => {
  switch (word._tag) {
    case "Attach": {
      const { a, g, port, region, offset, config } = word
      const ok = server.attach(new ApplicationLink(a, port, region, offset, config, g))
      control.answer({ _tag: "Attached", a, ok })
      break
    }
    case "Detach":
      control.answer({ _tag: "Detached", a: word.a, g: server.detach(word.a) })
      break
    case "Lost":
      server.lost(word.server)
      break
    case "Listens":
      server.listening.ask(word.a, () => control.answer({ _tag: "Listens", a: word.a }))
      break
    case "Counters":
      control.answer({ _tag: "Counters", counters: server.counters() })
      break
    default:
      word satisfies never
  }
}

/** How the ports contradict the plan; undefined when they do not. */
const portsProblem = ({ index, plan }: ServerOptions, { nic, mailbox }: ServerPorts): string | undefined => {
  const own = plan.servers[index]
  if (own === undefined) return `the plan has servers 0 to ${plan.servers.length - 1}`
  if (own.link !== undefined && nic === undefined) return `Link Server ${own.link} has no NIC`
  if (own.link === undefined && nic !== undefined) return "there is a NIC, but no Link Server"
  for (let k = 0; k < plan.servers.length; k++) {
    const there = (x: unknown, needed: boolean, what: string): string | undefined =>
      (x !== undefined) === needed
        ? undefined
        : `the mailbox has ${needed ? "no" : "a needless"} ${what} server ${k}`
    const problem =
      there(mailbox.writers[k], k !== index, "message queue to") ??
      there(mailbox.readers[k], k !== index, "message queue from") ??
      there(mailbox.frameWriters[k], framesBetween(plan, index, k), "frame queue to") ??
      there(mailbox.frameReaders[k], framesBetween(plan, k, index), "frame queue from")
    if (problem !== undefined) return problem
  }
  return undefined
}

const always = (): boolean => true
const nothing = (): void => {}
