/**
 * In Linux 3.0's place: one accept queue that all share, behind one lock (§5.2: "Linux scales poorly due to lock contention on the
 * shared accept queue"). A kernel core holds it while it makes a connection of a SYN and of the last ACK, an application
 * while it accepts; who finds it taken spins, first come first served. Nothing else is shared here, and nothing else slows.
 */
import { type Balancer, NONE, type View } from "./balancer.ts"
import { Line } from "./queue.ts"

/** A lock's cache line moves each time: in Table 2 shared memory takes 186 cycles on a socket where a message takes 597, off it 564 and 1,898. */
const NEAR = (2 * 186) / 597
const FAR = (2 * 564) / 1898
/** Of a connection's processing: two of its four frames' share of T_tcp, Table 5, are handled under the lock (assumed). */
const UNDER_LOCK = 3.26 / 2 / (3.26 + 10.05)

export const lockedQueue = (view: View): Balancer => {
  const { machine, applications, servers, waiting, random, give } = view
  const line = new Line()
  const n = applications.length
  const { coresPerSocket, hopNear, hopFar, transport, messageNear } = machine.costs
  const accepting = new Uint8Array(n)
  /** Connections about to be in the queue, and applications about to have one, which the lock's order has. */
  const comers = new Line()
  const takers = new Line()
  let free = 0
  let owner = NONE
  /** Takes the lock for `core`, which spins until it has it. Answers when it lets go of it. */
  const hold = (core: number, time: number): number => {
    const far = owner !== NONE && Math.trunc(owner / coresPerSocket) !== Math.trunc(core / coresPerSocket)
    free = Math.max(machine.now, free) + (far ? FAR * hopFar : owner === core ? 0 : NEAR * hopNear) + time
    owner = core
    machine.charge(core, free - machine.now)
    return free
  }
  const accept = (a: number): boolean => {
    if (waiting[a] !== 0 || accepting[a] === 1 || line.length <= takers.length) return false
    accepting[a] = 1
    const done = hold(applications[a]!, messageNear)
    takers.push(a)
    machine.at(done, taken, 0)
    return true
  }
  const queued = machine.on(() => {
    line.push(comers.shift())
    const first = random.between(0, n - 1)
    for (let i = 0; i < n; i++) if (accept((first + i) % n)) break
  })
  const taken = machine.on(() => {
    const a = takers.shift()
    accepting[a] = 0
    give(line.shift(), a)
  })
  return {
    choose: (k, s) => {
      const done = hold(servers[s]!, UNDER_LOCK * transport)
      comers.push(k)
      machine.at(done, queued, 0)
      return NONE
    },
    served: (_, a) => {
      accept(a)
    },
  }
}
