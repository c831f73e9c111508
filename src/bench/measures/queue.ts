/**
 * Round trip of a 64-byte message between two processes through two of our queues, one and 64 under way, against C doing the
 * same with bare cache lines.
 *
 * What decides the figure most is how far the two cores are from one another, and on a virtual machine that changes while one
 * measures: siblings of one core bounce a line in about 200 cycles, cores of one socket in 300 to 1,000. So C is measured
 * before and after each turn of ours, in milliseconds, and a turn under which the distance changed is left out.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { readSync } from "node:fs"
import { promisify } from "node:util"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../memory/queue.ts"
import type { Region } from "../../memory/region.ts"
import { builtPath, close, cycles, mapRegion, memfd, pinCpu } from "../../native/native.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure, MeasureContext, Samples } from "../row.ts"
import { median, settled } from "../statistics.ts"

const CAPACITY = 256
const BYTES = 2 * queueBytes(CAPACITY)
const BLOCK = 1000
const OUTSTANDING = 64
/** Tells the echo to leave its core alone until a byte comes by its standard input; its end ends the echo. */
const PAUSE = 0x7fff_ffff
/** What the program of measures is called with to be the other end: ECHO CPU, the memory as descriptor 3. */
export const ECHO = "queue-echo"
/** Looks at an empty queue before the other side counts as dead: some seconds. */
const PATIENCE = 2 ** 30
/** How many times as many turns as wanted are tried when the machine does not settle. */
const TRIES = 4

const ends = (region: Region, first: boolean) => {
  const there = queueBytes(CAPACITY)
  return {
    writer: new QueueWriter(region, first ? 0 : there, CAPACITY),
    reader: new QueueReader(region, first ? there : 0, CAPACITY),
  }
}

const await_ = (reader: QueueReader): number => {
  for (let looks = 0; looks < PATIENCE; looks++) {
    const at = reader.peek()
    if (at >= 0) return at
  }
  return -1
}

/** Answers each message with the same number, until the other side is gone. */
export const echo = (fd: number, cpu: number): void => {
  pinCpu(cpu)
  const { writer, reader } = ends(mapRegion(fd, BYTES), false)
  const word = Buffer.alloc(1)
  for (;;) {
    const at = await_(reader)
    if (at < 0) return
    const value = reader.words[at]!
    reader.release()
    const to = writer.reserve()
    writer.words[to] = value
    writer.submit()
    if (value === PAUSE && readSync(0, word) === 0) return
  }
}

const send = (writer: QueueWriter, value: number): void => {
  writer.words[writer.reserve()] = value
  writer.submit()
}

const receive = (reader: QueueReader): number => {
  const at = await_(reader)
  if (at < 0) throw new CannotMeasure("the echoing process does not answer", "are both cores free?")
  const value = reader.words[at]!
  reader.release()
  return value
}

/** `BLOCK` messages there and back with at most `window` under way. */
const trips = (writer: QueueWriter, reader: QueueReader, window: number): void => {
  let sent = 0
  let received = 0
  while (received < BLOCK) {
    while (sent < BLOCK && sent - received < window) send(writer, sent++)
    if (receive(reader) !== received++)
      throw new CannotMeasure("a message was lost or came out of order", "this is an error of the queue")
  }
}

/** Cycles of a round trip: median over blocks. */
const ours = (writer: QueueWriter, reader: QueueReader, window: number, blocks: number): number => {
  const measured: Array<number> = []
  for (let b = 0; b < blocks; b++) {
    const start = cycles()
    trips(writer, reader, window)
    measured.push((cycles() - start) / BLOCK)
  }
  return median(measured)
}

const plainC = async ({ cores }: MeasureContext, blocks: number, window: number): Promise<number> => {
  const argv = [...cores.map(String), String(blocks * BLOCK), String(window)]
  const { stdout } = await promisify(execFile)(builtPath("pingpong"), argv, { timeout: 60_000 })
  return (JSON.parse(stdout) as { cycles: number }).cycles
}

interface Turn {
  readonly one: readonly [number, number]
  readonly many: readonly [number, number]
  readonly settled: boolean
}

const pause = ({ writer, reader }: ReturnType<typeof ends>): void => {
  send(writer, PAUSE)
  receive(reader)
}

/** The echo spins: it pauses while C has the cores. */
const measureTurn = async (
  context: MeasureContext,
  child: ChildProcess,
  both: ReturnType<typeof ends>,
  before: number,
  blocks: number,
): Promise<Turn & { readonly after: number }> => {
  const { writer, reader } = both
  child.stdin!.write("!")
  // A block while it wakes up.
  trips(writer, reader, 1)
  const one = ours(writer, reader, 1, blocks)
  const many = ours(writer, reader, OUTSTANDING, blocks)
  pause(both)
  const manyC = await plainC(context, blocks, OUTSTANDING)
  const after = await plainC(context, blocks, 1)
  return {
    one: [one, (before + after) / 2],
    many: [many, manyC],
    settled: settled(before, after),
    after,
  }
}

const samplesOf = (
  turns: ReadonlyArray<Turn>,
  side: "one" | "many",
  details: Samples["details"],
): Samples => {
  const kept = turns.filter((turn) => turn.settled)
  // On a machine that never settles its figures are still the best there are.
  const used = kept.length < 3 ? turns : kept
  return {
    turns: used.map((turn) => turn[side]),
    dropped: turns.length - used.length,
    details,
  }
}

export const measureQueue: Measure = async (context) => {
  const { cores, quick, say } = context
  if (cores[0] === cores[1])
    throw new CannotMeasure("two cores are needed, or each side waits for the other's time slice", "skip it")
  const wanted = quick ? 3 : 25
  const blocks = quick ? 5 : 20
  const fd = memfd("pika-bench", BYTES)
  const region = mapRegion(fd, BYTES)
  initQueue(region, 0, CAPACITY)
  initQueue(region, queueBytes(CAPACITY), CAPACITY)
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ECHO, String(cores[1])], {
    stdio: ["pipe", "inherit", "inherit", fd],
  })
  close(fd)
  try {
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject))
    pinCpu(cores[0])
    const both = ends(region, true)
    // Both sides' code is compiled before anything counts.
    for (let b = 0; b < 50; b++) trips(both.writer, both.reader, 1)
    for (let b = 0; b < 50; b++) trips(both.writer, both.reader, OUTSTANDING)
    pause(both)
    const turns: Array<Turn> = []
    const floors: Array<number> = [await plainC(context, blocks, 1)]
    for (let k = 0; k < wanted * TRIES && turns.filter((turn) => turn.settled).length < wanted; k++) {
      const turn = await measureTurn(context, child, both, floors.at(-1)!, blocks)
      turns.push(turn)
      floors.push(turn.after)
      if (k % 5 === 4) say(`turn ${k + 1}: a cache line there and back in ${turn.after} cycles`)
    }
    const details = [
      { name: "a line in C, least", value: Math.min(...floors), unit: "cycles" },
      { name: "a line in C, most", value: Math.max(...floors), unit: "cycles" },
    ]
    return {
      "queue-one": samplesOf(turns, "one", details),
      "queue-many": samplesOf(turns, "many", []),
    }
  } finally {
    child.kill()
  }
}
