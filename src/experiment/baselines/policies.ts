/** Balancers by name. */
import type { Policy } from "../scheme.ts"
import { lockedQueue } from "./accept-lock.ts"
import type { Balancer, View } from "./balancer.ts"
import { clairvoyant } from "./clairvoyant.ts"
import { hermes } from "./hermes.ts"
import { idleQueue, leastConnections, reuseport, roundRobin, twoChoices } from "./load.ts"
import { prequal } from "./prequal.ts"
import { sharedQueue, speedAwareQueue } from "./queue.ts"

const makers: Readonly<Record<Policy, (view: View) => Balancer>> = {
  "shared-queue": sharedQueue,
  "locked-queue": lockedQueue,
  "round-robin": roundRobin,
  reuseport,
  "two-choices": twoChoices,
  "idle-queue": idleQueue,
  "least-connections": leastConnections,
  prequal,
  hermes,
  clairvoyant,
  "speed-aware-queue": speedAwareQueue,
}

export const balancerOf = (policy: Policy, view: View): Balancer => makers[policy](view)
