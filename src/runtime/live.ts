/** The ports of a server process, as layers: descriptors and shared memory from the supervisor, the machine's clock. */
import { Context, Effect, Layer, Option } from "effect"
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import { appLinkBytes } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import * as native from "../native/native.ts"
import { Control, type ControlAnswer, type ControlWord } from "../ports/control.ts"
import { Clock, Doorbell, type DoorbellShape, Entropy, Mailbox, Nic, Recorder } from "../ports/ports.ts"
import type { StackPlan } from "../server/configuration.ts"
import { queueEnds } from "../server/queues.ts"
import { type LiveNic, openLiveNic } from "./live-nic.ts"
import {
  FD_CONTROL,
  FD_QUEUES,
  FD_RECORDER,
  fdOfBell,
  fdOfNic,
  fdOfNicChannel,
  fdOfNicMemory,
  RECORDER_CAPACITY,
  type ServerSpec,
  stackQueues,
} from "./plan.ts"

/** Longest sleep, ms. Whatever ends a sleep is waited for: this is patience with a bell that a hostile process has silenced. */
const LONGEST_SLEEP = 100
/** Longest sleep while the kernel has no room for frames of ours, ms. */
const PENDING = 1
/** Longest run without a turn of Node's event loop, µs. */
const LONGEST_RUN = 1000
/** Words of the supervisor that may wait; it has one at a time under way for each slot. */
const MOST_WORDS = 1024

/** How long a server may sleep, ms: until `until`, µs, but no longer than it is patient; 0: it only looks. */
export const sleepOf = (busyPoll: boolean, pending: boolean, until: number, now: number): number => {
  if (busyPoll) return 0
  const ms = pending ? PENDING : Math.ceil((until - now) / 1000)
  return Math.max(0, Math.min(LONGEST_SLEEP, ms))
}

const clockOf = (spec: ServerSpec) => ({ now: () => native.monotonicUs() - spec.epoch })

/** A server's NIC as the doorbell and the counters see it; `Nic` is its rings alone. */
export class NicDevice extends Context.Service<NicDevice, LiveNic>()("pika/runtime/NicDevice") {}

/** The NIC queue of a server's Link Server, closed at the end. */
export const liveNic = (servers: number): Layer.Layer<Nic | NicDevice> => {
  const device = Layer.effect(
    NicDevice,
    Effect.acquireRelease(
      Effect.sync(() => openLiveNic(fdOfNic(servers), fdOfNicMemory(servers), fdOfNicChannel(servers))),
      (nic) => Effect.sync(() => nic.close()),
    ),
  )
  return Layer.provideMerge(
    Layer.effect(
      Nic,
      Effect.map(NicDevice, (nic) => nic),
    ),
    device,
  )
}

export const liveClock = (spec: ServerSpec): Layer.Layer<Clock> => Layer.succeed(Clock, clockOf(spec))

/** xorshift32: the draws are recorded, so that any run can be replayed. */
export const liveEntropy = (spec: ServerSpec): Layer.Layer<Entropy> =>
  Layer.sync(Entropy, () => {
    let x = (Number.parseInt(spec.secret.slice(0, 8), 16) ^ (spec.index + 1)) | 1
    return {
      draw: () => {
        x ^= x << 13
        x ^= x >>> 17
        x ^= x << 5
        return x >>> 0
      },
    }
  })

export const liveRecorder: Layer.Layer<Recorder> = Layer.sync(Recorder, () => {
  const region = native.mapRegion(FD_RECORDER, recorderBytes(RECORDER_CAPACITY))
  return new RecorderWriter(region, 0, RECORDER_CAPACITY)
})

/** By slot: the descriptor that rings the application in it. */
type Bells = Map<number, number>

export const liveMailbox = (spec: ServerSpec, plan: StackPlan, bells: Bells): Layer.Layer<Mailbox> =>
  Layer.sync(Mailbox, () => {
    const layout = stackQueues(plan)
    return {
      ...queueEnds(native.mapRegion(FD_QUEUES, layout.bytes), layout, spec.index),
      ringServer: (k) => native.signal(fdOfBell(k)),
      ringApplication: (a) => {
        const bell = bells.get(a)
        if (bell !== undefined) native.signal(bell)
      },
    }
  })

/** Sleeps in the kernel, on the server's bell and its NIC, if it has one. */
export const liveDoorbell = (spec: ServerSpec): Layer.Layer<Doorbell> =>
  Layer.effect(
    Doorbell,
    Effect.map(Effect.serviceOption(NicDevice), (nic) => doorbellOf(spec, Option.getOrUndefined(nic))),
  )

const doorbellOf = (spec: ServerSpec, nic: LiveNic | undefined): DoorbellShape => {
  const bell = fdOfBell(spec.index)
  // Of a NIC that has lost its interface −1, which is never ready.
  const sources = Int32Array.of(bell, FD_CONTROL, ...(nic === undefined ? [] : [nic.fd]))
  const { now } = clockOf(spec)
  const rest = Effect.callback<void>((resume) => {
    const immediate = setImmediate(() => resume(Effect.void))
    return Effect.sync(() => clearImmediate(immediate))
  })
  return {
    longestRun: LONGEST_RUN,
    rest,
    wait: (until) =>
      Effect.suspend(() => {
        const ms = sleepOf(spec.busyPoll, nic?.pending === true, until, now())
        if (nic !== undefined) sources[2] = nic.fd
        const woken = native.waitFds(sources, sources.length, ms)
        if (woken > 0) native.drain(bell)
        return rest
      }),
  }
}

/** One word of the supervisor, as JSON on the channel; with `attach` come the slot's memory and the bell that rings its process. */
export type FromSupervisor =
  | { readonly attach: number; readonly port: number; readonly g: number }
  | { readonly detach: number }
  | { readonly lost: number }
  | { readonly listens: number }
  | { readonly counters: true }
  | { readonly stop: true }

/** One word of a server. */
export type ToSupervisor =
  | { readonly ready: true }
  | { readonly attached: number; readonly ok: boolean }
  | { readonly detached: number; readonly g: number }
  | { readonly listens: number }
  | { readonly counters: Readonly<Record<string, unknown>> }

/** The supervisor at the other end of the channel. `stop`: it, or its end, says that this server must end. */
export const liveControl = (spec: ServerSpec, servers: number, bells: Bells, stop: () => void) =>
  Layer.effect(
    Control,
    Effect.acquireRelease(
      Effect.map(Effect.serviceOption(NicDevice), (nic) => {
        const words: Array<ControlWord> = []
        const slots = new Map<number, Region>()
        const stride = appLinkBytes(spec.link)
        const attach = (a: number, port: number, g: number, [memory, bell]: ReadonlyArray<number>): void => {
          const region = native.mapRegion(memory!, stride * servers)
          native.close(memory!)
          slots.set(a, region)
          bells.set(a, bell!)
          const offset = spec.index * stride
          words.push({ _tag: "Attach", a, g, port, region, offset, config: spec.link })
        }
        /** The memory is the next process's to make; nothing of the last one stays. */
        const detached = (a: number): void => {
          const region = slots.get(a)
          const bell = bells.get(a)
          if (region !== undefined) native.unmapRegion(region)
          if (bell !== undefined) native.close(bell)
          slots.delete(a)
          bells.delete(a)
        }
        const hear = (x: FromSupervisor, fds: ReadonlyArray<number>): void => {
          if (words.length >= MOST_WORDS)
            throw new Error(`more than ${MOST_WORDS} words of the supervisor wait`)
          if ("stop" in x) stop()
          else if ("attach" in x) attach(x.attach, x.port, x.g, fds)
          else if ("detach" in x) words.push({ _tag: "Detach", a: x.detach })
          else if ("lost" in x) words.push({ _tag: "Lost", server: x.lost })
          else if ("listens" in x) words.push({ _tag: "Listens", a: x.listens })
          else words.push({ _tag: "Counters" })
        }
        const watch = native.watch(FD_CONTROL, () => {
          const message = native.receiveJson(FD_CONTROL)
          if (message === null) return
          if (message !== undefined) hear(message.value as FromSupervisor, message.fds)
          else {
            watch.stop()
            stop()
          }
        })
        const answer = (x: ControlAnswer): void => {
          if (x._tag === "Detached") detached(x.a)
          say(wordOf(x, Option.getOrUndefined(nic)))
        }
        return { watch, take: () => words.shift(), answer }
      }),
      ({ watch }) => Effect.sync(() => watch.stop()),
    ),
  )

/** A supervisor that is gone hears nothing: its end is seen on its own. */
const say = (word: ToSupervisor): void => {
  let heard = true
  try {
    heard = native.sendJson(FD_CONTROL, word)
  } catch {}
  // The channel holds more than can be under way to one that reads at all.
  if (!heard) throw new Error("the supervisor does not read what its servers say")
}

const wordOf = (answer: ControlAnswer, nic: LiveNic | undefined): ToSupervisor => {
  switch (answer._tag) {
    case "Ready":
      return { ready: true }
    case "Attached":
      return { attached: answer.a, ok: answer.ok }
    case "Detached":
      return { detached: answer.a, g: answer.g }
    case "Listens":
      return { listens: answer.a }
    case "Counters":
      return { counters: { ...answer.counters, nic: nic?.stats(), memory: process.memoryUsage().rss } }
    default:
      return answer satisfies never
  }
}

/** All of a server process's ports. */
export const livePorts = (spec: ServerSpec, plan: StackPlan, stop: () => void) => {
  const servers = plan.servers.length
  const linked = plan.servers[spec.index]!.link !== undefined
  const bells: Bells = new Map()
  return Layer.provideMerge(
    Layer.mergeAll(
      liveMailbox(spec, plan, bells),
      liveClock(spec),
      liveEntropy(spec),
      liveRecorder,
      liveDoorbell(spec),
      liveControl(spec, servers, bells, stop),
    ),
    linked ? liveNic(servers) : Layer.empty,
  )
}
