/** A scenario's servers, hosts and wire, made and put into their world. */
import { allocateRegion } from "../memory/region.ts"
import { ipv4 } from "../net/classify.ts"
import type { StackPlan } from "../server/configuration.ts"
import { initQueues, queueEnds, queueLayout } from "../server/queues.ts"
import { Alarm, type Calendar } from "./agenda.ts"
import type { Chronicle } from "./chronicle.ts"
import { Host, type HostWorld } from "./host.ts"
import { AT_HOST, AT_SERVER } from "./kinds.ts"
import type { Network, NetworkOptions } from "./network.ts"
import { SimNic } from "./nic.ts"
import type { Random } from "./random.ts"
import type { Scenario } from "./scenario.ts"
import { ServerProcess, type ServerWorld } from "./server-process.ts"

/** Unsigned; host h has the h-th address after it. */
export const FIRST_HOST_IP = ipv4("10.1.1.1") >>> 0

export const macOf = (host: number): ReadonlyArray<number> => [2, 0, 0, 0, 1, host + 1]

export interface Identity {
  readonly ip: number
  readonly mac: ReadonlyArray<number>
}

export interface PartsWorld extends Calendar {
  readonly network: Network
  readonly chronicle: Chronicle
}

export const networkOptions = (
  scenario: Scenario,
  plan: StackPlan,
  stackMac: ReadonlyArray<number>,
): NetworkOptions => ({
  links: plan.links,
  hosts: scenario.hosts,
  stackMac,
  hostMac: macOf,
  director: scenario.director,
  ...(scenario.frames === undefined ? {} : { slots: scenario.frames }),
})

export const makeServers = (
  scenario: Scenario,
  plan: StackPlan,
  stack: Identity,
  world: PartsWorld & ServerWorld,
  random: Random,
): ReadonlyArray<ServerProcess> => {
  const { topology, queues, nic, habits, tcp, servers } = scenario
  const layout = queueLayout(plan, queues.messages, queues.frames)
  const memory = allocateRegion(layout.bytes)
  initQueues(memory, layout)
  const { chronicle, network } = world
  return plan.servers.map(({ link }, index) => {
    const own = random.stream(`server ${index}`)
    const secret = secretOf(own.stream("secret"))
    const parts = {
      options: { index, plan, topology, tcp: { ...tcp, secret, localIp: stack.ip, localMac: stack.mac } },
      queues: queueEnds(memory, layout, index),
      nic: link === undefined ? undefined : new SimNic(nic, link, network, world, own.stream("nic"), habits),
      recorder: chronicle.recorder(),
      pace: servers[index]!,
    }
    return new ServerProcess(parts, new Alarm(world, AT_SERVER, index), world, own)
  })
}

export const makeHosts = (
  scenario: Scenario,
  plan: StackPlan,
  stack: Identity,
  world: PartsWorld & HostWorld,
  random: Random,
): ReadonlyArray<Host> =>
  Array.from({ length: scenario.hosts }, (_, index) => {
    const own = random.stream(`host ${index}`)
    const options = {
      index,
      node: plan.links + index,
      ip: (FIRST_HOST_IP + index) | 0,
      mac: macOf(index),
      stackIp: stack.ip,
      tcp: {
        ...scenario.tcp,
        maxConnections: 128,
        stagingBytes: 512,
        stagingSlots: 128,
        maxReceiveBytes: scenario.hostRing,
        secret: secretOf(own.stream("secret")),
      },
      ringBytes: scenario.hostRing,
      ports: scenario.hostPorts,
    }
    return new Host(options, world.network, new Alarm(world, AT_HOST, index), world, own)
  })

const secretOf = (random: Random): Uint8Array => Uint8Array.from({ length: 32 }, () => random.between(0, 255))
