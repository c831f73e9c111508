/** Figure 11 and Tables 4 and 5 (§5.4): where Link Servers and Connection Managers run. */
import { estimateOf } from "../statistics.ts"
import { number, summarised } from "./curves.ts"
import { base, type Claim, type Experiment, type Job, keyOf, type Results } from "./experiment.ts"

const COMBINED = "TS8LS8CM8"
/** The paper's four groups, and what all are compared with. */
const groups: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["separate LSs", ["TS8CM8+LS1", "TS8CM8+LS2", "TS8CM8+LS4", "TS8CM8+LS8"]],
  ["separate CMs", ["TS8LS8+CM1", "TS8LS8+CM2", "TS8LS8+CM4", "TS8LS8+CM8"]],
  ["separate LSs and CMs", ["TS8+LS1+CM1", "TS8+LS2+CM2", "TS8+LS4+CM4", "TS8+LS8+CM8"]],
  ["CMs in a subset of TSs", ["TS8LS8CM1", "TS8LS8CM2", "TS8LS8CM4"]],
  ["combined", [COMBINED]],
]
const split = groups.slice(0, 4).flatMap(([, list]) => list)

const job = (configuration: string, applications: number, clients: number): Job => ({
  key: keyOf(configuration),
  spec: {
    ...base,
    configuration,
    applications,
    connections: 256,
    warmUp: 50_000,
    duration: 100_000,
    slice: 100_000,
    workload: { ...base.workload, arrivals: { kind: "closed", clients }, flows: "even" },
  },
})

/** Table 5: configuration, T_cm, T_tcp and T_msg in µs. */
const table5: ReadonlyArray<readonly [string, number, number, number]> = [
  [COMBINED, 0.39, 3.26, 10.05],
  ["TS8LS8+CM1", 17.78, 5.17, 8.61],
  ["TS8LS8+CM2", 14.73, 4.96, 8.59],
  ["TS8LS8+CM4", 13.67, 4.99, 10.05],
  ["TS8LS8CM1", 6766.68, 5.91, 10.91],
  ["TS8LS8CM2", 39.73, 5.92, 11.57],
  ["TS8LS8CM4", 10.46, 5.18, 12.38],
]
const table4: ReadonlyArray<readonly [string, number, number, number]> = [
  ["TS1LS1CM1", 0.31, 3.13, 7.12],
  ["TS1LS1+CM1", 9.24, 3.67, 7.34],
]

/** µs of all Transport Servers' cores for each connection: T_tcp and T_msg together, and what a manager beside them does. */
const perConnection = (results: Results, configuration: string): ReadonlyArray<number> => {
  const key = keyOf(configuration)
  const transports = Number(/^TS(\d+)/.exec(configuration)![1])
  const { duration } = results.spec(key)
  return results.map(
    key,
    ({ serverBusy, connections }) =>
      (serverBusy.slice(0, transports).reduce((sum, x) => sum + x, 0) * duration) / connections,
  )
}

const claims = (results: Results): ReadonlyArray<Claim> => {
  const rate = (configuration: string) =>
    estimateOf(results.map(keyOf(configuration), (x) => x.throughput)).mean
  const tcm = (configuration: string) =>
    estimateOf(results.map(keyOf(configuration), (x) => x.managing.mean)).mean
  const to = (configuration: string) => rate(configuration) / rate(COMBINED)
  const best = split.reduce((a, b) => (rate(a) >= rate(b) ? a : b))
  const separate = groups[1]![1].map(to)
  const difference = tcm("TS1LS1+CM1") - tcm("TS1LS1CM1")
  const latency = (configuration: string) =>
    estimateOf(results.map(keyOf(configuration), (x) => x.response.mean)).mean
  const total = latency("TS1LS1+CM1") / latency("TS1LS1CM1")
  const both = ["TS8+LS1+CM1", "TS8+LS2+CM2", "TS8+LS4+CM4", "TS8+LS8+CM8"].map(to)
  const times = table5.map(([configuration]) => estimateOf(perConnection(results, configuration)).mean)
  const dearest = table5.slice(1).map(([configuration]) => tcm(configuration))
  return [
    {
      text: "The combined configuration outperforms every split one, using fewer cores",
      source: "Figure 11",
      paper: "best",
      ours: `best split: ${best}, ${number(100 * to(best))} % of it`,
      holds: to(best) < 1,
    },
    {
      text: "Separate Link Servers are poor until there are eight",
      source: "Figure 11",
      paper: "LS1–LS4 very poor",
      ours: ["TS8CM8+LS1", "TS8CM8+LS2", "TS8CM8+LS4", "TS8CM8+LS8"]
        .map((x) => `${number(100 * to(x))} %`)
        .join(", "),
      holds: to("TS8CM8+LS1") < 0.5 && to("TS8CM8+LS2") < 0.8 && to("TS8CM8+LS4") < to("TS8CM8+LS8"),
      note: "What a Link Server spends on a frame is assumed; with 0.8 µs four are nearly enough.",
    },
    {
      text: "Separate Connection Managers cost some throughput, but not much",
      source: "Figure 11",
      paper: "not substantially",
      ours: separate.map((x) => `${number(100 * x)} %`).join(", "),
      holds: separate.every((x) => x < 1 && x > 0.85),
    },
    {
      text: "Separating both brings nothing, though TS8+LS8+CM8 comes close with twice as many cores",
      source: "Figure 11",
      paper: "no net benefit; close",
      ours: both.map((x) => `${number(100 * x)} %`).join(", "),
      holds: both.every((x) => x < 1) && both[3]! > 0.8 && both[3] === Math.max(...both),
    },
    {
      text: "Managers in one or two of eight servers degrade acutely",
      source: "Figure 11",
      paper: "acute at CM1 and CM2",
      ours: ["TS8LS8CM1", "TS8LS8CM2", "TS8LS8CM4"].map((x) => `${number(100 * to(x))} %`).join(", "),
      holds: to("TS8LS8CM1") < 0.75 && to("TS8LS8CM2") < 0.85 && to("TS8LS8CM4") > to("TS8LS8CM2"),
    },
    {
      text: "A manager of its own adds 8.93 µs to T_cm for a single client",
      source: "Table 4",
      paper: "8.93 µs",
      ours: `${number(difference)} µs`,
      ratio: difference / 8.93,
      holds: Math.abs(difference / 8.93 - 1) < 0.2,
      note: "The length of a server's loop was chosen by this very figure, so that it only says that the sum is right; the other tables are predictions.",
    },
    {
      text: "The connection as a whole takes slightly longer with it",
      source: "Table 4",
      paper: "311 against 307 µs",
      ours: `${number(latency("TS1LS1+CM1"))} against ${number(latency("TS1LS1CM1"))} µs`,
      ratio: total / (311 / 307),
      holds: total > 1 && total < 1.1,
      note: "The paper's whole holds its client's own time, which is not simulated.",
    },
    {
      text: "What a server spends on a connection changes little; the most significant differences are in T_cm",
      source: "Table 5",
      paper: "T_tcp + T_msg: 13.3 to 17.6 µs",
      ours: `${number(Math.min(...times))} to ${number(Math.max(...times))} µs`,
      ratio: Math.max(...times) / 17.56,
      holds: Math.max(...times) < 1.5 * Math.min(...times),
    },
    {
      text: "Under load T_cm rises significantly with every split",
      source: "Table 5",
      paper: "10.5 to 6,767 µs against 0.39",
      ours: `${number(Math.min(...dearest))} to ${number(Math.max(...dearest))} µs against ${number(tcm(COMBINED))}`,
      holds: Math.min(...dearest) > 10 * tcm(COMBINED),
    },
    {
      text: "With managers in a subset it falls as there are more of them, and stays far above the combined one's",
      source: "Table 5",
      paper: "6,767, 39.7, 10.5 µs",
      ours: ["TS8LS8CM1", "TS8LS8CM2", "TS8LS8CM4"].map((x) => number(tcm(x))).join(", "),
      holds: tcm("TS8LS8CM1") > tcm("TS8LS8CM2") && tcm("TS8LS8CM2") > tcm("TS8LS8CM4"),
      note: "The paper's queue at a single manager grew without bound; ours can't, since each of 192 clients waits for its answer.",
    },
  ]
}

export const configurations: Experiment = {
  name: "configurations",
  title: "Combined and split servers: Figure 11, Tables 4 and 5",
  what:
    "Eight Transport Servers and eight web servers, with Link Servers and Connection Managers in the same processes, in some of them, or on cores of their own; " +
    "192 clients as above. Table 4: one client.",
  repetitions: 3,
  jobs: [
    ...groups.flatMap(([, list]) => list.map((configuration) => job(configuration, 8, 192))),
    job("TS1LS1CM1", 1, 1),
    job("TS1LS1+CM1", 1, 1),
  ],
  quick: (one) => ({ ...one, spec: { ...one.spec, warmUp: 30_000, duration: 40_000, slice: 40_000 } }),
  find: (results) => ({
    claims: claims(results),
    tables: [
      {
        title: "Time of connection management, of eight servers under load and of one with one client, µs",
        head: [
          "configuration",
          "T_cm",
          "paper",
          "a Transport Server's time for a connection",
          "paper: T_tcp + T_msg",
          "answers/s",
          "cores of the stack",
        ],
        rows: [...table5, ...table4].map(([configuration, tcm, tcp, message]) => [
          configuration,
          summarised(results.map(keyOf(configuration), (x) => x.managing.mean)),
          number(tcm),
          summarised(perConnection(results, configuration)),
          number(tcp + message),
          summarised(results.map(keyOf(configuration), (x) => x.throughput)),
          String(results.first(keyOf(configuration)).serverBusy.length),
        ]),
      },
    ],
    plots: [
      {
        name: "figure-11",
        caption: "Figure 11. Answers/s of each configuration; cores beyond sixteen are free.",
        spec: {
          width: 560,
          height: 300,
          data: {
            values: groups.flatMap(([group, list]) =>
              list.map((configuration) => ({
                group,
                configuration,
                y: estimateOf(results.map(keyOf(configuration), (x) => x.throughput)).mean,
              })),
            ),
          },
          mark: { type: "bar" },
          encoding: {
            x: {
              field: "configuration",
              type: "nominal",
              sort: null,
              title: null,
              axis: { labelAngle: -45 },
            },
            y: { field: "y", type: "quantitative", title: "answers/s", axis: { format: "~s" } },
            color: { field: "group", type: "nominal", title: null, sort: null },
          },
        },
      },
    ],
  }),
}
