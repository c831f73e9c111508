/**
 * What hosting a server by Effect costs: a turn without work, by itself and by the program that waits after each; and what
 * a microthread and a call cost (§5.1, Table 2: creation, scheduling and execution of a microthread that does not yield
 * takes 26 cycles), against a generator that yields as often and a bare message on the same queues.
 */

import { CALL_WORDS } from "../../src/codec/data-message.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { Microthreads, type Stretch } from "../../src/server/microthread.ts"
import { Outgoing } from "../../src/server/outgoing.ts"
import { Rpc } from "../../src/server/rpc.ts"
import { TestStack } from "./stack.ts"

export interface ProgramBench {
  /** ns, medians over rounds. */
  readonly turn: number
  readonly hostedTurn: number
  readonly microthread: number
  readonly microthreadYielding: number
  readonly generator: number
  readonly messageRoundTrip: number
  readonly callRoundTrip: number
}

const ROUNDS = 60
const BATCH = 5000

/** Median ns of one `once`, the first half of the rounds being warm-up. */
const median = (once: () => void): number => {
  const times: Array<number> = []
  for (let r = 0; r < ROUNDS; r++) {
    const start = process.hrtime.bigint()
    for (let k = 0; k < BATCH; k++) once()
    times.push(Number(process.hrtime.bigint() - start) / BATCH)
  }
  const counted = times.slice(ROUNDS / 2).sort((a, b) => a - b)
  return Math.round(counted[counted.length >> 1]! * 10) / 10
}

const turns = () => {
  const stack = new TestStack("TS2LS2CM2")
  const [hosted] = stack.hosted
  const server = stack.servers[0]!
  return {
    turn: median(() => {
      server.disarm()
      server.turn()
      server.arm()
    }),
    hostedTurn: median(() => {
      hosted!.ring()
      hosted!.turn()
    }),
  }
}

const threads = () => {
  const pool = new Microthreads(64)
  let sum = 0
  const add: Stretch = (x) => {
    sum += x.words[0]!
  }
  const start: Stretch = (x) => pool.yield(x, add)
  const run = (stretch: Stretch) => {
    const thread = pool.take()!
    thread.words[0] = 1
    pool.run(thread, stretch)
  }
  function* generator(x: number) {
    yield
    sum += x
  }
  const result = {
    microthread: median(() => run(add)),
    microthreadYielding: median(() => {
      run(start)
      pool.turn()
    }),
    generator: median(() => {
      const thread = generator(1)
      thread.next()
      thread.next()
    }),
  }
  if (sum === 0) throw new Error("nothing ran")
  return result
}

const calls = () => {
  const capacity = 64
  const queue = () => {
    const region = allocateRegion(queueBytes(capacity))
    initQueue(region, 0, capacity)
    return { writer: new QueueWriter(region, 0, capacity), reader: new QueueReader(region, 0, capacity) }
  }
  const [there, back] = [queue(), queue()]
  const pass = (from: QueueReader, to: QueueWriter) => {
    const i = from.peek()
    const o = to.reserve()
    for (let w = 0; w < CALL_WORDS; w++) to.words[o + w] = from.words[i + w]!
    from.release()
    to.submit()
  }
  const messageRoundTrip = median(() => {
    const o = there.writer.reserve()
    for (let w = 0; w < CALL_WORDS; w++) there.writer.words[o + w] = w
    there.writer.submit()
    pass(there.reader, back.writer)
    back.reader.peek()
    back.reader.release()
  })
  const clock = { now: () => 0 }
  const caller = new Rpc([undefined, new Outgoing(there.writer, 1)], clock)
  const callee = new Rpc([new Outgoing(back.writer, 1), undefined], clock)
  callee.serve(1, (x) => {
    x.answer[0] = x.words[0]! + 1
  })
  let answered = 0
  const done: Stretch = (x) => {
    answered += x.answer[0]!
  }
  const ask: Stretch = (x) => caller.call(x, 1, 1, done)
  const callRoundTrip = median(() => {
    const thread = caller.threads.take()!
    thread.words[0] = 0
    caller.threads.run(thread, ask)
    callee.receiveCall(there.reader.words, there.reader.peek(), 0)
    there.reader.release()
    caller.receiveAnswer(back.reader.words, back.reader.peek(), 1)
    back.reader.release()
    caller.threads.turn()
  })
  if (answered !== ROUNDS * BATCH) throw new Error("answers went missing")
  return { messageRoundTrip, callRoundTrip }
}

export const programBench = (): ProgramBench => ({ ...turns(), ...threads(), ...calls() })

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replace(/^.*\//, "/"))) {
  const x = programBench()
  const ratio = (a: number, b: number) => (a / b).toFixed(2)
  console.log(JSON.stringify(x))
  console.log(`hosted turn : turn               ${ratio(x.hostedTurn, x.turn)}`)
  console.log(`yielding microthread : generator ${ratio(x.microthreadYielding, x.generator)}`)
  console.log(`call : bare message              ${ratio(x.callRoundTrip, x.messageRoundTrip)}`)
}
