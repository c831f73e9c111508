/** The process of one server: live ports around `server/`, a loop that sleeps on doorbells when there is nothing to do. */
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import { appLinkBytes } from "../memory/app-link.ts"
import { FrameQueueReader, FrameQueueWriter } from "../memory/frame-queue.ts"
import { QueueReader, QueueWriter } from "../memory/queue.ts"
import * as native from "../native/native.ts"
import { ipv4 } from "../net/classify.ts"
import { ApplicationLink } from "../server/application-link.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { Server } from "../server/server.ts"
import {
  FD_QUEUES,
  FD_RECORDER,
  FRAME_QUEUE_CAPACITY,
  fdOfBell,
  fdOfNic,
  fdOfSlotBell,
  fdOfSlotMemory,
  MESSAGE_QUEUE_CAPACITY,
  queueLayout,
  RECORDER_CAPACITY,
  type ServerSpec,
} from "./plan.ts"

/** Longest sleep, ms: so often the supervisor's words are heard. */
const LONGEST_SLEEP = 10
/** Longest run without a turn of Node's event loop, µs. */
const LONGEST_RUN = 1000

const spec = JSON.parse(process.env.PIKA_SERVER ?? "") as ServerSpec
const plan = parseConfiguration(spec.configuration)
const servers = plan.servers.length
const { topology, index } = spec
const own = plan.servers[index]!

const layout = queueLayout(plan)
const queues = native.mapRegion(FD_QUEUES, layout.bytes)
const recorder = new RecorderWriter(
  native.mapRegion(FD_RECORDER, recorderBytes(RECORDER_CAPACITY)),
  0,
  RECORDER_CAPACITY,
)
const others = plan.servers.map((_, k) => k)
const at = <T>(offset: number, make: (offset: number) => T): T | undefined =>
  offset < 0 ? undefined : make(offset)
const nicFd = fdOfNic(servers, topology.applications)
const nic = own.link === undefined ? undefined : native.nicOpenTapFd(nicFd)

// xorshift32: the draws are recorded, so that any run can be replayed.
let entropy = (Number.parseInt(spec.secret.slice(0, 8), 16) ^ (index + 1)) | 1

const server = new Server({
  index,
  plan,
  topology,
  tcp: {
    localIp: ipv4(spec.address),
    localMac: spec.mac,
    maxConnections: 16384,
    maxTimeWait: 32768,
    stagingBytes: 8192,
    stagingSlots: 4096,
    maxReceiveBytes: spec.link.rxBytes,
    secret: Uint8Array.from(Buffer.from(spec.secret, "hex")),
  },
  writers: others.map((k) =>
    at(layout.messages[index]![k]!, (o) => new QueueWriter(queues, o, MESSAGE_QUEUE_CAPACITY)),
  ),
  readers: others.map((k) =>
    at(layout.messages[k]![index]!, (o) => new QueueReader(queues, o, MESSAGE_QUEUE_CAPACITY)),
  ),
  frameWriters: others.map((k) =>
    at(layout.frames[index]![k]!, (o) => new FrameQueueWriter(queues, o, FRAME_QUEUE_CAPACITY)),
  ),
  frameReaders: others.map((k) =>
    at(layout.frames[k]![index]!, (o) => new FrameQueueReader(queues, o, FRAME_QUEUE_CAPACITY)),
  ),
  nic,
  clock: { now: () => native.monotonicUs() - spec.epoch },
  entropy: {
    draw: () => {
      entropy ^= entropy << 13
      entropy ^= entropy >>> 17
      entropy ^= entropy << 5
      return entropy >>> 0
    },
  },
  recorder,
  mailbox: {
    ringServer: (k) => native.signal(fdOfBell(k)),
    ringApplication: (a) => native.signal(fdOfSlotBell(servers, a)),
  },
})

const bell = fdOfBell(index)
const sources = nic === undefined ? Int32Array.of(bell) : Int32Array.of(bell, nicFd)
const stride = appLinkBytes(spec.link)
/** Mapped once for each slot; a successor finds fresh queues in the same memory. */
const slots = new Map<number, ReturnType<typeof native.mapRegion>>()

export type FromSupervisor =
  | { readonly attach: number; readonly port: number }
  | { readonly detach: number }
  | { readonly counters: true }
  | { readonly stop: true }

let running = true
process.on("message", (message: FromSupervisor) => {
  if ("attach" in message) {
    const a = message.attach
    let region = slots.get(a)
    if (region === undefined) {
      region = native.mapRegion(fdOfSlotMemory(servers, a), stride * servers)
      slots.set(a, region)
    }
    const link = new ApplicationLink(a, message.port, region, index * stride, spec.link)
    process.send!({ attached: a, ok: server.attach(link) })
  } else if ("detach" in message) {
    const a = message.detach
    const port = server.dispatcher.links.get(a)?.port
    server.detach(a)
    const g = port === undefined ? 0 : (server.manager?.state(port)?.generations.get(a) ?? 0)
    process.send!({ detached: a, g })
  } else if ("counters" in message) {
    process.send!({ counters: counters() })
  } else running = false
})
process.on("disconnect", () => {
  running = false
})
// The supervisor decides when to stop: a terminal's Ctrl-C reaches every process of the group.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => {
  running = false
})

const counters = () => ({
  link: server.link === undefined ? undefined : { ...server.link.counters, frames: server.link.classes() },
  manager: server.manager?.counters,
  transport: server.transport?.counters,
  tcp: server.transport?.tcp.counters(),
  applications: server.dispatcher.links.size,
  memory: process.memoryUsage().rss,
})

const loop = (): void => {
  if (!running) {
    process.disconnect?.()
    process.exit(0)
  }
  const until = native.monotonicUs() + LONGEST_RUN
  do {
    if (server.turn()) continue
    if (!server.arm()) continue
    const wait = Math.ceil((server.nextTimer() + spec.epoch - native.monotonicUs()) / 1000)
    const ms = Math.max(0, Math.min(LONGEST_SLEEP, wait))
    if (native.waitFds(sources, sources.length, ms) > 0) native.drain(bell)
    server.disarm()
    break
  } while (native.monotonicUs() < until)
  setImmediate(loop)
}

if (spec.cpu !== undefined) native.pinCpu(spec.cpu)
process.send!({ ready: index })
loop()
