/**
 * Round trip of a 64-byte message between two processes through two of our queues, against one cache line bounced by C,
 * on the same two cores in the same run. `node queue.bench.ts` prints the result as JSON.
 */
import { execFile, spawn } from "node:child_process"
import { promisify } from "node:util"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import type { Region } from "../../src/memory/region.ts"
import { builtPath, close, cycles, mapRegion, memfd, pinCpu } from "../../src/native/native.ts"

export interface QueueBench {
  /** Cycles of a round trip: median over blocks. */
  readonly pingpongC: number
  readonly oneOutstanding: number
  /** The same with 64 messages under way, for each message. */
  readonly manyOutstanding: number
  /** oneOutstanding / pingpongC. */
  readonly ratio: number
  readonly cores: readonly [number, number]
}

const capacity = 256
const bytes = 2 * queueBytes(capacity)
const block = 1000
const blocks = 100
const warmup = 50
/** C, one and many take turns, so that a busy moment of the machine meets all three. */
const turns = 5
const outstanding = 64
const last = 0x7fff_ffff

const ends = (region: Region, first: boolean) => {
  const there = queueBytes(capacity)
  return {
    writer: new QueueWriter(region, first ? 0 : there, capacity),
    reader: new QueueReader(region, first ? there : 0, capacity),
  }
}

/** Answers each message with the same number, until `last` came. */
const echo = (region: Region): void => {
  const { writer, reader } = ends(region, false)
  for (;;) {
    const at = reader.peek()
    if (at < 0) continue
    const value = reader.words[at]!
    reader.release()
    const to = writer.reserve()
    writer.words[to] = value
    writer.submit()
    if (value === last) return
  }
}

const send = (writer: QueueWriter, value: number): void => {
  writer.words[writer.reserve()] = value
  writer.submit()
}

const receive = (reader: QueueReader): number => {
  let at = reader.peek()
  while (at < 0) at = reader.peek()
  const value = reader.words[at]!
  reader.release()
  return value
}

/** `n` messages there and back with at most `window` under way. */
const trips = (writer: QueueWriter, reader: QueueReader, n: number, window: number): void => {
  let sent = 0
  let received = 0
  while (received < n) {
    while (sent < n && sent - received < window) send(writer, sent++)
    if (receive(reader) !== received++) throw new Error("a message was lost or came out of order")
  }
}

const median = (values: Array<number>): number => values.sort((a, b) => a - b)[values.length >> 1]!

const measure = (region: Region, window: number): number => {
  const { writer, reader } = ends(region, true)
  for (let b = 0; b < warmup; b++) trips(writer, reader, block, window)
  const measured: Array<number> = []
  for (let b = 0; b < blocks; b++) {
    const start = cycles()
    trips(writer, reader, block, window)
    measured.push((cycles() - start) / block)
  }
  return median(measured)
}

/** The echoing process spins meanwhile: it is stopped, so that C has the cores that we had. */
const pingpong = async (cores: readonly [number, number]): Promise<number> => {
  const argv = [...cores.map(String), String(blocks * block)]
  const { stdout } = await promisify(execFile)(builtPath("pingpong"), argv, { timeout: 60_000 })
  return (JSON.parse(stdout) as { cycles: number }).cycles
}

/**
 * Takes about two seconds on two idle cores. Pins this process to `cores[0]`.
 * @throws {Error} on a machine with a single core, where the two would wait for one another's time slice.
 */
export const queueBench = async (cores: readonly [number, number] = [0, 1]): Promise<QueueBench> => {
  const fd = memfd("pika-bench", bytes)
  const region = mapRegion(fd, bytes)
  initQueue(region, 0, capacity)
  initQueue(region, queueBytes(capacity), capacity)
  const child = spawn(process.execPath, [import.meta.filename, "echo", String(cores[1])], {
    stdio: ["ignore", "inherit", "inherit", fd],
    timeout: 60_000,
  })
  close(fd)
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve))
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject))
  pinCpu(cores[0])
  const c: Array<number> = []
  const one: Array<number> = []
  const many: Array<number> = []
  for (let turn = 0; turn < turns; turn++) {
    one.push(measure(region, 1))
    many.push(measure(region, outstanding))
    child.kill("SIGSTOP")
    c.push(await pingpong(cores))
    child.kill("SIGCONT")
  }
  const { writer } = ends(region, true)
  send(writer, last)
  const code = await exited
  if (code !== 0) throw new Error(`the echoing process ended with ${code}`)
  const pingpongC = median(c)
  const oneOutstanding = median(one)
  return {
    pingpongC,
    oneOutstanding,
    manyOutstanding: median(many),
    ratio: oneOutstanding / pingpongC,
    cores,
  }
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === "echo") {
    pinCpu(Number(process.argv[3]))
    echo(mapRegion(3, bytes))
  } else process.stdout.write(`${JSON.stringify(await queueBench(), undefined, 2)}\n`)
}
