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
  FD_QUEUES,
  FD_RECORDER,
  fdOfBell,
  fdOfNic,
  fdOfNicChannel,
  fdOfNicMemory,
  fdOfSlotBell,
  fdOfSlotMemory,
  RECORDER_CAPACITY,
  type ServerSpec,
  stackQueues,
} from "./plan.ts"

/** Longest sleep, ms: so often the supervisor's words are heard. */
const LONGEST_SLEEP = 10
/** Longest sleep while the kernel has no room for frames of ours, ms. */
const PENDING = 1
/** Longest run without a turn of Node's event loop, µs. */
const LONGEST_RUN = 1000
/** Words of the supervisor that may wait; it has one at a time under way for each slot. */
const MOST_WORDS = 1024

const clockOf = (spec: ServerSpec) => ({ now: () => native.monotonicUs() - spec.epoch })

/** A server's NIC as the doorbell and the counters see it; `Nic` is its rings alone. */
export class NicDevice extends Context.Service<NicDevice, LiveNic>()("pika/runtime/NicDevice") {}

/** The NIC queue of a server's Link Server, closed at the end. */
export const liveNic = (servers: number, applications: number): Layer.Layer<Nic | NicDevice> => {
  const device = Layer.effect(
    NicDevice,
    Effect.acquireRelease(
      Effect.sync(() =>
        openLiveNic(
          fdOfNic(servers, applications),
          fdOfNicMemory(servers, applications),
          fdOfNicChannel(servers, applications),
        ),
      ),
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

export const liveMailbox = (spec: ServerSpec, plan: StackPlan): Layer.Layer<Mailbox> =>
  Layer.sync(Mailbox, () => {
    const layout = stackQueues(plan)
    const servers = plan.servers.length
    return {
      ...queueEnds(native.mapRegion(FD_QUEUES, layout.bytes), layout, spec.index),
      ringServer: (k) => native.signal(fdOfBell(k)),
      ringApplication: (a) => native.signal(fdOfSlotBell(servers, a)),
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
  const sources = nic === undefined ? Int32Array.of(bell) : Int32Array.of(bell, nic.fd)
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
        const ms = nic?.pending === true ? PENDING : Math.ceil((until - now()) / 1000)
        if (nic !== undefined) sources[1] = nic.fd
        const woken = native.waitFds(sources, sources.length, Math.max(0, Math.min(LONGEST_SLEEP, ms)))
        if (woken > 0) native.drain(bell)
        return rest
      }),
  }
}

/** One word of the supervisor as Node's IPC channel carries it. */
export type FromSupervisor =
  | { readonly attach: number; readonly port: number }
  | { readonly detach: number }
  | { readonly lost: number }
  | { readonly listens: number }
  | { readonly counters: true }
  | { readonly stop: true }

/** The supervisor at the other end of Node's IPC channel. `stop`: it, or its end, says that this server must end. */
export const liveControl = (spec: ServerSpec, servers: number, stop: () => void): Layer.Layer<Control> =>
  Layer.effect(
    Control,
    Effect.acquireRelease(
      Effect.map(Effect.serviceOption(NicDevice), (nic) => {
        const words: Array<ControlWord> = []
        // Mapped once for each slot; a successor finds fresh queues in the same memory.
        const slots = new Map<number, Region>()
        const stride = appLinkBytes(spec.link)
        const slot = (a: number): Region => {
          const region = slots.get(a) ?? native.mapRegion(fdOfSlotMemory(servers, a), stride * servers)
          slots.set(a, region)
          return region
        }
        const hear = (x: FromSupervisor): void => {
          if (words.length >= MOST_WORDS)
            throw new Error(`more than ${MOST_WORDS} words of the supervisor wait`)
          if ("stop" in x) stop()
          else if ("attach" in x) {
            const { attach: a, port } = x
            const region = slot(a)
            words.push({ _tag: "Attach", a, port, region, offset: spec.index * stride, config: spec.link })
          } else if ("detach" in x) words.push({ _tag: "Detach", a: x.detach })
          else if ("lost" in x) words.push({ _tag: "Lost", server: x.lost })
          else if ("listens" in x) words.push({ _tag: "Listens", a: x.listens })
          else words.push({ _tag: "Counters" })
        }
        process.on("message", hear)
        process.on("disconnect", stop)
        return {
          hear,
          take: () => words.shift(),
          answer: (x: ControlAnswer) => tell(spec.index, x, Option.getOrUndefined(nic)),
        }
      }),
      ({ hear }) =>
        Effect.sync(() => {
          process.off("message", hear)
          process.off("disconnect", stop)
        }),
    ),
  )

const tell = (index: number, answer: ControlAnswer, nic: LiveNic | undefined): void => {
  switch (answer._tag) {
    case "Ready":
      process.send?.({ ready: index })
      break
    case "Attached":
      process.send?.({ attached: answer.a, ok: answer.ok })
      break
    case "Detached":
      process.send?.({ detached: answer.a, g: answer.g })
      break
    case "Listens":
      process.send?.({ listens: answer.a })
      break
    case "Counters":
      process.send?.({
        counters: { ...answer.counters, nic: nic?.stats(), memory: process.memoryUsage().rss },
      })
      break
    default:
      answer satisfies never
  }
}

/** All of a server process's ports. */
export const livePorts = (spec: ServerSpec, plan: StackPlan, stop: () => void) => {
  const servers = plan.servers.length
  const linked = plan.servers[spec.index]!.link !== undefined
  return Layer.provideMerge(
    Layer.mergeAll(
      liveMailbox(spec, plan),
      liveClock(spec),
      liveEntropy(spec),
      liveRecorder,
      liveDoorbell(spec),
      liveControl(spec, servers, stop),
    ),
    linked ? liveNic(servers, spec.topology.applications) : Layer.empty,
  )
}
