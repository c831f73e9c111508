/** Constants of spec/MC.tla for a size of the world. */
import type { StackConstants } from "../src/model/stack/constants.ts"

/** applications/managers/transports/connections of the smallest interesting size, and what is changed of it. */
export const size = (
  NApplications: number,
  NManagers: number,
  NTransports: number,
  NConnections: number,
  part: Partial<StackConstants> = {},
): StackConstants => ({
  NApplications,
  NManagers,
  NTransports,
  NConnections,
  Backlog: 2,
  Room: 2,
  Naive: false,
  Late: false,
  MaxSyns: 1,
  MaxTimeouts: 1,
  MaxOffers: 0,
  MaxStops: 0,
  ...part,
})
