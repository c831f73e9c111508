/** Better than the paper: the scheme Shortest where the tournament loses, and how far from what is possible it is. */
import { percentileOf } from "../measures.ts"
import { type Scheme, schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"
import {
  balancerJob,
  compared,
  IDEAL,
  jobKey,
  percentileCells,
  QUEUE,
  TOURNAMENT,
  timeAt,
} from "./balancer-jobs.ts"
import { settings } from "./balancer-workloads.ts"
import { knobJobs, knobTables, ONE_MANAGER, partTail } from "./better-knobs.ts"
import { meanCurve, number, percentilePlot, time } from "./curves.ts"
import { type Claim, type Experiment, glanceOf, type Job, type Results, type Table } from "./experiment.ts"
import { figure6a } from "./imbalance-runs.ts"

export const SHORTEST = "Shortest"
/** The best that a choice at arrival has among the baselines: it counts what is open everywhere, at once, at the ACK. */
const ARRIVAL = "least-connections"
const names = [TOURNAMENT, SHORTEST, ARRIVAL, QUEUE, IDEAL]
/** All but the sixty-four managers, whose set-up alone takes longer than these runs. */
const workloads = Object.keys(settings).filter((workload) => workload !== "sixty-four")

const lengths = { warmUp: 150_000, duration: 250_000, slice: 5_000 }

/** With the paper's tariff. */
export const shortest = (change: { readonly tariff?: number; readonly window?: "mean" } = {}): Scheme => {
  const scheme = schemes[SHORTEST]!
  return scheme.kind === "core" ? { ...scheme, balance: { ...scheme.balance, tariff: 2, ...change } } : scheme
}

const jobs: ReadonlyArray<Job> = workloads.flatMap((workload) =>
  names.map((name) =>
    balancerJob(workload, name, {
      ...settings[workload]!.change,
      ...lengths,
      ...(name === SHORTEST ? { scheme: shortest() } : {}),
    }),
  ),
)

/** Figure 6a's delays, under which the paper judges. */
const paperKey = (name: string): string => `paper-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`
const paperNames = [TOURNAMENT, SHORTEST]
const paperJobs: ReadonlyArray<Job> = paperNames.map((name) => {
  const { spec } = balancerJob("uniform", TOURNAMENT)
  return {
    key: paperKey(name),
    spec: {
      ...spec,
      scheme: name === SHORTEST ? shortest() : spec.scheme,
      workload: {
        ...spec.workload,
        arrivals: { kind: "poisson", rate: 30_000 },
        service: { kind: "fixed", mean: 8 },
        delays: figure6a,
      },
      claimTimeout: 1000,
      warmUp: 500_000,
      duration: 1_500_000,
      slice: 50_000,
    },
  }
})

const locality = (results: Results, key: string): number =>
  estimateOf(results.map(key, (x) => 100 * x.locality)).mean

const paperTail = (results: Results, name: string): number =>
  estimateOf(results.map(paperKey(name), (x) => percentileOf(x.response, 99))).mean

const claims = (results: Results): ReadonlyArray<Claim> => {
  const at = (workload: string, name: string, p: (typeof compared)[number]) =>
    timeAt(results, workload, name, p)
  const worst = (workload: string, name: string) =>
    Math.max(...compared.map((p) => at(workload, name, p) / at(workload, QUEUE, p)))
  const each = (of: (workload: string) => number, unit: string): string =>
    workloads.map((workload) => `${workload} ${number(of(workload))}${unit}`).join(", ")
  const gain = (workload: string) => at(workload, TOURNAMENT, 99) / at(workload, SHORTEST, 99)
  const slow = (name: string, p: (typeof compared)[number]) => at("slow", name, p)
  const near = (workload: string) => locality(results, jobKey(workload, SHORTEST))
  const far = (workload: string) => locality(results, jobKey(workload, TOURNAMENT))
  const bound =
    `No choice at arrival that knows no demands comes so near here: least connections, which counts at once and for nothing whatever is open anywhere, is at ` +
    `${number(worst("uniform", ARRIVAL))} × where all are alike, and ${number(worst("heavy", ARRIVAL))} × where service times are heavy-tailed. ` +
    `What is left is that each manager counts only what it gave itself, which is the less the more there are of them (sixteen ${number(worst("sixteen", SHORTEST))} ×; ` +
    `with one that counts all the 99th percentile of eight is ${time(partTail(results, "uniform", ONE_MANAGER))} instead of ` +
    `${time(partTail(results, "uniform", SHORTEST))}), and that it chooses at the SYN, a round trip before the ACK.`
  return [
    {
      text: "Shortest does better than Tournament 2 at the 99th percentile in every workload",
      source: "our aim",
      aim: true,
      paper: "> 1 ×",
      ours: each(gain, " ×"),
      holds: workloads.every((workload) => gain(workload) > 1),
      otherwise:
        "where the tournament does not swing, the choice by counts gains less than a message more costs.",
    },
    {
      text: "Shortest, with one web server ten times slower, the 99th percentile within 1.25 × of the clairvoyant balancer's",
      source: "our aim",
      aim: true,
      paper: "≤ 1.25 ×",
      ours: `${number(slow(SHORTEST, 99) / slow(IDEAL, 99))} ×; Tournament 2 ${number(slow(TOURNAMENT, 99) / slow(IDEAL, 99))} ×`,
      holds: slow(SHORTEST, 99) <= 1.25 * slow(IDEAL, 99),
      otherwise: `the seven others would have to be shared as a queue is: where nobody is slow it is ${number(at("uniform", SHORTEST, 99) / at("uniform", IDEAL, 99))} × already, so the slow one adds little. ${bound}`,
    },
    {
      text: "Shortest within 1.1 × of a shared queue that costs nothing, at every percentile from 50 to 99.9",
      source: "our aim",
      aim: true,
      paper: "≤ 1.1 ×",
      ours: each((workload) => worst(workload, SHORTEST), " ×"),
      holds: workloads.every((workload) => worst(workload, SHORTEST) <= 1.1),
      otherwise: bound,
    },
    {
      text: "Shortest is ahead of the shared queue where a web server is slow, at the 99.9th percentile",
      source: "our aim",
      aim: true,
      paper: "< 1 ×",
      ours: `${number(slow(SHORTEST, 99.9) / slow(QUEUE, 99.9))} ×; at the 99th ${number(slow(SHORTEST, 99) / slow(QUEUE, 99))} ×`,
      holds: slow(SHORTEST, 99.9) < slow(QUEUE, 99.9),
      note: "The queue gives the slow one a connection whenever it is idle; one in eighty waits for it.",
      otherwise: "too few connections are slow in so short a run.",
    },
    {
      text: "Shortest keeps as many connections local as Tournament 2",
      source: "our aim",
      aim: true,
      paper: "≥ Tournament 2",
      ours: workloads
        .map((workload) => `${workload} ${number(near(workload))} % (${number(far(workload))} %)`)
        .join(", "),
      holds: workloads.every((workload) => near(workload) >= far(workload) - 1),
      note: "Not more than a point below. A web server at 70 % is idle for three in ten of its manager's connections; who keeps the others local has them wait while others are idle.",
      otherwise:
        "a web server at 70 % is idle for three in ten of its manager's connections; who keeps the others local has them wait while others are idle.",
    },
    {
      text: "Under the paper's own delays (Figure 6a) Shortest keeps as many local, with a 99th percentile as short",
      source: "our aim",
      aim: true,
      paper: "as Tournament 2",
      ours: paperNames
        .map(
          (name) =>
            `${name} ${number(locality(results, paperKey(name)))} %, ${time(paperTail(results, name))}`,
        )
        .join("; "),
      holds:
        locality(results, paperKey(SHORTEST)) >= locality(results, paperKey(TOURNAMENT)) - 1 &&
        paperTail(results, SHORTEST) <= 1.1 * paperTail(results, TOURNAMENT),
      otherwise:
        "a held-back answer takes no core, and its web server counts as busy for as long as it is under way.",
    },
  ]
}

const table = (results: Results): Table => ({
  title:
    "Response times as above; the last column: the worst of the five percentiles by the shared queue's; mean ± 95 % confidence",
  head: ["workload", "balancer", ...compared.map((p) => `${p}th`), "local", "× queue"],
  rows: workloads.flatMap((workload) =>
    names.map((name) => {
      const key = jobKey(workload, name)
      const times = settings[workload]!.times
      const ratios = compared.map(
        (p) => timeAt(results, workload, name, p) / timeAt(results, workload, QUEUE, p),
      )
      return [
        workload,
        name,
        ...percentileCells(results, key, times),
        `${number(locality(results, key))} %`,
        number(Math.max(...ratios)),
      ]
    }),
  ),
})

export const better: Experiment = {
  name: "better",
  title: "Better than the paper",
  what:
    "Shortest, a scheme of the core's (`src/core/shortest.ts`, `spec/Offers.tla`): a manager knows at once how many connections it has under way at whom, so an " +
    "acceptor is worth its service time times one more than these; an offer says that of its best acceptor, as its own manager knows it. The best local acceptor " +
    "gets the connection, unless offers are better by more than the tariff, which is 2 here: then the better of two of them, drawn. What nobody has measured for a second is " +
    "sampled again. Transport Servers wait for a claim at establishment four times the first quartile of what the acceptor takes to claim (`src/server/patience.ts`), since it was chosen a " +
    "round trip ago: if it is busy by then, the manager chooses again. The workloads are those of the balancers above but the one of sixty-four web servers, 0.25 s each.",
  repetitions: 3,
  jobs: [...jobs, ...paperJobs, ...knobJobs],
  quick: ({ key, spec }) => ({
    key,
    spec: { ...spec, warmUp: spec.warmUp / 8, duration: spec.duration / 8 },
  }),
  find: (results) => ({
    claims: claims(results),
    tables: [table(results), ...knobTables(results)],
    plots: ["uniform", "slow", "heavy"].map((workload) => ({
      name: `better-${workload}`,
      caption: `Response-time percentiles, ${workload}: ${settings[workload]!.what}.`,
      spec: percentilePlot(
        names.map((name) => ({
          name,
          times: meanCurve(results.of(jobKey(workload, name)).map((x) => settings[workload]!.times(x))),
        })),
        "response time, µs",
      ),
    })),
    glance: glanceOf(
      results,
      "Shortest, one web server of eight ten times slower",
      names.map((name) => [name, jobKey("slow", name)] as const),
    ),
  }),
}
