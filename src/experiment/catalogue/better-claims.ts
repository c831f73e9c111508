/** What is claimed of Shortest and Late, and why where it does not hold: as the runs show it. */
import { type Compared, IDEAL, jobKey, QUEUE, TOURNAMENT, timeAt, worstOf } from "./balancer-jobs.ts"
import {
  ARRIVAL,
  allWorkloads,
  evenLocality,
  LATE,
  localityIn,
  paperLocality,
  paperNames,
  paperTail,
  SHORTEST,
  workloads,
} from "./better-jobs.ts"
import { ALL_LOCAL, LATE_ONE, ONE_MANAGER, partTail } from "./better-knobs.ts"
import { shares } from "./better-shares.ts"
import { number, time } from "./curves.ts"
import type { Claim, Results } from "./experiment.ts"

export const claims = (results: Results): ReadonlyArray<Claim> => {
  const at = (workload: string, name: string, p: Compared) => timeAt(results, workload, name, p)
  const worst = (workload: string, name: string) =>
    worstOf(results, workload, jobKey(workload, name), jobKey(workload, QUEUE))
  const each = (of: (workload: string) => number, unit: string, list = workloads): string =>
    list.map((workload) => `${workload} ${number(of(workload))}${unit}`).join(", ")
  const gain = (name: string) => (workload: string) => at(workload, TOURNAMENT, 99) / at(workload, name, 99)
  const slow = (name: string, p: Compared) => at("slow", name, p)
  const near = (workload: string) => localityIn(results, workload, LATE)
  const far = (workload: string) => localityIn(results, workload, TOURNAMENT)
  const one = (workload: string): string =>
    `${time(partTail(results, workload, LATE_ONE))} instead of ${time(partTail(results, workload, LATE))}`
  const queues = `Each manager has a queue of its own, which is a part of the rest: with one for all the 99th percentile is, uniform, ${one("uniform")}; slow, ${one("slow")}.`
  const lost = workloads.filter((workload) => near(workload) < far(workload) - 1)
  const asPaper = (name: string) =>
    paperLocality(results, name) >= paperLocality(results, TOURNAMENT) - 1 &&
    paperTail(results, name) <= 1.1 * paperTail(results, TOURNAMENT)
  return [
    {
      text: "Late does better than Tournament 2 at the 99th percentile in every workload",
      source: "our aim",
      aim: true,
      paper: "> 1 ×",
      ours: each(gain(LATE), " ×"),
      holds: workloads.every((workload) => gain(LATE)(workload) > 1),
      otherwise: "where the tournament does not swing, handing over costs Late more than it gains.",
    },
    {
      text: "Late, with one web server ten times slower, the 99th percentile within 1.25 × of the clairvoyant balancer's",
      source: "our aim",
      aim: true,
      paper: "≤ 1.25 ×",
      ours: `${number(slow(LATE, 99) / slow(IDEAL, 99))} ×; Shortest ${number(slow(SHORTEST, 99) / slow(IDEAL, 99))} ×, Tournament 2 ${number(slow(TOURNAMENT, 99) / slow(IDEAL, 99))} ×`,
      holds: slow(LATE, 99) <= 1.25 * slow(IDEAL, 99),
      note: "The clairvoyant hands over for nothing. Late leaves the slow one idle until a connection has waited for as long as it would lose there.",
      otherwise: `where nobody is slow it is ${number(at("uniform", LATE, 99) / at("uniform", IDEAL, 99))} × already. ${shares(results)} ${queues}`,
    },
    {
      text: "Late within 1.1 × of a shared queue that costs nothing, at every percentile from 50 to 99.9",
      source: "our aim",
      aim: true,
      paper: "≤ 1.1 ×",
      ours: each((workload) => worst(workload, LATE), " ×", allWorkloads),
      holds: allWorkloads.every((workload) => worst(workload, LATE) <= 1.1),
      otherwise: `${shares(results)} ${queues}`,
    },
    {
      text: "Late is ahead of the shared queue where a web server is slow, at the 99.9th percentile",
      source: "our aim",
      aim: true,
      paper: "< 1 ×",
      ours: `${number(slow(LATE, 99.9) / slow(QUEUE, 99.9))} ×; at the 99th ${number(slow(LATE, 99) / slow(QUEUE, 99))} ×`,
      holds: slow(LATE, 99.9) < slow(QUEUE, 99.9),
      note: "The queue gives the slow one a connection whenever it is idle; one in eighty waits for it.",
      otherwise: "too few connections are slow in so short a run.",
    },
    {
      text: "Late keeps as many connections local as Tournament 2",
      source: "our aim",
      aim: true,
      paper: "≥ Tournament 2",
      ours: allWorkloads
        .map((workload) =>
          workloads.includes(workload)
            ? `${workload} ${number(near(workload))} % (${number(far(workload))} %)`
            : `${workload} ${number(near(workload))} %`,
        )
        .join(", "),
      holds: lost.length === 0,
      note: "Not more than a point below.",
      otherwise:
        `where the tournament does not swing it keeps nearly all of them local (${lost.map((workload) => `${workload}, where its 99th percentile is ${number(gain(LATE)(workload))} × Late's`).join("; ")}): it has them wait for a web server that is busy while others are idle. ` +
        `Who keeps all local has, uniform, a 99th percentile of ${time(partTail(results, "uniform", ALL_LOCAL))} (${ALL_LOCAL}) instead of ${time(partTail(results, "uniform", LATE))}.`,
    },
    {
      text: "Under the paper's own delays (Figure 6a) Late keeps as many local as Tournament 2, with a 99th percentile as short",
      source: "our aim",
      aim: true,
      paper: "as Tournament 2",
      ours: paperNames
        .map((name) => `${name} ${number(paperLocality(results, name))} %, ${time(paperTail(results, name))}`)
        .join("; "),
      holds: asPaper(LATE),
      otherwise:
        `without these delays it keeps ${number(evenLocality(results, LATE))} % (Tournament 2 ${number(evenLocality(results, TOURNAMENT))} %): the others found their manager's web server at work or not registered again yet. ` +
        "What is lost beyond that is the delays' doing: whoever is slow for a time, or has the answer of its only connection held back, is spared.",
    },
    {
      text: "Shortest does better than Tournament 2 at the 99th percentile in every workload",
      source: "our aim",
      aim: true,
      paper: "> 1 ×",
      ours: each(gain(SHORTEST), " ×"),
      holds: workloads.every((workload) => gain(SHORTEST)(workload) > 1),
      otherwise:
        "where the tournament does not swing, the choice by counts gains less than a message more costs.",
    },
    {
      text: "Shortest within 1.1 × of a shared queue that costs nothing, at every percentile from 50 to 99.9",
      source: "our aim",
      aim: true,
      paper: "≤ 1.1 ×",
      ours: each((workload) => worst(workload, SHORTEST), " ×"),
      holds: workloads.every((workload) => worst(workload, SHORTEST) <= 1.1),
      otherwise:
        `No choice at arrival that knows no demands comes so near here: least connections, which counts at once and for nothing whatever is open anywhere, is at ` +
        `${number(worst("uniform", ARRIVAL))} × where all are alike, and ${number(worst("heavy", ARRIVAL))} × where service times are heavy-tailed. ` +
        `What is left is that each manager counts only what it gave itself, which is the less the more there are of them (sixteen ${number(worst("sixteen", SHORTEST))} ×; ` +
        `with one that counts all the 99th percentile of eight is ${time(partTail(results, "uniform", ONE_MANAGER))} instead of ` +
        `${time(partTail(results, "uniform", SHORTEST))}), and that it chooses at the SYN, a round trip before the ACK.`,
    },
    {
      text: "Under the paper's own delays (Figure 6a) Shortest keeps as many local, with a 99th percentile as short",
      source: "our aim",
      aim: true,
      paper: "as Tournament 2",
      ours: `${number(paperLocality(results, SHORTEST))} %, ${time(paperTail(results, SHORTEST))}`,
      holds: asPaper(SHORTEST),
      otherwise:
        "a held-back answer takes no core, and its web server counts as busy for as long as it is under way.",
    },
  ]
}
