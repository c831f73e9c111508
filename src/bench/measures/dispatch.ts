/**
 * Messages through the dispatcher (Table 2): a core message goes to another process, where the dispatcher decodes it, runs what
 * is registered for its type, and sends one back. Round trips between two processes, each on a core, one and 64 under way; the
 * same in one process, where nothing travels, which is what a core spends on a message; and microthreads.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Message } from "../../core/message.ts"
import { Outbox } from "../../core/outbox.ts"
import { allocateRegion, type Region } from "../../memory/region.ts"
import {
  close,
  cycles,
  drain,
  makeBell,
  mapRegion,
  memfd,
  pinCpu,
  signal,
  waitFds,
  watch,
} from "../../native/native.ts"
import { parseConfiguration, placementOf } from "../../server/configuration.ts"
import { MessageDispatcher } from "../../server/dispatcher.ts"
import { Microthreads } from "../../server/microthread.ts"
import { Outgoing } from "../../server/outgoing.ts"
import { initQueues, queueEnds, queueLayout } from "../../server/queues.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure, MeasureContext } from "../row.ts"
import { median } from "../statistics.ts"

/** What the program of measures is called with to be the other end: DISPATCH_ECHO CPU or BELL_ECHO HOW. */
export const DISPATCH_ECHO = "dispatch-echo"
export const BELL_ECHO = "bell-echo"

const plan = parseConfiguration("TS2LS2CM2")
const layout = queueLayout(plan, 256, 2)
const PORT = 80
const OUTSTANDING = 64
const BLOCK = 1000
/** Looks at empty queues before the other side counts as dead: some seconds. */
const PATIENCE = 2 ** 27
const LAST = -1

/** One of two servers, as far as messages go. Each Offer that comes is counted; the second server sends it back. */
class End {
  received = 0
  last = false
  readonly dispatcher: MessageDispatcher
  readonly #outgoing: ReadonlyArray<Outgoing | undefined>
  readonly #out = new Outbox()
  readonly #to: number

  constructor(region: Region, index: 0 | 1) {
    const { writers, readers } = queueEnds(region, layout, index)
    this.#to = 1 - index
    this.#outgoing = writers.map((writer) => (writer === undefined ? undefined : new Outgoing(writer, 1024)))
    const ports = { clock: { now: () => 0 }, entropy: { draw: () => 0 }, recorder: { record: () => {} } }
    this.dispatcher = new MessageDispatcher(index, placementOf(plan), this.#outgoing, readers, ports)
    this.dispatcher.register("manager", ["Offer"], (message) => this.#receive(message, index))
  }

  send(serviceTime: number): void {
    const out = this.#out
    out.clear()
    out.send("manager", this.#to, { _tag: "Offer", a: 0, g: 1, listener: true, serviceTime })
    this.dispatcher.dispatch(out, PORT, 0)
  }

  flush(): void {
    this.#outgoing[this.#to]!.flush()
  }

  #receive(message: Message, index: number): void {
    this.received++
    if (message._tag !== "Offer") return
    if (message.serviceTime < 0) this.last = true
    if (index === 1) this.send(message.serviceTime)
  }
}

/** Sends back what comes, until the last. */
export const dispatchEcho = (fd: number, cpu: number): void => {
  pinCpu(cpu)
  const end = new End(mapRegion(fd, layout.bytes), 1)
  for (let idle = 0; idle < PATIENCE && !end.last; idle++) {
    if (end.dispatcher.receive() === 0) continue
    end.flush()
    idle = 0
  }
}

/** `BLOCK` messages there and back with at most `window` under way. `other`: it has no core of its own. */
const trips = (end: End, window: number, other?: End): void => {
  const target = end.received + BLOCK
  let sent = 0
  for (let idle = 0; end.received < target; idle++) {
    const back = BLOCK - (target - end.received)
    while (sent < BLOCK && sent - back < window) {
      end.send(1)
      sent++
    }
    end.flush()
    if (other !== undefined && other.dispatcher.receive() > 0) other.flush()
    if (end.dispatcher.receive() > 0) idle = 0
    else if (idle > PATIENCE)
      throw new CannotMeasure("the echoing process does not answer", "are both cores free?")
  }
}

const cyclesOf = (blocks: number, block: () => void): number => {
  const measured: Array<number> = []
  for (let b = 0; b < blocks; b++) {
    const start = cycles()
    block()
    measured.push((cycles() - start) / BLOCK)
  }
  return median(measured)
}

const microthreads = (blocks: number): number => {
  const threads = new Microthreads(OUTSTANDING)
  let ran = 0
  const stretch = (): void => {
    ran++
  }
  return cyclesOf(blocks, () => {
    for (let k = 0; k < BLOCK; k++) threads.run(threads.take()!, stretch)
    if (ran % BLOCK !== 0) throw new CannotMeasure("a microthread did not run", "an error of the dispatcher")
  })
}

const helper = async (args: ReadonlyArray<string>, fds: ReadonlyArray<number>) => {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ["ignore", "inherit", "inherit", ...fds],
  })
  await once(child, "spawn")
  return child
}

const twoCores = async ({ cores }: MeasureContext, blocks: number) => {
  const fd = memfd("pika-bench", layout.bytes)
  const region = mapRegion(fd, layout.bytes)
  initQueues(region, layout)
  const child = await helper([DISPATCH_ECHO, String(cores[1])], [fd])
  close(fd)
  try {
    const end = new End(region, 0)
    const run = (window: number) => cyclesOf(blocks, () => trips(end, window))
    for (let k = 0; k < 3; k++) {
      run(1)
      run(OUTSTANDING)
    }
    const turns = Array.from({ length: TURNS }, () => [run(1), run(OUTSTANDING)] as const)
    end.send(LAST)
    end.flush()
    return turns
  } finally {
    child.kill()
  }
}

const oneCore = (blocks: number): ReadonlyArray<number> => {
  const region = allocateRegion(layout.bytes)
  initQueues(region, layout)
  const [near, far] = [new End(region, 0), new End(region, 1)]
  const run = () => cyclesOf(blocks, () => trips(near, OUTSTANDING, far))
  for (let k = 0; k < 3; k++) run()
  return Array.from({ length: TURNS }, run)
}

const TURNS = 9
/** Round trips by bells in one turn, and µs between two of them, in which both processes sleep. */
const RINGS = 200
const APART = 500

/** Rings back: waits as a server does (`poll`), or as an application, in Node's event loop (`loop`). */
export const bellEcho = (how: string): void => {
  const [hear, ring] = [3, 4]
  if (how === "loop") {
    watch(hear, () => {
      if (drain(hear) > 0) signal(ring)
      else process.exit(0)
    })
    return
  }
  const sources = Int32Array.of(hear)
  // A pipe that is readable and has nothing: whoever rang has gone.
  for (;;) {
    if (waitFds(sources, 1, 1000) === 0) continue
    if (drain(hear) === 0) process.exit(0)
    signal(ring)
  }
}

const moment = new Int32Array(new SharedArrayBuffer(4))

/** µs from a ring to the other side's running, by turn: half of a round trip where both sides wait in the same way. */
const wakeUps = async (how: string, rings: number): Promise<ReadonlyArray<number>> => {
  const [there, back] = [makeBell(), makeBell()]
  const child = await helper([BELL_ECHO, how], [there.hear, back.ring])
  const sources = Int32Array.of(back.hear)
  const trip = (): number => {
    Atomics.wait(moment, 0, 0, APART / 1000)
    const start = performance.now()
    signal(there.ring)
    // A signal (a child's end) ends a wait, too.
    while (waitFds(sources, 1, 1000) === 0)
      if (performance.now() - start > 5000)
        throw new CannotMeasure("a bell is not heard", "is the machine busy?")
    drain(back.hear)
    return (performance.now() - start) * 1000
  }
  try {
    for (let k = 0; k < rings; k++) trip()
    return Array.from({ length: TURNS }, () => median(Array.from({ length: rings }, trip)))
  } finally {
    child.kill()
    for (const fd of [there.hear, there.ring, back.hear, back.ring]) close(fd)
  }
}

export const measureDispatch: Measure = async (context) => {
  const { cores, quick, rows, say } = context
  const blocks = quick ? 5 : 50
  const rings = quick ? 20 : RINGS
  const one = (turns: ReadonlyArray<number>) => ({ turns: turns.map((x) => [x]), dropped: 0, details: [] })
  // Before this process is pinned: the kernel places them as it places a stack's.
  const polls =
    rows.includes("wake-server") || rows.includes("wake-application") ? await wakeUps("poll", rings) : []
  const loops = rows.includes("wake-application") ? await wakeUps("loop", rings) : []
  say(`woken by a bell: ${polls.map((x) => (x / 2).toFixed(1)).join(", ")} µs`)
  if (cores[0] === cores[1]) throw new CannotMeasure("two cores are needed", "skip it")
  pinCpu(cores[0])
  const local = oneCore(blocks)
  const both = await twoCores(context, blocks)
  const all: Readonly<Record<string, ReadonlyArray<number>>> = {
    "dispatch-one": both.map(([x]) => x),
    "dispatch-many": both.map(([, x]) => x),
    // A round trip is two messages, each sent and taken.
    "dispatch-local": local.map((x) => x / 2),
    microthread: Array.from({ length: TURNS }, () => microthreads(blocks)),
    "wake-server": polls.map((x) => x / 2),
    "wake-application": loops.map((x, k) => x - polls[k]! / 2),
  }
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => rows.includes(name))
      .map(([name, turns]) => [name, one(turns)]),
  )
}
