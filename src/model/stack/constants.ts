/** Constants of spec/MC.tla. */
import type { Constants } from "../../tla/model.ts"

export interface StackConstants extends Constants {
  readonly NApplications: number
  readonly NManagers: number
  readonly NTransports: number
  readonly NConnections: number
  readonly Backlog: number
  readonly Room: number
  readonly Naive: boolean
  readonly Late: boolean
  readonly MaxSyns: number
  readonly MaxTimeouts: number
  readonly MaxOffers: number
  readonly MaxStops: number
}
