/** The process of one server: `serverProgram` on the live ports, until the supervisor stops it. */
import { Cause, Effect, Exit, Fiber } from "effect"
import * as native from "../native/native.ts"
import { ipv4 } from "../net/classify.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { serverProgram } from "../server/program.ts"
import { livePorts } from "./live.ts"
import type { ServerSpec } from "./plan.ts"

const spec = JSON.parse(process.env.PIKA_SERVER ?? "") as ServerSpec
const plan = parseConfiguration(spec.configuration)
const { topology, index } = spec

if (spec.cpu !== undefined) native.pinCpu(spec.cpu)

const program = serverProgram({
  index,
  plan,
  topology,
  tcp: {
    localIp: ipv4(spec.address),
    localMac: spec.mac,
    mtu: spec.mtu,
    maxConnections: 16384,
    maxTimeWait: 32768,
    stagingBytes: 8192,
    stagingSlots: 4096,
    maxReceiveBytes: spec.link.rxBytes,
    secret: Uint8Array.from(Buffer.from(spec.secret, "hex")),
  },
})

const stop = (): void => {
  Effect.runFork(Fiber.interrupt(fiber))
}
// The supervisor decides when to stop: a terminal's Ctrl-C reaches every process of the group.
process.on("SIGINT", () => {})
process.on("SIGTERM", stop)

const fiber: Fiber.Fiber<never, unknown> = Effect.runFork(
  program.pipe(Effect.provide(livePorts(spec, plan, stop))),
)
fiber.addObserver((exit) => {
  const failed = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
  if (failed) process.stderr.write(`server ${index}: ${Cause.pretty(exit.cause)}\n`)
  process.exit(failed ? 1 : 0)
})
