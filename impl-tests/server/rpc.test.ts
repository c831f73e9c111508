import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { DataType } from "../../src/codec/data-message.ts"
import { typeOf } from "../../src/codec/message.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import type { Stretch } from "../../src/server/microthread.ts"
import { Outgoing } from "../../src/server/outgoing.ts"
import {
  RPC_ANSWERED,
  RPC_BUSY,
  RPC_CLOSED,
  RPC_LOST,
  RPC_NO_ROOM,
  RPC_TIMED_OUT,
  RPC_TIMEOUT,
  RPC_UNKNOWN,
  Rpc,
  THREADS,
} from "../../src/server/rpc.ts"

const TWICE = 1
const SLOW = 2
const NEVER = 3
const SILENT = 4

/** Two servers, 0 and 1, and a queue of `capacity` messages each way. */
class Pair {
  now = 0
  readonly ends: ReadonlyArray<Rpc>
  readonly #readers: ReadonlyArray<QueueReader>
  readonly outgoing: ReadonlyArray<Outgoing>
  /** By the call's name: its outcomes, and the first word of the answer. */
  readonly outcomes: Array<Array<number>> = []
  readonly answers: Array<number> = []
  readonly waiting: Array<() => void> = []

  constructor(capacity = 2048) {
    const queue = () => {
      const region = allocateRegion(queueBytes(capacity))
      initQueue(region, 0, capacity)
      return {
        writer: new Outgoing(new QueueWriter(region, 0, capacity), 16),
        reader: new QueueReader(region, 0, capacity),
      }
    }
    const [there, back] = [queue(), queue()]
    this.outgoing = [there.writer, back.writer]
    this.#readers = [back.reader, there.reader]
    const clock = { now: () => this.now }
    this.ends = [new Rpc([undefined, there.writer], clock), new Rpc([back.writer, undefined], clock)]
    for (const rpc of this.ends) {
      const double: Stretch = (x) => {
        x.answer[0] = 2 * x.words[0]!
        x.answer[8] = x.words[8]!
      }
      rpc.serve(TWICE, double)
      rpc.serve(SLOW, (x) => rpc.threads.yield(x, (y) => rpc.threads.yield(y, double)))
      rpc.serve(NEVER, (x) => {
        this.waiting.push(() => rpc.threads.resume(x))
        rpc.threads.wait(x, double)
      })
    }
  }

  /** Answers the call's name, or −1 when there was no thread. */
  call(from: number, procedure: number): number {
    const rpc = this.ends[from]!
    const thread = rpc.threads.take()
    if (thread === undefined) return -1
    const name = this.outcomes.push([]) - 1
    thread.words[0] = name
    thread.words[8] = -name
    thread.words[10] = name
    rpc.threads.run(thread, (x) =>
      rpc.call(x, 1 - from, procedure, (y) => {
        expect(y.words[10]).toBe(name)
        this.outcomes[name]!.push(y.outcome)
        this.answers[name] = y.answer[0]!
        if (y.outcome === RPC_ANSWERED && procedure !== SILENT) expect(y.answer[8]! + name).toBe(0)
      }),
    )
    return name
  }

  /** Delivers up to `count` messages to `end`, then lets its threads run once. */
  turn(end: number, count = Number.POSITIVE_INFINITY): void {
    const reader = this.#readers[end]!
    const rpc = this.ends[end]!
    for (let k = 0; k < count; k++) {
      const i = reader.peek()
      if (i < 0) break
      if (typeOf(reader.words, i) === DataType.Call) rpc.receiveCall(reader.words, i, 1 - end)
      else rpc.receiveAnswer(reader.words, i, 1 - end)
      reader.release()
    }
    rpc.tick(this.now)
    rpc.threads.turn()
  }

  settle(): void {
    for (let k = 0; k < 8; k++) for (const end of [0, 1]) this.turn(end)
  }
}

describe("calls between servers (§4.2)", () => {
  test("a call is answered with what its microthread left, at once or after some turns", () => {
    const pair = new Pair()
    const calls = [pair.call(0, TWICE), pair.call(0, SLOW), pair.call(1, TWICE)]
    pair.settle()
    expect(calls.map((x) => pair.outcomes[x])).toEqual([[RPC_ANSWERED], [RPC_ANSWERED], [RPC_ANSWERED]])
    expect(calls.map((x) => pair.answers[x])).toEqual(calls.map((x) => 2 * x))
  })

  test("no such procedure, also where a number is no procedure at all", () => {
    const pair = new Pair()
    const calls = [0, 99, -1, 0x7fffffff].map((procedure) => pair.call(0, procedure))
    pair.settle()
    for (const x of calls) expect(pair.outcomes[x]).toEqual([RPC_UNKNOWN])
    expect(pair.ends[1]!.counters.unserved).toBe(4)
  })

  test("no answer in time: the caller is told once, an answer that comes later is counted", () => {
    const pair = new Pair()
    const call = pair.call(0, NEVER)
    pair.settle()
    expect(pair.ends[0]!.nextTimer()).toBe(RPC_TIMEOUT)
    pair.now = RPC_TIMEOUT - 1
    pair.settle()
    expect(pair.outcomes[call]).toEqual([])
    pair.now = RPC_TIMEOUT
    pair.settle()
    expect(pair.outcomes[call]).toEqual([RPC_TIMED_OUT])
    // The slot of the call is used again by another before the late answer comes.
    const other = pair.call(0, NEVER)
    pair.waiting[0]!()
    pair.settle()
    expect(pair.ends[0]!.counters).toMatchObject({ timedOut: 1, late: 1, answered: 0 })
    expect(pair.outcomes[other]).toEqual([])
    pair.waiting[1]!()
    pair.settle()
    expect(pair.outcomes).toEqual([[RPC_TIMED_OUT], [RPC_ANSWERED]])
    expect(pair.ends[0]!.nextTimer()).toBe(Number.POSITIVE_INFINITY)
  })

  test("an answer from another server than the one called is ignored", () => {
    const pair = new Pair()
    const call = pair.call(0, NEVER)
    const words = new Int32Array(15)
    words[0] = DataType.Answer
    pair.ends[0]!.receiveAnswer(words, 0, 7)
    pair.settle()
    expect(pair.outcomes[call]).toEqual([])
    expect(pair.ends[0]!.counters.late).toBe(1)
  })

  test("the other server has gone: what is outstanding fails, and so does every later call", () => {
    const pair = new Pair()
    const calls = [pair.call(0, NEVER), pair.call(0, NEVER)]
    pair.outgoing[0]!.lost = true
    pair.ends[0]!.lost(1)
    calls.push(pair.call(0, TWICE))
    pair.settle()
    for (const x of calls) expect(pair.outcomes[x]).toEqual([RPC_LOST])
    expect(pair.ends[0]!.outstanding).toBe(0)
  })

  test("the other calls of a server that lost one go on", () => {
    const clock = { now: () => 0 }
    const region = allocateRegion(queueBytes(16))
    initQueue(region, 0, 16)
    const outgoing = () => new Outgoing(new QueueWriter(region, 0, 16), 16)
    const rpc = new Rpc([undefined, outgoing(), outgoing()], clock)
    const outcomes: Array<number> = []
    const call = (server: number) =>
      rpc.threads.run(rpc.threads.take()!, (x) =>
        rpc.call(x, server, TWICE, (y) => outcomes.push(server * 10 + y.outcome)),
      )
    for (const server of [1, 2, 1, 2]) call(server)
    rpc.lost(1)
    rpc.threads.turn()
    expect(outcomes).toEqual([10 + RPC_LOST, 10 + RPC_LOST])
    expect(rpc.outstanding).toBe(2)
    rpc.tick(RPC_TIMEOUT)
    rpc.threads.turn()
    expect(outcomes.slice(2)).toEqual([20 + RPC_TIMED_OUT, 20 + RPC_TIMED_OUT])
  })

  test("what a thread was before is nothing to what it is now", () => {
    const pair = new Pair()
    const [, callee] = pair.ends
    for (let k = 0; k < 2; k++) {
      pair.call(0, TWICE)
      pair.settle()
    }
    expect(pair.answers[1]).toBe(2)
    // A thread of the callee that serves nobody answers nobody.
    callee!.threads.run(callee!.threads.take()!, () => {})
    pair.settle()
    expect(pair.ends[0]!.counters).toMatchObject({ answered: 2, late: 0 })
    // A procedure that says nothing answers nothing, not what another said.
    callee!.serve(SILENT, () => {})
    const call = pair.call(0, SILENT)
    pair.settle()
    expect([pair.outcomes[call], pair.answers[call]]).toEqual([[RPC_ANSWERED], 0])
  })

  test("this server ends: who waits is told", () => {
    const pair = new Pair()
    const before = pair.call(0, NEVER)
    pair.ends[0]!.close()
    expect(pair.outcomes[before]).toEqual([RPC_CLOSED])
    const after = pair.call(0, TWICE)
    pair.settle()
    expect(pair.outcomes[after]).toEqual([RPC_CLOSED])
    expect(pair.ends[0]!.threads.live).toBe(0)
  })

  test("a full queue: the call fails at once, and is not sent", () => {
    const pair = new Pair(2)
    const calls = [pair.call(0, TWICE), pair.call(0, TWICE), pair.call(0, TWICE)]
    pair.ends[0]!.threads.turn()
    expect(pair.outcomes[calls[2]!]).toEqual([RPC_NO_ROOM])
    pair.settle()
    expect(calls.map((x) => pair.outcomes[x])).toEqual([[RPC_ANSWERED], [RPC_ANSWERED], [RPC_NO_ROOM]])
    expect(pair.ends[0]!.counters.noRoom).toBe(1)
  })

  test("as many calls as microthreads, and no more; the other end says when all of its own are in use", () => {
    const pair = new Pair()
    const calls = Array.from({ length: THREADS }, () => pair.call(0, NEVER))
    expect(calls).not.toContain(-1)
    expect(pair.call(0, NEVER)).toBe(-1)
    expect(pair.ends[0]!.outstanding).toBe(THREADS)
    pair.settle()
    expect(pair.ends[1]!.threads.live).toBe(THREADS)
    // Whom the first end asks has nobody left to serve another end's call: server 0 is it here, too.
    pair.now = RPC_TIMEOUT
    pair.turn(0)
    const more = pair.call(0, TWICE)
    pair.settle()
    expect(pair.outcomes[more]).toEqual([RPC_BUSY])
    for (const x of calls) expect(pair.outcomes[x]).toEqual([RPC_TIMED_OUT])
    for (const resume of pair.waiting) resume()
    pair.settle()
    expect(pair.ends.map((x) => [x.threads.live, x.outstanding])).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

test("law: every call has exactly one outcome, whatever is late, full, lost or closed; and nothing stays in use", () => {
  const command = fc.oneof(
    fc.record({ call: fc.nat(1), procedure: fc.constantFrom(TWICE, SLOW, NEVER, 99) }),
    fc.record({ turn: fc.nat(1), count: fc.nat(6) }),
    fc.record({ wait: fc.nat(RPC_TIMEOUT / 2) }),
    fc.record({ resume: fc.nat(5) }),
  )
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 80 }),
      fc.constantFrom(2, 4, 16),
      fc.constantFrom("lost", "closed", "late"),
      (commands, capacity, end) => {
        const pair = new Pair(capacity)
        for (const x of commands) {
          if ("call" in x) pair.call(x.call, x.procedure)
          else if ("turn" in x) pair.turn(x.turn, x.count)
          else if ("wait" in x) pair.now += x.wait
          else pair.waiting.splice(x.resume, 1)[0]?.()
          for (const outcomes of pair.outcomes) expect(outcomes.length).toBeLessThan(2)
        }
        if (end === "lost") {
          pair.outgoing[0]!.lost = true
          pair.ends[0]!.lost(1)
        }
        if (end === "closed") pair.ends[0]!.close()
        pair.settle()
        pair.now += RPC_TIMEOUT
        for (const resume of pair.waiting) resume()
        pair.settle()
        for (const outcomes of pair.outcomes) expect(outcomes).toHaveLength(1)
        for (const rpc of pair.ends) {
          expect([rpc.outstanding, rpc.threads.live]).toEqual([0, 0])
          const { calls, answered, timedOut, lost, noRoom, closed } = rpc.counters
          expect(answered + timedOut + lost + noRoom + closed).toBe(calls)
        }
      },
    ),
  )
})
