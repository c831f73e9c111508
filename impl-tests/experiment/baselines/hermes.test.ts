/** How Hermes sifts workers, and that it chooses at the SYN (Pan et al., SIGCOMM 2025). */
import { describe, expect, test } from "vitest"
import { hermes, sift } from "../../../src/experiment/baselines/hermes.ts"
import { hashOf } from "../../../src/experiment/baselines/load.ts"
import { viewOf } from "./view.ts"

const NOW = 1_000_000

/** Who is left of workers [µs since the loop was entered, events, connections]. */
const left = (...workers: ReadonlyArray<readonly [number, number, number]>): ReadonlyArray<number> => {
  const set = new Int32Array(workers.length)
  const n = sift(
    {
      entered: Float64Array.from(workers, ([age]) => NOW - age),
      events: Int32Array.from(workers, ([, events]) => events),
      connections: Int32Array.from(workers, ([, , count]) => count),
    },
    NOW,
    set,
  )
  return [...set.subarray(0, n)]
}

describe("sifted out are", () => {
  test("who hangs, but not who waits for events", () => {
    expect(left([100, 1, 1], [20_000, 1, 1], [20_000, 0, 1], [0, 1, 1])).toEqual([0, 2, 3])
  })

  test("who has half as many connections again as the average", () => {
    expect(left([0, 1, 10], [0, 1, 10], [0, 1, 15], [0, 1, 5])).toEqual([0, 1, 2, 3])
    expect(left([0, 1, 10], [0, 1, 10], [0, 1, 16], [0, 1, 4])).toEqual([0, 1, 3])
  })

  test("and then who has as many more events in hand", () => {
    expect(left([0, 2, 1], [0, 2, 1], [0, 4, 1], [0, 0, 1])).toEqual([0, 1, 3])
    // The average is of those that are left.
    expect(left([0, 90, 9], [0, 2, 1], [0, 4, 1], [0, 2, 1])).toEqual([1, 2, 3])
  })

  test("nobody where nobody has anything", () => {
    expect(left([0, 0, 0], [0, 0, 0])).toEqual([0, 1])
  })
})

test("the kernel takes one of the set by the flow's hash, at the SYN, and anybody where the set is too small", () => {
  const view = viewOf(4)
  const { connections } = view
  const balancer = hermes(view)
  const flows = Array.from({ length: 16 }, (_, k) => k * 7919)
  flows.forEach((flow, k) => {
    connections.flow[k] = flow
    balancer.syn!(k)
  })
  // Nobody has said anything yet.
  expect(flows.map((_, k) => balancer.choose(k, 0))).toEqual(flows.map((flow) => hashOf(flow) % 4))
  for (let k = 0; k < 4; k++) balancer.taken!(k, 2)
  expect(flows.map((_, k) => balancer.choose(k, 0))).toEqual(flows.map((flow) => hashOf(flow) % 4))
  flows.forEach((_, k) => {
    balancer.syn!(k)
  })
  expect(flows.map((_, k) => balancer.choose(k, 0))).toEqual(flows.map((flow) => [0, 1, 3][hashOf(flow) % 3]))
})
