/** Charts for laws: random runs of processes over FIFO channels. */
import fc from "fast-check"
import type { Chart, ChartMessage, ChartStep } from "../../../src/tla/chart/chart.ts"

const label = fc.stringMatching(/^[A-Z<&"]{1,12}( [a-z0-9→]{1,9}){0,6}$/)

/** One draw each: who steps, what it takes in and loses, whom it writes to. */
const move = fc.record({
  lane: fc.nat(),
  label,
  notes: fc.array(label, { maxLength: 3 }),
  receives: fc.nat({ max: 9 }),
  drops: fc.nat({ max: 9 }),
  sends: fc.array(fc.record({ to: fc.nat(), label, direct: fc.boolean() }), { maxLength: 3 }),
})

/** A run as `moves` say it, where that can be. */
export const arbitraryChart: fc.Arbitrary<Chart> = fc
  .record({
    lanes: fc.uniqueArray(fc.stringMatching(/^[a-z]{2,4}[0-9]$/), { minLength: 2, maxLength: 7 }),
    moves: fc.array(move, { minLength: 1, maxLength: 30 }),
    early: fc.array(fc.record({ from: fc.nat(), to: fc.nat(), label }), { maxLength: 3 }),
    verdict: fc.array(label, { maxLength: 2 }),
    title: label,
  })
  .map(({ lanes, moves, early, verdict, title }) => {
    let id = 0
    const n = lanes.length
    const channels = new Map<string, Array<ChartMessage>>()
    const message = (from: number, to: number, text: string): ChartMessage | undefined => {
      if (from === to) return undefined
      const one = { id: id++, from, to, label: `${text} #${id}` }
      return one
    }
    const put = (x: ChartMessage) => {
      const key = `${x.from} ${x.to}`
      channels.set(key, [...(channels.get(key) ?? []), x])
    }
    const take = (lane: number): ChartMessage | undefined =>
      [...channels.values()].find((x) => x[0]?.to === lane)?.shift()
    const before = early.flatMap((x) => message(x.from % n, x.to % n, x.label) ?? [])
    for (const x of before) put(x)
    const steps = moves.map((x, k): ChartStep => {
      const lane = x.lane % n
      const received = x.receives < 7 ? take(lane) : undefined
      const dropped = x.drops < 2 ? take((lane + 1) % n) : undefined
      const sends = x.sends.flatMap(({ to, label: text, direct }) => {
        const one = message(lane, to % n, text)
        if (one === undefined) return []
        if (direct) return [{ ...one, direct }]
        put(one)
        return [one]
      })
      return {
        lane,
        number: k + 2,
        label: x.label,
        notes: x.notes,
        sends,
        drops: dropped === undefined ? [] : [dropped.id],
        ...(received === undefined ? {} : { receives: received.id }),
      }
    })
    return { title, lanes, before, steps, verdict }
  })
