/** `npm start`: a Linux host in a namespace of its own, the stack beside it, a real load, and the run's trace. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { makeLinuxHost } from "../runtime/host.ts"
import { Stack } from "../runtime/supervisor.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { validateTrace } from "../tla/validate.ts"
import { replayFile } from "../trace/replay.ts"
import { startDemo } from "./serve.ts"
import { untilSignal } from "./up.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Runs a command to its end; a bound in time keeps a hang from being for ever. */
const run = (argv: ReadonlyArray<string>, seconds: number): Promise<{ code: number; text: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"] })
    let text = ""
    child.stdout.on("data", (x) => {
      text += x
    })
    child.stderr.on("data", (x) => {
      text += x
    })
    const kill = setTimeout(() => child.kill("SIGKILL"), seconds * 1000)
    child.on("error", reject)
    child.on("close", (code) => {
      clearTimeout(kill)
      resolve({ code: code ?? 1, text })
    })
  })

const figure = (text: string, label: string): number =>
  Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(text)?.[1] ?? Number.NaN)

export const startCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: "boolean", default: false },
      config: { type: "string", default: "TS2LS2CM2" },
      processes: { type: "string", default: "3" },
      requests: { type: "string", default: "10000" },
    },
  })
  const folder = mkdtempSync(join(tmpdir(), "pika-"))
  const host = makeLinuxHost(parseConfiguration(values.config).links)
  const socket = join(folder, "control.sock")
  const { address, mac, nics } = host
  const stack = new Stack({ configuration: values.config, address, mac, socket, nics, record: true, say })
  let failed = false
  stack.onFailure = (error) => {
    failed = true
    say(error.message)
  }
  try {
    await stack.start()
    say(
      `stack ${values.config} at ${address}, Linux host ${host.hostAddress} in network namespace ${host.namespace}`,
    )
    const demo = await startDemo(socket, 80, Number(values.processes))
    const url = `http://${address}/`
    const page = await run(host.inside(["curl", "-sS", "--max-time", "5", url]), 10)
    say(`curl ${url}: ${page.text.trim()}`)
    const load = await run(host.inside(["ab", "-q", "-c", "48", "-n", values.requests, url]), 120)
    const complete = figure(load.text, "Complete requests")
    const failures = figure(load.text, "Failed requests")
    const rate = figure(load.text, "Requests per second")
    const counts = await demo.counts()
    if (load.code !== 0) say(load.text)
    say(`load: ${complete} requests served, ${failures} failed, ${rate} per second`)
    counts.forEach((x, k) => {
      say(`  application process ${k}: ${x.connections} connections`)
    })
    const good =
      page.text === "PIKA" &&
      load.code === 0 &&
      complete === Number(values.requests) &&
      failures === 0 &&
      !failed
    if (!values.once) {
      say(`ready: ip netns exec ${host.namespace} curl ${url}   (Ctrl-C ends)`)
      await untilSignal()
    }
    await demo.stop()
    await stack.stop()
    const path = join(folder, "trace.ndjson")
    const { events, unsent } = stack.recording.write(path, stack.topology, 80)
    const result = await replayFile(path)
    const outcomes = result._tag === "Same" ? result.outcomes : {}
    say(`reassignments: ${outcomes["ClaimTimeout:GivenBack"] ?? 0}`)
    say(
      `trace: ${events} events recorded${unsent > 0 ? `, ${unsent} left out` : ""}, ${stack.recording.overruns} lost`,
    )
    say(result._tag === "Same" ? "replay: same outputs" : `replay: ${JSON.stringify(result)}`)
    const began = performance.now()
    const verdict = await validateTrace(path)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    say(
      `TLC: ${verdict._tag === "Accepted" ? `accepted ${events} events` : JSON.stringify(verdict)} in ${seconds} s`,
    )
    return good && result._tag === "Same" && verdict._tag === "Accepted" ? 0 : 1
  } finally {
    await stack.stop()
    host.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
