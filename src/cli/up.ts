/** `pika up`: the stack until a signal; applications attach by its control socket. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { makeLinuxHost } from "../runtime/host.ts"
import { Stack } from "../runtime/supervisor.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { startDemo } from "./serve.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Resolves at the first SIGINT or SIGTERM; a second one changes nothing. */
export const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.on("SIGINT", () => resolve())
    process.on("SIGTERM", () => resolve())
  })

/** Options: --config NOTATION, --record FILE, --port N (the recorded port). The Linux host lives in a namespace of ours. */
export const upCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", default: "TS2LS2CM2" },
      record: { type: "string" },
      port: { type: "string", default: "80" },
      socket: {
        type: "string",
        default: process.env.PIKA_SOCKET ?? join(tmpdir(), `pika-${process.pid}.sock`),
      },
    },
  })
  const plan = parseConfiguration(values.config)
  const host = makeLinuxHost(plan.links)
  try {
    const { address, mac, nics } = host
    const record = values.record !== undefined
    const stack = new Stack({
      configuration: values.config,
      address,
      mac,
      nics,
      socket: values.socket,
      record,
      say,
    })
    const failed = new Promise<Error>((resolve) => {
      stack.onFailure = resolve
    })
    await stack.start()
    say(`ready ${address} PIKA_SOCKET=${values.socket} namespace=${host.namespace}`)
    const why = await Promise.race([untilSignal(), failed])
    await stack.stop()
    if (values.record !== undefined) {
      const { events } = stack.recording.write(values.record, stack.topology, Number(values.port))
      say(`recorded ${events} events in ${values.record}`)
    }
    if (why instanceof Error) throw why
    return 0
  } finally {
    host.remove()
  }
}

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
  const demo = await startDemo(socket, port, count)
  say(`serving on port ${port} with ${count} process${count === 1 ? "" : "es"}`)
  await untilSignal()
  await demo.stop()
  return 0
}
