/** The `pika` command: one subcommand each. */
interface Command {
  readonly does: string
  readonly run: (args: ReadonlyArray<string>) => Promise<number>
  /** What `--help` prints. */
  readonly usage: () => Promise<string>
}

const commands: Readonly<Record<string, Command>> = {
  start: {
    does: "a Linux host, the stack beside it, a real load, the run's trace replayed (--once: exit after the report)",
    run: async (args) => (await import("./start.ts")).startCommand(args),
    usage: async () => (await import("./start.ts")).usage,
  },
  up: {
    does: "the stack until a signal, on an interface (--dev IF --address A/B) or with a host of its own; prints a line `ready`",
    run: async (args) => (await import("./up.ts")).upCommand(args),
    usage: async () => `${(await import("./up-options.ts")).UP_USAGE}\n`,
  },
  serve: {
    does: "the demo web server on a running stack (--port 80 --processes N; PIKA_SOCKET)",
    run: async (args) => (await import("./up.ts")).serveCommand(args),
    usage: async () => (await import("./up.ts")).serveUsage,
  },
  check: {
    does: "runs TLC on the models of the specification, or on a specification of yours (--spec FILE.tla); 0 only if each ended as it must",
    run: async (args) => (await import("../model/command/command.ts")).checkCommand(args),
    usage: async () => (await import("../model/command/command.ts")).checkUsage(),
  },
  mutants: {
    does: "the mutation gates: every mutant of core and specification judged by TLC, graph equality and recordings (core|spec|MODULE --every N --from K --write FILE)",
    run: async (args) => (await import("./mutants.ts")).mutantsCommand(args),
    usage: async () => (await import("./mutants.ts")).mutantsUsage(),
  },
  validate: {
    does: "has TLC judge a trace: 0 accepted, 1 rejected, 2 unusable",
    run: async (args) => (await import("../model/validate/command.ts")).validateCommand(args),
    usage: async () => (await import("../model/validate/command.ts")).USAGE,
  },
  replay: {
    does: "re-executes the core on a trace: 0 same outputs, 1 diverged, 2 unusable; --what-if scheme=…,tariff=…: what other settings would have changed",
    run: async (args) => (await import("./replay.ts")).replayCommand(args),
    usage: async () => (await import("./replay.ts")).USAGE,
  },
  bench: {
    does: "measures every row of docs/benchmarks.md, both sides in one run (--json --quick --check --write FILE ROW…)",
    run: async (args) => (await import("./bench.ts")).benchCommand(args),
    usage: async () => (await import("./bench.ts")).usage,
  },
  sim: {
    does: "whole stacks in virtual time, with faults, from seeds (--seed N --seeds N --config C --faults F); 1 if one fails",
    run: async (args) => (await import("./sim.ts")).simCommand(args),
    usage: async () => (await import("./sim.ts")).USAGE,
  },
  experiment: {
    does: "the paper's evaluation and today's balancers in virtual time (NAME… --seed N --quick --jobs --write FILE)",
    run: async (args) => (await import("./experiment.ts")).experimentCommand(args),
    usage: async () => (await import("./experiment.ts")).usage,
  },
  calibrate: {
    does: "the real stack on this machine beside the simulation with this machine's costs (--caches --quick --json --write FILE)",
    run: async (args) => (await import("./calibrate.ts")).calibrateCommand(args),
    usage: async () => (await import("./calibrate.ts")).usage,
  },
  coverage: {
    does: "which steps of the models' graphs runs of core and simulator, and recordings, have taken (--json --runs N --seeds N MODEL… FILE…)",
    run: async (args) => (await import("./coverage.ts")).coverageCommand(args),
    usage: async () => (await import("./coverage.ts")).USAGE,
  },
  doctor: {
    does: "what this machine offers, what is missing and how to get it",
    run: async (args) => (await import("./doctor.ts")).doctor(args),
    usage: async () => (await import("./doctor.ts")).usage,
  },
}

const usage = (): string =>
  [
    "usage: pika COMMAND …",
    ...Object.entries(commands).map(([name, x]) => `  ${name.padEnd(8)} ${x.does}`),
    "",
  ].join("\n")

// Who reads has seen enough (`| head`): what the command is for goes on.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
})

/** Asked for help, not for `--` and a file of that name. */
const asksForHelp = (args: ReadonlyArray<string>): boolean => {
  const end = args.indexOf("--")
  return (end < 0 ? args : args.slice(0, end)).some((x) => x === "--help" || x === "-h")
}

const [name = "", ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  const helps = ["help", "--help", "-h"].includes(name)
  ;(helps ? process.stdout : process.stderr).write(usage())
  process.exitCode = helps ? 0 : 2
} else if (asksForHelp(args)) {
  process.stdout.write(await command.usage())
} else {
  try {
    process.exitCode = await command.run(args)
  } catch (error) {
    process.stderr.write(`pika ${name}: ${(error as Error).message}\n`)
    process.exitCode = 2
  }
}
