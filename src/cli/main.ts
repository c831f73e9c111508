/** The `pika` command: one subcommand each. */
const commands: Readonly<
  Record<string, { readonly does: string; readonly run: (args: ReadonlyArray<string>) => Promise<number> }>
> = {
  start: {
    does: "a Linux host, the stack beside it, a real load, the run's trace replayed (--once: exit after the report)",
    run: async (args) => (await import("./start.ts")).startCommand(args),
  },
  up: {
    does: "the stack until a signal, on an interface (--dev IF --address A/B) or with a host of its own; prints a line `ready`",
    run: async (args) => (await import("./up.ts")).upCommand(args),
  },
  serve: {
    does: "the demo web server on a running stack (--port 80 --processes N; PIKA_SOCKET)",
    run: async (args) => (await import("./up.ts")).serveCommand(args),
  },
  check: {
    does: "runs TLC on the models of the specification, or on a specification of yours (--spec FILE.tla); 0 only if each ended as it must",
    run: async (args) => (await import("../model/command/command.ts")).checkCommand(args),
  },
  mutants: {
    does: "the mutation gates: every mutant of core and specification judged by TLC and graph equality (core|spec|MODULE --every N --from K --write FILE)",
    run: async (args) => (await import("./mutants.ts")).mutantsCommand(args),
  },
  validate: {
    does: "has TLC judge a trace: 0 accepted, 1 rejected, 2 unusable",
    run: async (args) => (await import("../model/validate/command.ts")).validateCommand(args),
  },
  replay: {
    does: "re-executes the core on a trace: 0 same outputs, 1 diverged, 2 unusable; --what-if scheme=…,tariff=…: what other settings would have changed",
    run: async (args) => (await import("./replay.ts")).replayCommand(args),
  },
  bench: {
    does: "measures every row of docs/benchmarks.md, both sides in one run (--json --quick --check --write FILE ROW…)",
    run: async (args) => (await import("./bench.ts")).benchCommand(args),
  },
  sim: {
    does: "whole stacks in virtual time, with faults, from seeds (--seed N --seeds N --config C --faults F); 1 if one fails",
    run: async (args) => (await import("./sim.ts")).simCommand(args),
  },
  experiment: {
    does: "the paper's evaluation and today's balancers in virtual time (NAME… --seed N --quick --jobs --write FILE)",
    run: async (args) => (await import("./experiment.ts")).experimentCommand(args),
  },
  calibrate: {
    does: "the real stack on this machine beside the simulation with this machine's costs (--caches --quick --json --write FILE)",
    run: async (args) => (await import("./calibrate.ts")).calibrateCommand(args),
  },
  coverage: {
    does: "which steps of the models' graphs runs of core and simulator, and recordings, have taken (--json --runs N --seeds N MODEL… FILE…)",
    run: async (args) => (await import("./coverage.ts")).coverageCommand(args),
  },
  doctor: {
    does: "what this machine offers, what is missing and how to get it",
    run: async (args) => (await import("./doctor.ts")).doctor(args),
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

const [name = "", ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  process.stderr.write(usage())
  process.exitCode = 2
} else {
  try {
    process.exitCode = await command.run(args)
  } catch (error) {
    process.stderr.write(`pika ${name}: ${(error as Error).message}\n`)
    process.exitCode = 2
  }
}
