/** Every row of the table: what it is, what it must reach, what it is compared with, what others have published. */
import type { MeasureSpec, Row } from "./row.ts"

const paper = (table: string): string => `PIKA (EuroSys 2015), ${table}`

const queue: MeasureSpec = {
  name: "queue",
  seconds: 120,
  load: async () => (await import("./measures/queue.ts")).measureQueue,
  rows: [
    {
      name: "queue-one",
      what: "queue round trip of a 64-byte message, one under way",
      unit: "cycles",
      better: "less",
      aim: { of: "ratio", most: 1.6 },
      references: ["C, one cache line to and fro"],
      anchors: [
        { figure: "597 cycles on one socket, 1,898 between two", source: paper("Table 2, synchronous") },
        { figure: "186 and 564 cycles for a bare line", source: paper("Table 2, shared memory") },
      ],
    },
    {
      name: "queue-many",
      what: "queue round trip, 64 under way, for each message",
      unit: "cycles",
      better: "less",
      aim: { of: "ours", most: 300 },
      references: ["C, rings of stamped lines"],
      anchors: [
        { figure: "150 cycles on one socket, 370 between two", source: paper("Table 2, concurrent") },
      ],
    },
  ],
}

const table2 = (figure: string, row: string): Pick<Row, "anchors"> => ({
  anchors: [{ figure, source: paper(`Table 2, ${row}`) }],
})

const dispatch: MeasureSpec = {
  name: "dispatch",
  seconds: 90,
  load: async () => (await import("./measures/dispatch.ts")).measureDispatch,
  rows: [
    {
      name: "dispatch-one",
      what: "a core message through the dispatcher to another core and back, one under way",
      unit: "cycles",
      better: "less",
      references: [],
      ...table2("706 cycles on one socket, 2,058 between two", "synchronous dispatch"),
    },
    {
      name: "dispatch-many",
      what: "the same, 64 under way, for each round trip",
      unit: "cycles",
      better: "less",
      references: [],
      ...table2("378 cycles on one socket, 857 between two", "concurrent dispatch"),
    },
    {
      name: "dispatch-local",
      what: "what one core spends on sending a core message and on taking one through the dispatcher",
      unit: "cycles",
      better: "less",
      references: [],
    },
    {
      name: "microthread",
      what: "a microthread that does not yield: taken, run, given back",
      unit: "cycles",
      better: "less",
      references: [],
      ...table2("26 cycles", "microthread"),
    },
    {
      name: "wake-server",
      what: "from a bell's ringing until a sleeping server runs",
      unit: "µs",
      better: "less",
      references: [],
    },
    {
      name: "wake-application",
      what: "from a bell's ringing until a sleeping application's event loop has it",
      unit: "µs",
      better: "less",
      references: [],
    },
  ],
}

const core: MeasureSpec = {
  name: "core",
  seconds: 60,
  load: async () => (await import("./measures/handshake.ts")).measureHandshake,
  rows: [
    {
      name: "handshake",
      what: "core: register, assign, offer, claim, close, with the recorder on",
      unit: "µs",
      better: "less",
      aim: { of: "ours", most: 5 },
      references: ["the same without the recorder"],
    },
    {
      name: "recorder-share",
      what: "the recorder's share of that",
      unit: "%",
      better: "less",
      aim: { of: "ours", most: 10 },
      references: [],
    },
  ],
}

const inTypeScript: Row["references"] = ["C, the same without TCP's exceptions", "the checksums alone"]

const simulation: MeasureSpec = {
  name: "simulation",
  seconds: 90,
  load: async () => (await import("./measures/simulation.ts")).measureSimulation,
  rows: [
    {
      name: "simulation",
      what: "core steps of the experiments' simulation, eight servers and eight web servers, Tournament 2",
      unit: "1/s",
      better: "more",
      aim: { of: "ours", least: 1_000_000 },
      references: ["the handshake's steps alone"],
    },
  ],
}

const receive: MeasureSpec = {
  name: "receive",
  seconds: 120,
  load: async () => (await import("./measures/receive.ts")).measureReceive,
  rows: [
    {
      name: "receive-64",
      what: "receive a 64 B frame: parse, checksums, lookup among 16,384 flows, update, ACK",
      unit: "ns",
      better: "less",
      aim: { of: "ours", most: 120 },
      references: inTypeScript,
      anchors: [
        { figure: "67 ns for each frame of 64 B", source: "line rate of 10 Gbit/s Ethernet" },
        { figure: "204 ns to forward one in JavaScript, 37 in C", source: "ixy languages, 82599, 3.3 GHz" },
      ],
    },
    {
      name: "receive-1514",
      what: "receive a frame of 1,514 B",
      unit: "ns",
      better: "less",
      references: inTypeScript,
      anchors: [{ figure: "1,230 ns for each frame of 1,514 B", source: "line rate of 10 Gbit/s Ethernet" }],
    },
  ],
}

const short: MeasureSpec = {
  name: "short",
  seconds: 90,
  load: async () => (await import("./measures/short.ts")).measureShort,
  rows: [
    {
      name: "short-connections",
      what: "short connections through the whole stack on the in-memory NIC, one server with its application's end",
      unit: "1/s",
      better: "more",
      aim: { of: "ours", least: 100_000 },
      references: ["the TCP table alone, answering by itself"],
      anchors: [
        { figure: "119,000/s for each server core", source: paper("1.9 million/s by 16 servers, §5.2") },
      ],
    },
  ],
}

const kernel: MeasureSpec = {
  name: "kernel",
  seconds: 180,
  load: async () => (await import("./measures/kernel.ts")).measureKernel,
  rows: [
    {
      name: "http-short",
      what: "short connections over TAP by ab -c 48, two servers, two processes of Node's http",
      unit: "1/s",
      better: "more",
      aim: { of: "ratio", least: 1 },
      references: ["Node's http on the kernel", "nginx on the kernel"],
      anchors: [
        { figure: "59,000/s for each core, applications included", source: paper("Figure 4a, 32 cores") },
        { figure: "64,000/s for each core", source: "F-Stack with nginx on DPDK, 16 cores" },
        { figure: "27,000/s for each core", source: "Linux with reuseport, the same test" },
      ],
    },
    {
      name: "http-keep-alive",
      what: "the same with ab -k: requests on kept connections",
      unit: "1/s",
      better: "more",
      references: ["Node's http on the kernel", "nginx on the kernel"],
      anchors: [{ figure: "22,000 to 44,000/s for each core", source: "Node's http, published runs" }],
    },
  ],
}

const memory: MeasureSpec = {
  name: "memory",
  seconds: 120,
  load: async () => (await import("./measures/memory.ts")).measureMemory,
  rows: [
    {
      name: "memory-idle",
      what: "memory (PSS) of an idle stack of two servers, its supervisor included",
      unit: "MB",
      better: "less",
      aim: { of: "ours", most: 250 },
      references: [],
    },
    {
      name: "cpu-idle",
      what: "CPU time of an idle stack, of one core",
      unit: "%",
      better: "less",
      aim: { of: "ours", most: 2 },
      references: [],
    },
    {
      name: "memory-connection",
      what: "memory of a server for each established connection, beyond its buffers",
      unit: "B",
      better: "less",
      aim: { of: "ours", most: 1024 },
      references: [],
    },
    {
      name: "memory-connection-live",
      what: "growth of the running servers for each idle connection more, their heaps not collected",
      unit: "B",
      better: "less",
      references: [],
    },
  ],
}

const validation: MeasureSpec = {
  name: "validation",
  seconds: 360,
  load: async () => (await import("./measures/validation.ts")).measureValidation,
  rows: [
    {
      name: "validation",
      what: "events of a real run, 64 connections at a time, judged by TLC with every property after each (pika validate)",
      unit: "1/s",
      better: "more",
      // A million in 30 s.
      aim: { of: "ours", least: 33_334 },
      references: ["the same in one part, on one core"],
    },
    {
      name: "validation-memory",
      what: "memory (RSS) of that, all its processes, at its most",
      unit: "MB",
      better: "less",
      aim: { of: "ours", most: 2147 },
      references: [],
    },
  ],
}

const explorer: MeasureSpec = {
  name: "explorer",
  seconds: 240,
  load: async () => (await import("./measures/explorer.ts")).measureExplorer,
  rows: [
    {
      name: "explorer",
      what: "states of the core's graph found by the explorer, one thread (pika check)",
      unit: "1/s",
      better: "more",
      aim: { of: "ratio", least: 1 },
      references: ["TLC on the same graph, one thread", "TLC, its graph kept, read and compared"],
    },
  ],
}

export const measures: ReadonlyArray<MeasureSpec> = [
  queue,
  dispatch,
  core,
  simulation,
  receive,
  short,
  kernel,
  memory,
  validation,
  explorer,
]

export const rowNames: ReadonlyArray<string> = measures.flatMap(({ rows }) => rows.map(({ name }) => name))
