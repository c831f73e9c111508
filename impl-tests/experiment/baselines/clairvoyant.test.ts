import { expect, test } from "vitest"
import { clairvoyant } from "../../../src/experiment/baselines/clairvoyant.ts"
import { viewOf } from "./view.ts"

/** Two applications, of which 0 has three requests of 100 µs and 1 one of `other`. */
const busy = (other: number) => {
  const view = viewOf(2)
  const balancer = clairvoyant(view)
  const ask = (k: number, a: number, demand: number): void => {
    view.connections.demand[k] = demand
    view.waiting[a]!++
    balancer.asked!(k, a)
  }
  for (const k of [0, 1, 2]) ask(k, 0, 100)
  ask(3, 1, other)
  const served = (k: number, at: number): void => {
    view.machine.now = at
    view.waiting[0]!--
    balancer.served!(k, 0)
  }
  view.connections.demand[4] = 10
  return { served, choose: () => balancer.choose(4, 0) }
}

test("to whom the request would leave first", () => {
  expect(busy(301).choose()).toBe(0)
  expect(busy(299).choose()).toBe(1)
})

test("who is later than planned is so with all that he has still to do, once", () => {
  const one = busy(330)
  one.served(0, 150)
  expect(one.choose()).toBe(1)
  const two = busy(360)
  two.served(0, 150)
  two.served(1, 250)
  expect(two.choose()).toBe(0)
})

test("who has nothing to do begins at once", () => {
  const one = busy(220)
  for (const [k, at] of [
    [0, 50],
    [1, 60],
    [2, 70],
  ] as const)
    one.served(k, at)
  expect(one.choose()).toBe(0)
})
