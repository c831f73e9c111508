/** The arguments of `pika check`. */
import { parseArgs } from "node:util"
import type { TlcLimits } from "../../tla/limits.ts"

export class UsageError extends Error {}

export interface CheckArguments {
  readonly full: boolean
  readonly resume: boolean
  /** Time between checkpoints, s. */
  readonly checkpoint: number | undefined
  readonly watch: boolean
  readonly distributed: boolean
  /** Another machine's server, to work for. */
  readonly worker: string | undefined
  /** Workers here. */
  readonly workers: number | undefined
  /** This machine's address. */
  readonly listen: string | undefined
  readonly port: number | undefined
  /** Without workers a distributed search ends after that, s. */
  readonly patience: number | undefined
  /** Directory for charts. */
  readonly chart: string | undefined
  /** A specification of the user's own, and its configuration. */
  readonly spec: string | undefined
  readonly config: string | undefined
  readonly heap: number | undefined
  readonly limits: TlcLimits
  readonly models: ReadonlyArray<string>
}

export const usage = (models: ReadonlyArray<string>): string =>
  `usage: pika check [--full] [--resume] [--checkpoint SECONDS] [--chart DIR] [MODEL…]
       pika check --watch [MODEL…]
       pika check --distributed [--workers N] [--listen HOST] [--port P] [--patience SECONDS] MODEL…
       pika check --worker SERVER [--workers N] [--listen HOST] [--port P]
       pika check --spec FILE.tla [--config FILE.cfg]
limits: [--heap MIB] [--seconds N] [--states N] [--disk MIB]
models: ${models.join(" ")}
`

const options = {
  full: { type: "boolean", default: false },
  resume: { type: "boolean", default: false },
  checkpoint: { type: "string" },
  watch: { type: "boolean", default: false },
  distributed: { type: "boolean", default: false },
  worker: { type: "string" },
  workers: { type: "string" },
  listen: { type: "string" },
  port: { type: "string" },
  patience: { type: "string" },
  chart: { type: "string" },
  spec: { type: "string" },
  config: { type: "string" },
  heap: { type: "string" },
  seconds: { type: "string" },
  states: { type: "string" },
  disk: { type: "string" },
} as const

const wholeNumber = (name: string, text: string | undefined, least = 1): number | undefined => {
  if (text === undefined) return undefined
  const x = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(x) || x < least) {
    throw new UsageError(`--${name} ${text}: must be a whole number from ${least}`)
  }
  return x
}

/** @throws {UsageError} */
export const parseArguments = (args: ReadonlyArray<string>): CheckArguments => {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const { values, positionals } = parsed
  const number = (name: "heap" | "seconds" | "states" | "disk" | "checkpoint" | "port" | "patience") =>
    wholeNumber(name, values[name])
  const limits = { seconds: number("seconds"), states: number("states"), disk: number("disk") }
  if (values.config !== undefined && values.spec === undefined) {
    throw new UsageError("--config is the configuration of --spec FILE.tla")
  }
  if (values.distributed && (values.watch || values.resume || values.full || positionals.length === 0)) {
    throw new UsageError("--distributed takes models by name, and goes without --watch, --resume and --full")
  }
  if (values.worker !== undefined && (values.distributed || positionals.length > 0)) {
    throw new UsageError("--worker works for another machine: it takes no models, and no --distributed")
  }
  if (values.resume && (values.watch || values.spec !== undefined)) {
    throw new UsageError("--resume goes without --watch and --spec")
  }
  if (values.watch && (values.spec !== undefined || values.chart !== undefined)) {
    throw new UsageError("--watch goes without --spec and --chart")
  }
  if (values.spec !== undefined && (positionals.length > 0 || values.full || values.chart !== undefined)) {
    throw new UsageError("--spec goes without models, --full and --chart")
  }
  return {
    full: values.full,
    resume: values.resume,
    checkpoint: number("checkpoint"),
    watch: values.watch,
    distributed: values.distributed,
    worker: values.worker,
    // With none here, those of other machines do it.
    workers: wholeNumber("workers", values.workers, values.distributed ? 0 : 1),
    listen: values.listen,
    port: number("port"),
    patience: number("patience"),
    chart: values.chart,
    spec: values.spec,
    config: values.config,
    heap: number("heap"),
    limits: Object.fromEntries(Object.entries(limits).filter(([, most]) => most !== undefined)),
    models: positionals,
  }
}
