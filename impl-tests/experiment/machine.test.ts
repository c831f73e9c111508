import { expect, test } from "vitest"
import { paperCosts } from "../../src/experiment/cost.ts"
import { Machine, MOST_ITEMS } from "../../src/experiment/machine.ts"
import { Random } from "../../src/sim/random.ts"
import { free } from "./spec.ts"

const KIND = 7

/** Cores that note when they have done what. */
const noting = (cores: number, costs = free, cost = 10, loop = 0) => {
  const machine = new Machine(cores, costs, new Random(1))
  const done: Array<readonly [number, number, number]> = []
  for (let core = 0; core < cores; core++) {
    machine.host(
      core,
      {
        cost: () => cost,
        run: (item) => {
          done.push([machine.now, core, machine.word[item]!])
        },
      },
      loop,
    )
  }
  return { machine, done }
}

test("a core does one thing after the other, in the order in which they come", () => {
  const { machine, done } = noting(1)
  for (const time of [5, 0, 100]) machine.frame(time, 0, KIND, 0, time)
  machine.run()
  expect(done).toEqual([
    [10, 0, 0],
    [20, 0, 5],
    [110, 0, 100],
  ])
  expect(machine.busy[0]).toBe(30)
  expect(machine.items).toBe(3)
})

test("messages between two cores never overtake one another, however long each takes", () => {
  const { machine, done } = noting(2, { ...free, hopNear: 1, jitter: 50 }, 0)
  const send = machine.on((k) => machine.send(0, 1, KIND, 0, 0, k, undefined))
  for (let k = 0; k < 1000; k++) machine.at(k, send, k)
  machine.run()
  expect(done.map(([, , word]) => word)).toEqual(Array.from({ length: 1000 }, (_, k) => k))
  // The mean of the jitter, less what catching up gains, is in it.
  expect(done.at(-1)![0]).toBeGreaterThan(1000)
})

test("a hop off the socket takes longer, and both ends pay for the message", () => {
  const { machine, done } = noting(20, { ...paperCosts, jitter: 0 }, 0)
  const send = machine.on((to) => machine.send(0, to, KIND, 0, 0, to, undefined))
  machine.at(0, send, 1)
  machine.at(0, send, 10)
  machine.run()
  expect(done[0]).toEqual([paperCosts.hopNear, 1, 1])
  expect(done[1]).toEqual([paperCosts.hopFar, 10, 10])
  expect(machine.busy[0]).toBeCloseTo(paperCosts.messageNear + paperCosts.messageFar, 9)
})

test("what a step is charged delays what the core does next", () => {
  const machine = new Machine(1, free, new Random(1))
  const times: Array<number> = []
  machine.host(
    0,
    {
      cost: () => 1,
      run: () => {
        times.push(machine.now)
        machine.charge(0, 5)
        machine.charge(0, 5)
      },
    },
    0,
  )
  for (let k = 0; k < 3; k++) machine.frame(0, 0, KIND, 0)
  machine.run()
  expect(times).toEqual([1, 12, 23])
})

test("a signal is there after a hop, whatever is in hand there, and lengthens it; both ends pay", () => {
  const costs = { ...paperCosts, jitter: 0 }
  const { machine, done } = noting(20, costs, 10)
  const heard: Array<number> = []
  const arrives = machine.on((to) => {
    heard.push(machine.now)
    machine.signalled(0, to)
  })
  const send = machine.on((to) => machine.signal(0, to, arrives, to))
  for (const to of [1, 10]) {
    machine.frame(0, to, KIND, 0)
    machine.frame(0, to, KIND, 0)
    machine.at(5, send, to)
  }
  machine.run()
  expect(heard).toEqual([5 + costs.hopNear, 5 + costs.hopFar])
  expect(machine.busy[0]).toBeCloseTo(costs.messageNear + costs.messageFar, 9)
  expect(machine.busy[1]).toBeCloseTo(20 + costs.messageNear, 9)
  expect(done.filter(([, core]) => core === 10).map(([time]) => time)).toEqual([10, 20 + costs.messageFar])
})

test("work of its own waits for what has arrived", () => {
  const machine = new Machine(1, free, new Random(1))
  const order: Array<number> = []
  machine.host(
    0,
    {
      cost: () => 10,
      run: (item) => {
        order.push(machine.kind[item]!)
        if (machine.kind[item] === 1) for (const kind of [2, 3]) machine.post(0, 1, kind, 0)
      },
    },
    0,
  )
  machine.frame(0, 0, 1, 0)
  machine.frame(5, 0, 4, 0)
  machine.frame(25, 0, 5, 0)
  machine.run()
  expect(order).toEqual([1, 4, 2, 5, 3])
})

test("an idle core notices within its loop, a busy one at once", () => {
  const { machine, done } = noting(1, free, 1, 8)
  for (let k = 0; k < 4000; k++) machine.frame(k * 100, 0, KIND, 0, k * 100)
  machine.run()
  const waits = done.map(([time, , word]) => time - 1 - word)
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...waits)).toBeLessThan(8)
  expect(waits.reduce((a, b) => a + b) / waits.length).toBeCloseTo(4, 0)
})

test("an overload without end is an error that says so, not a full memory", () => {
  const { machine } = noting(1, free, 1e9)
  const flood = machine.on(() => {
    for (let k = 0; k <= MOST_ITEMS; k++) machine.frame(0, 0, KIND, 0)
  })
  machine.at(0, flood, 0)
  expect(() => machine.run()).toThrow(
    expect.objectContaining({
      _tag: "ExperimentError",
      message: expect.stringContaining("more than 2097152"),
    }),
  )
})
