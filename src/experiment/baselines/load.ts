/** Balancers that choose when a connection is established, by what they can count themselves or by chance. */
import { type Balancer, NONE, type View } from "./balancer.ts"

/** Each server gives to one application after the other. */
export const roundRobin = ({ servers, applications }: View): Balancer => {
  const n = applications.length
  // Not all servers begin with the same application.
  const turn = Int32Array.from(servers, (_, s) => s % n)
  return {
    choose: (_, s) => {
      const a = turn[s]!
      turn[s] = (a + 1) % n
      return a
    },
  }
}

/** Bits of a flow that the server was not chosen by. */
export const hashOf = (flow: number): number => Math.imul(flow, 0x9e3779b1) >>> 8

export const reuseport = ({ connections, applications }: View): Balancer => ({
  choose: (k) => hashOf(connections.flow[k]!) % applications.length,
})

export const twoChoices = ({ applications, waiting, random }: View): Balancer => {
  const last = applications.length - 1
  return {
    choose: () => {
      const x = random.between(0, last)
      const y = random.between(0, last)
      return waiting[y]! < waiting[x]! ? y : x
    },
  }
}

export const leastConnections = ({ applications, open, random }: View): Balancer => ({
  choose: () => {
    let best = NONE
    let ties = 0
    for (let a = 0; a < applications.length; a++) {
      if (best === NONE || open[a]! < open[best]!) {
        best = a
        ties = 1
      } else if (open[a] === open[best] && random.between(0, ties++) === 0) best = a
    }
    return best
  },
})

/** Each server has a list of applications that have said to it that they are idle, and chooses at random where there is none. */
export const idleQueue = ({ servers, applications, waiting, random }: View): Balancer => {
  const idle: ReadonlyArray<Array<number>> = servers.map(() => [])
  const listed = new Uint8Array(applications.length)
  const join = (a: number): void => {
    if (listed[a] === 1) return
    listed[a] = 1
    idle[random.between(0, servers.length - 1)]!.push(a)
  }
  for (const a of applications.keys()) join(a)
  return {
    choose: (_, s) => {
      const a = idle[s]!.shift()
      if (a === undefined) return random.between(0, applications.length - 1)
      listed[a] = 0
      return a
    },
    served: (_, a) => {
      if (waiting[a] === 0) join(a)
    },
  }
}
