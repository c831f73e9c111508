/** `pika up`: the stack until a signal; applications attach by its control socket. */
import { parseArgs } from "node:util"
import { Effect, type Scope } from "effect"
import { interfaceLook } from "../native/interface.ts"
import { ControlSocketError, checkPath } from "../runtime/control-path.ts"
import { openLinuxHost } from "../runtime/host.ts"
import { openInterface } from "../runtime/interface.ts"
import { InterfaceError } from "../runtime/interface-error.ts"
import type { KeeperOptions, NicFds } from "../runtime/nic-keeper.ts"
import { Stack } from "../runtime/supervisor.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { startDemo } from "./serve.ts"
import { untilSignal } from "./until.ts"
import { UP_USAGE, type UpOptions, UsageError, upOptions } from "./up-options.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** What the stack runs on. */
interface Network {
  readonly address: string
  readonly mac: ReadonlyArray<number>
  readonly mtu: number
  readonly nics: ReadonlyArray<NicFds>
  readonly device: Pick<KeeperOptions, "device" | "reopen">
  readonly notes: ReadonlyArray<string>
}

const openNetwork = (
  { device, driver, address, mac }: UpOptions,
  links: number,
): Effect.Effect<Network, InterfaceError, Scope.Scope> => {
  if (device !== undefined) {
    const options = { device, driver, address, mac, links }
    return Effect.map(openInterface(options), (opened) => ({
      address: address.address,
      mac: opened.mac,
      mtu: opened.mtu,
      nics: opened.nics,
      device: { device, reopen: () => opened.reopen() },
      notes: opened.notes,
    }))
  }
  const chosen = driver === "tap" || driver === "packet" ? driver : "auto"
  return Effect.map(openLinuxHost({ queues: links, driver: chosen, address }), (host) => ({
    address: host.address,
    mac: host.mac,
    mtu: host.mtu,
    nics: host.nics,
    device: { device: host.device },
    notes: [
      ...host.notes,
      `Linux host ${host.hostAddress} in a network namespace of its own; to run a command there: ${host.inside(["COMMAND"]).join(" ")}`,
    ],
  }))
}

/** The running stack, ended with its scope. */
const openStack = (options: UpOptions, network: Network): Effect.Effect<Stack, Error, Scope.Scope> =>
  Effect.gen(function* () {
    const { configuration, socket, cpus, busyPoll, balance } = options
    const { address, mac, mtu, nics, device } = network
    const recordTo = options.record
    const links = { address, mac, mtu, nics, device }
    const stack = new Stack({ configuration, ...links, socket, cpus, busyPoll, balance, recordTo, say })
    yield* Effect.addFinalizer(() => Effect.promise(() => stack.stop()))
    yield* Effect.tryPromise({ try: () => stack.start(), catch: (error) => error as Error })
    return stack
  })

/** Says what was recorded; answers why the recording is not whole. */
const endRecording = (stack: Stack, file: string): Error | undefined => {
  const { events, lost, why } = stack.recording.close()
  say(`recorded ${events} events in ${file}`)
  return lost === 0 ? undefined : new Error(`the recording has a hole, ${lost} steps are lost: ${why}`)
}

const up = (options: UpOptions) =>
  Effect.gen(function* () {
    const ended = untilSignal()
    yield* Effect.try({ try: () => checkPath(options.socket), catch: (error) => error as Error })
    const network = yield* openNetwork(options, parseConfiguration(options.configuration).links)
    for (const note of network.notes) say(note)
    const stack = yield* openStack(options, network)
    const failed = new Promise<Error>((resolve) => {
      stack.onFailure = resolve
    })
    say(`ready ${network.address} PIKA_SOCKET=${options.socket}`)
    const why = yield* Effect.promise(() => Promise.race([ended, failed]))
    yield* Effect.promise(() => stack.stop())
    const unwritten = options.record === undefined ? undefined : endRecording(stack, options.record)
    if (why instanceof Error) {
      if (unwritten !== undefined) say(unwritten.message)
      return yield* Effect.fail(why)
    }
    if (unwritten !== undefined) return yield* Effect.fail(unwritten)
  })

/** @returns exit code 0 after a signal; 1 when the stack failed; 2 for a wrong command line or an interface that can't be used */
export const upCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let options: UpOptions
  try {
    options = upOptions(args, (device) => interfaceLook(device)?.queues ?? 1)
  } catch (error) {
    const usage =
      error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")
    process.stderr.write(`pika up: ${(error as Error).message}\n${usage === true ? `${UP_USAGE}\n` : ""}`)
    return 2
  }
  const result = await Effect.runPromise(Effect.result(Effect.scoped(up(options))))
  if (result._tag === "Success") return 0
  process.stderr.write(`pika up: ${result.failure.message}\n`)
  const { failure } = result
  return failure instanceof InterfaceError || failure instanceof ControlSocketError ? 2 : 1
}

export const serveUsage = "usage: PIKA_SOCKET=PATH pika serve [--port 80] [--processes N]\n"

/** `pika serve [--port 80] [--processes N]`: the demo web server on the stack that PIKA_SOCKET names. */
export const serveCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: "string", default: "80" }, processes: { type: "string", default: "1" } },
  })
  const socket = process.env.PIKA_SOCKET
  const count = Number(values.processes)
  const port = Number(values.port)
  if (socket === undefined)
    throw new Error("PIKA_SOCKET is not set: take it from the `ready` line of pika up")
  if (!Number.isInteger(count) || count < 1 || count > 64) throw new Error("--processes must be from 1 to 64")
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error("--port must be from 1 to 65535")
  const ended = untilSignal()
  const demo = await startDemo(socket, port, count)
  say(`serving on port ${port} with ${count} process${count === 1 ? "" : "es"}`)
  const signalled = await Promise.race([ended.then(() => true), demo.ended.then(() => false)])
  await demo.stop()
  if (!signalled) process.stderr.write("pika serve: all processes have ended\n")
  return signalled ? 0 : 1
}
