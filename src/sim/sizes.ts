/** How large the tables, queues and rings of a scenario are. */
import { defaultBalance, type SchemeName, type Topology } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"
import type { NicMemory } from "../memory/nic-ring.ts"
import type { TcpConfig } from "../net/tcp/table.ts"
import type { Random } from "./random.ts"

export type TcpLimits = Omit<TcpConfig, "localIp" | "localMac" | "neighbours" | "secret">

export interface Sizes {
  readonly topology: Topology
  readonly link: AppLinkConfig
  readonly tcp: TcpLimits
  readonly nic: NicMemory
  /** Slots of each queue between servers. */
  readonly queues: { readonly messages: number; readonly frames: number }
}

/** `small`: some of them are tight, drawn one by one, since one that is full may hide others. `late`: applications are. */
export const drawSizes = (
  random: Random,
  plan: { readonly managers: number; readonly transports: number },
  small: boolean,
  late: boolean,
): Sizes => {
  const tight = (name: string): boolean => random.stream(`tight ${name}`).chance(0.5) && small
  /** Drawn whether tight or not, so that one size leaves the others as they were. */
  const size = (name: string, [low, high]: readonly [number, number], roomy: number): number => {
    const drawn = random.stream(name).between(low, high)
    return tight(name) ? drawn : roomy
  }
  const scheme = random.pick<SchemeName>([
    "Tournament",
    "Shortest",
    "Filtered",
    "Unfiltered",
    "Naive",
    "Late",
  ])
  const topology: Topology = {
    applications: random.between(2, 5),
    managers: plan.managers,
    transports: plan.transports,
    connections: size("connections", [2, 8], random.between(8, 32)),
    backlog: size("backlog", [1, 4], 32),
    room: size("room", [1, 3], random.between(2, 8)),
    // Applications that are late miss it often.
    claimTimeout: random.scale(100, late ? 2_000 : 20_000),
    balance: {
      ...defaultBalance,
      // Naive gives nothing to another manager's applications: what a manager without any has would wait for ever.
      scheme: scheme === "Naive" && plan.managers > 1 ? "Tournament" : scheme,
      window: random.pick(["median", "mean"]),
    },
  }
  const rxBytes = random.pick([1024, 4096, 8192])
  const link: AppLinkConfig = {
    queueCapacity: ringFor(topology.room) * (tight("ring") ? 1 : 4),
    slots: size("slots", [1, 4], 16),
    rxBytes,
    txBytes: random.pick([1024, 4096, 8192]),
  }
  const tcp: TcpLimits = {
    maxConnections: size("tcp", [8, 32], 128),
    maxTimeWait: size("time wait", [8, 16], 256),
    stagingBytes: Math.min(rxBytes, random.pick([512, 1024])),
    stagingSlots: size("staging", [4, 16], 128),
    rangeBlocks: size("ranges", [1, 4], 64),
    maxReceiveBytes: rxBytes,
    timeWaitUs: random.pick([1_000_000, 10_000_000]),
    delayedAckUs: random.pick([0, 5_000, 20_000]),
    minRtoUs: random.pick([5_000, 50_000, 200_000]),
    maxRtoUs: 4_000_000,
    initialRtoUs: random.pick([200_000, 1_000_000]),
    synRetries: 6,
    synAckRetries: 5,
    dataRetries: 12,
    finWait2Us: 20_000_000,
  }
  return {
    topology,
    link,
    tcp,
    nic: { rxSlots: size("rx", [8, 16], 128), txSlots: size("tx", [8, 16], 128), bufSize: 2048 },
    queues: { messages: 2 ** size("messages", [1, 4], 8), frames: 2 ** size("frames", [1, 3], 6) },
  }
}

/** Claims and registrations have a quarter of the ring for themselves, announcements and answers twice `room`. */
const ringFor = (room: number): number => {
  let capacity = 16
  while (capacity < 4 * (room + 2)) capacity *= 2
  return capacity
}
