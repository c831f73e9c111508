/** A recording under other settings: what was, what the model makes of what was, and what would have been. */
import { OFFER_INTERVAL } from "../../server/connection-manager.ts"
import { ExperimentError } from "../errors.ts"
import { Demands } from "./demands.ts"
import { type Doubt, doubtsOf } from "./doubt.ts"
import type { RecordedPort } from "./recording.ts"
import { rerun, type Settings } from "./rerun.ts"
import { applySettings, settingsOf } from "./settings.ts"
import type { SummaryResult } from "./summary.ts"

export interface PortResult {
  readonly port: number
  /** By name. */
  readonly settings: {
    readonly recorded: Readonly<Record<string, string | number>>
    readonly whatIf: Readonly<Record<string, string | number>>
  }
  /** µs from the first SYN that was admitted to the recording's end. */
  readonly duration: number
  /** Processes that took an application's slot; those of them that came after the first SYN; that ended before the last step. */
  readonly applications: { readonly all: number; readonly came: number; readonly went: number }
  /** Connections whose work is not known, since their end as an application's was not seen: theirs is drawn from the others'. */
  readonly drawn: number
  readonly recorded: SummaryResult
  /** Re-run under the recorded settings: how far it is from `recorded` is the model's error. */
  readonly control: SummaryResult
  readonly whatIf: SummaryResult
  readonly doubts: ReadonlyArray<Doubt>
}

/** @throws {ExperimentError} for settings that can't be, or a port without connections to go by */
export const whatIf = (port: RecordedPort, text: string, seed: number): PortResult => {
  const recorded: Settings = { topology: port.topology, offerInterval: OFFER_INTERVAL }
  const changed = applySettings(recorded, text)
  const { connections, lives, end } = port
  if (port.summary.endings.served === 0)
    throw new ExperimentError({
      where: `port ${port.port}`,
      message: `port ${port.port}: the recording has no connection that was served to its end, so nothing says how long one takes; record a run with traffic`,
    })
  const demands = new Demands(port)
  const control = rerun(port, demands, recorded, seed)
  const first = connections.arrived[demands.order[0]!]!
  return {
    port: port.port,
    settings: { recorded: settingsOf(recorded), whatIf: settingsOf(changed) },
    duration: end - first,
    applications: {
      all: lives.length,
      came: lives.filter((x) => x.from > first).length,
      went: lives.filter((x) => x.ended < end || x.closed < end).length,
    },
    drawn: connections.count - demands.known,
    recorded: port.summary,
    control,
    whatIf: rerun(port, demands, changed, seed),
    doubts: doubtsOf(port.summary, control),
  }
}
