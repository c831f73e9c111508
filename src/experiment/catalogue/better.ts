/** Better than the paper: the schemes Shortest and Late where the tournament loses, and how far from what is possible they are. */
import { compared, jobKey, percentileCells, QUEUE, worstOf } from "./balancer-jobs.ts"
import { settings } from "./balancer-workloads.ts"
import { claims } from "./better-claims.ts"
import { allWorkloads, locality, mainJobs, namesIn, paperJobs } from "./better-jobs.ts"
import { knobJobs, knobTables } from "./better-knobs.ts"
import { shareJobs, shareTable } from "./better-shares.ts"
import { meanCurve, number, percentilePlot } from "./curves.ts"
import { type Experiment, glanceOf, type Results, type Table } from "./experiment.ts"

const table = (results: Results): Table => ({
  title:
    "Response times as above; the last column: the worst of the five percentiles by the shared queue's; mean ± 95 % confidence",
  head: ["workload", "balancer", ...compared.map((p) => `${p}th`), "local", "× queue"],
  rows: allWorkloads.flatMap((workload) =>
    namesIn(workload).map((name) => {
      const key = jobKey(workload, name)
      const times = settings[workload]!.times
      return [
        workload,
        name,
        ...percentileCells(results, key, times),
        `${number(locality(results, key))} %`,
        number(worstOf(results, workload, key, jobKey(workload, QUEUE))),
      ]
    }),
  ),
})

const QUICK = 8

export const better: Experiment = {
  name: "better",
  title: "Better than the paper",
  what:
    "Two schemes of the core's. Late (`src/core/late.ts`, `spec/Stack.tla`) gives a connection to nobody while all are busy, as Sparrow does (Ousterhout et al., SOSP 2013): a web server registers " +
    "when it has nothing else to do (Lu et al., Performance Evaluation 68(11), 2011), for one connection; an established connection waits at its manager, which asks others, four first and twice as many each 10 µs, " +
    "and is lent their idle ones. Who is more than the tariff slower than the best (2 here) gets only what has waited for as long as that loses there (after Lin and Kumar 1984). " +
    "Its rules were tuned with seeds 1 and 7 of runs of other lengths; each run here has a seed of its own, made of this page's. " +
    "Shortest (`src/core/shortest.ts`, `spec/Offers.tla`): a manager knows at once how many connections it has under way at whom, so an " +
    "acceptor is worth its service time times one more than these; an offer says that of its best acceptor, as its own manager knows it. The best local acceptor " +
    "gets the connection, unless offers are better by more than the tariff, which is 2 here: then the better of two of them, drawn. What nobody has measured for a second is " +
    "sampled again. Transport Servers wait for a claim at establishment four times the first quartile of what the acceptor takes to claim (`src/server/patience.ts`), since it was chosen a " +
    "round trip ago: if it is busy by then, the manager chooses again. The workloads are those of the balancers above, 0.25 s each; sixty-four: 0.04 s.",
  repetitions: 3,
  jobs: [...mainJobs, ...paperJobs, ...knobJobs, ...shareJobs],
  quick: ({ key, spec }) => ({
    key,
    spec: { ...spec, warmUp: spec.warmUp / QUICK, duration: spec.duration / QUICK },
  }),
  find: (results) => ({
    claims: claims(results),
    tables: [table(results), shareTable(results), ...knobTables(results)],
    plots: ["uniform", "slow", "heavy", "bursts"].map((workload) => ({
      name: `better-${workload}`,
      caption: `Response-time percentiles, ${workload}: ${settings[workload]!.what}.`,
      spec: percentilePlot(
        namesIn(workload).map((name) => ({
          name,
          times: meanCurve(results.of(jobKey(workload, name)).map((x) => settings[workload]!.times(x))),
        })),
        "response time, µs",
      ),
    })),
    glance: glanceOf(
      results,
      "Shortest and Late, one web server of eight ten times slower",
      namesIn("slow").map((name) => [name, jobKey("slow", name)] as const),
    ),
  }),
}
