/**
 * Short connections through the whole stack over the default driver (TAP), by ApacheBench on a Linux host in a network
 * namespace; against Node's own `http` and nginx on the kernel, which the same client reaches over a veth. All share the
 * same cores and serve the same 4-byte page (paper §5.1) with the same number of processes; they take turns.
 */
import { ensureBenchNeeds } from "../../setup/debian.mjs"
import { projectRoot } from "../../setup/files.mjs"
import { CannotMeasure } from "../errors.ts"
import type { Detail, Measure, MeasureContext, Samples } from "../row.ts"
import { median } from "../statistics.ts"
import { type AbResult, parseAb } from "./ab.ts"
import { runToEnd } from "./children.ts"
import { startRivals } from "./rivals.ts"
import { CONFIGURATION, type Inside, startStack } from "./stack.ts"

export const CONCURRENCY = 48
/** Application processes: of ours, of Node's `http`, of nginx. */
const PROCESSES = 2
/** Longest run of ab, s. */
const LONGEST = 60

/** One run of ab in the client's namespace. @throws {CannotMeasure} when a request failed */
export const ab = async (
  client: Inside,
  url: string,
  requests: number,
  keepAlive: boolean,
  concurrency = CONCURRENCY,
): Promise<AbResult> => {
  const options = ["-q", "-c", String(concurrency), "-n", String(requests), ...(keepAlive ? ["-k"] : [])]
  const text = await runToEnd(client.argv(["ab", ...options, url]), LONGEST)
  const result = parseAb(text)
  if (result === undefined) throw new CannotMeasure(`ab ${url}`, `its report can't be read: ${text}`)
  if (result.failed > 0 || result.refused > 0 || result.complete !== requests)
    throw new CannotMeasure(
      `${url}: ${result.complete} of ${requests} requests complete, ${result.failed} failed, ${result.refused} refused`,
      "a figure without them would be of another load",
    )
  return result
}

const NAMES = ["ours", "Node http", "nginx"]
const SHARES = [50, 90, 99]

const samplesOf = (turns: ReadonlyArray<ReadonlyArray<AbResult>>): Samples => {
  const details = NAMES.flatMap((name, side) =>
    SHARES.map((share): Detail => {
      const ms = turns.map((turn) => turn[side]!.percentiles.get(share) ?? 0)
      return { name: `${name}, ${share} % within`, value: median(ms), unit: "ms" }
    }),
  )
  return { turns: turns.map((turn) => turn.map((x) => x.requestsPerSecond)), dropped: 0, details }
}

const measureRows = async (
  { rows: wanted, quick, say }: MeasureContext,
  client: Inside,
  urls: ReadonlyArray<string>,
): Promise<Readonly<Record<string, Samples>>> => {
  const measured: Record<string, Samples> = {}
  for (const keepAlive of [false, true]) {
    const row = keepAlive ? "http-keep-alive" : "http-short"
    if (!wanted.includes(row)) continue
    const requests = (quick ? 1000 : 4000) * (keepAlive ? 3 : 1)
    // Until every process has compiled what it runs.
    for (const url of urls) await ab(client, url, quick ? 500 : 25_000, keepAlive)
    const turns: Array<ReadonlyArray<AbResult>> = []
    for (let k = 0; k < (quick ? 2 : 15); k++) {
      const turn: Array<AbResult> = []
      for (const url of urls) turn.push(await ab(client, url, requests, keepAlive))
      turns.push(turn)
      const rates = turn.map((x, side) => `${NAMES[side]} ${x.requestsPerSecond.toFixed(0)}`)
      say(`${keepAlive ? "keep-alive" : "short"}: ${rates.join(", ")} requests/s`)
    }
    measured[row] = samplesOf(turns)
  }
  return measured
}

export const measureKernel: Measure = async (context) => {
  const missing = await ensureBenchNeeds(projectRoot, context.say, context.install)
  if (missing !== undefined) throw new CannotMeasure("ab or nginx is missing", missing)
  const stack = await startStack(CONFIGURATION, PROCESSES)
  try {
    const rivals = await startRivals(stack.client, PROCESSES)
    try {
      const urls = [`http://${stack.address}/`, rivals.node, rivals.nginx]
      return await Promise.race([measureRows(context, stack.client, urls), context.stopped])
    } finally {
      await rivals.stop()
    }
  } finally {
    await stack.stop()
  }
}
