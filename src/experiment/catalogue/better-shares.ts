/** What is left between Late and a queue that costs nothing: handing over. */
import type { Costs } from "../cost.ts"
import { compared, jobKey, percentileCells, QUEUE, worstOf } from "./balancer-jobs.ts"
import { settings } from "./balancer-workloads.ts"
import { betterJob, LATE, workloads } from "./better-jobs.ts"
import { number } from "./curves.ts"
import { base, type Job, keyOf, type Results, type Table } from "./experiment.ts"

const { costs } = base

/**
 * µs from a web server's being idle until it has its next connection, while some wait: it registers (a server's loop),
 * is told (its own), claims (a server's), is answered (its own); where its manager lends it, one server more.
 */
const handOver = (x: Costs, lent: number): number => {
  const message = x.hopNear + x.jitter + 2 * x.messageNear
  return x.serverLoop + x.applicationLoop + 4 * message + lent * (x.serverLoop / 2 + message)
}

/** Half of the connections go to who was lent. */
const LENT = 0.5
export const HANDED = Math.round(handOver(costs, LENT))

/** Polls an eighth, and a quarter, as long. */
const QUICK: Costs = { ...costs, serverLoop: 1, applicationLoop: 0.5 }
const quickWorkloads = ["uniform", "heavy", "bursts", "slow"]

const HANDED_QUEUE = `${QUEUE}, ${HANDED} µs more for each connection`
const QUICK_QUEUE = `${QUEUE}, loops of 1 and 0.5 µs`
const QUICK_LATE = `${LATE}, loops of 1 and 0.5 µs`

const job = (workload: string, what: string, name: string, change: Partial<Costs>): Job => {
  const { spec } = betterJob(workload, name)
  return { key: shareKey(workload, what), spec: { ...spec, costs: { ...spec.costs, ...change } } }
}
const shareKey = (workload: string, what: string): string => `share-${workload}-${keyOf(what)}`
const loops = { serverLoop: QUICK.serverLoop, applicationLoop: QUICK.applicationLoop }

export const shareJobs: ReadonlyArray<Job> = [
  ...workloads.map((workload) => job(workload, HANDED_QUEUE, QUEUE, { application: HANDED })),
  ...quickWorkloads.flatMap((workload) => [
    job(workload, QUICK_QUEUE, QUEUE, loops),
    job(workload, QUICK_LATE, LATE, loops),
  ]),
]

/** What the runs have shown of it. */
export const shares = (results: Results): string => {
  const handed = workloads.map(
    (workload) =>
      `${workload} ${number(worstOf(results, workload, jobKey(workload, LATE), shareKey(workload, HANDED_QUEUE)))} ×`,
  )
  const quick = quickWorkloads.map(
    (workload) =>
      `${workload} ${number(worstOf(results, workload, shareKey(workload, QUICK_LATE), shareKey(workload, QUICK_QUEUE)))} ×`,
  )
  return (
    `An idle web server gets its next connection by four messages through two processes that poll, five where it is lent: by the costs above ` +
    `${number(handOver(costs, 0))} µs, or ${number(handOver(costs, 1))}, in which it works for nobody, of the 100 that a request takes. The same shared queue, with ${HANDED} µs more for each connection, is what Late can ` +
    `be compared with, and Late is at so many times that at the worst percentile: ${handed.join(", ")}. With loops of 1 and 0.5 µs instead of ${costs.serverLoop} and ${costs.applicationLoop}, ` +
    `${number(handOver(QUICK, 0))} or ${number(handOver(QUICK, 1))} µs, it is at so many times the shared queue that costs nothing: ${quick.join(", ")}.`
  )
}

export const shareTable = (results: Results): Table => ({
  title: `What handing over costs: a queue that pays for it, and processes that look more often; mean ± 95 % confidence`,
  head: ["workload", "what", ...compared.map((p) => `${p}th`)],
  rows: workloads.flatMap((workload) => {
    const rows = [
      [QUEUE, jobKey(workload, QUEUE)],
      [HANDED_QUEUE, shareKey(workload, HANDED_QUEUE)],
      [LATE, jobKey(workload, LATE)],
    ]
    if (quickWorkloads.includes(workload))
      rows.push([QUICK_QUEUE, shareKey(workload, QUICK_QUEUE)], [QUICK_LATE, shareKey(workload, QUICK_LATE)])
    return rows.map(([what, key]) => [
      workload,
      what!,
      ...percentileCells(results, key!, settings[workload]!.times),
    ])
  }),
})
