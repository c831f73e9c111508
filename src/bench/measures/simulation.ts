/**
 * The experiments' simulation: core steps per second of CPU time, the collector's threads included, of eight composite servers and
 * eight web servers under Tournament 2; against the same machines taking the same handshake with nothing around them.
 */
import { base } from "../../experiment/catalogue/experiment.ts"
import { run } from "../../experiment/run.ts"
import { pinCpu } from "../../native/native.ts"
import type { Measure } from "../row.ts"
import { STEPS, World } from "./handshake.ts"

/** Steps per second of CPU time of what takes `steps` of them. */
const speed = (what: () => number): number => {
  const start = process.cpuUsage()
  const steps = what()
  const { user, system } = process.cpuUsage(start)
  return (steps / (user + system)) * 1e6
}

export const measureSimulation: Measure = async ({ cores, quick, say }) => {
  pinCpu(cores[0])
  const duration = quick ? 300_000 : 1_000_000
  let items = 0
  let seed = 1
  const simulate = (): number => {
    const result = run({ ...base, seed: seed++, warmUp: 0, duration, slice: duration })
    items = result.items / result.steps
    return result.steps
  }
  const world = new World(undefined)
  const handshakes = quick ? 2000 : 20_000
  const bare = (): number => {
    for (let k = 0; k < handshakes; k++) world.handshake()
    return handshakes * STEPS
  }
  // Compiles, and reaches the allocator's steady state.
  for (let k = 0; k < (quick ? 2 : 4); k++) {
    simulate()
    bare()
  }
  const turns: Array<readonly [number, number]> = []
  for (let k = 0; k < (quick ? 3 : 15); k++) turns.push([speed(simulate), speed(bare)])
  say(`${Math.round(turns.at(-1)![0])} steps/s`)
  const details = [{ name: "further events of cores and clients for each step", value: items, unit: "" }]
  return { simulation: { turns, dropped: 0, details } }
}
