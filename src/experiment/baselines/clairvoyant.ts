/**
 * The ideal to compare with. At establishment it knows, for nothing, what the connection's request demands, all that every
 * application has still to do, and how slow each is and will be: it gives to whom the request would leave first, of equals to
 * whom open connections have the fewest requests to come. Of balancers that serve in the order of arrival and give each
 * request what is best for it none gains by holding back: a later connection changes no earlier one's end. Where all
 * applications are alike it is M/G/k, one queue for all. It is no bound for those who would let short requests overtake.
 */
import { holding, requestTime } from "../workload.ts"
import { type Balancer, NONE, type View } from "./balancer.ts"

export const clairvoyant = ({
  machine,
  connections,
  workload,
  from,
  applications,
  waiting,
  random,
}: View): Balancer => {
  const { delays } = workload
  /**
   * By application: when it will have done with what was asked of it, by a plan in which messages cost its core nothing; how much later than
   * planned it was with the last; requests that its open connections will still ask for.
   */
  const planned = new Float64Array(applications.length)
  const late = new Float64Array(applications.length)
  const promised = new Float64Array(applications.length)
  /** By connection: when its request was to be done, by the plan. */
  let expected = new Float64Array(1024)
  const end = (a: number, k: number): number => {
    const start = Math.max(planned[a]! + late[a]!, machine.now)
    return start + requestTime(delays, a, start - from, connections.demand[k]!)
  }
  return {
    choose: (k) => {
      let best = NONE
      let first = Number.POSITIVE_INFINITY
      let ties = 0
      for (let a = 0; a < applications.length; a++) {
        const done = end(a, k)
        const leaves = done + holding(delays, a, done - from)
        if (leaves > first) continue
        if (leaves < first || promised[a]! < promised[best]!) {
          best = a
          ties = 1
        } else if (promised[a] === promised[best] && random.between(0, ties++) === 0) best = a
        first = leaves
      }
      promised[best]! += connections.left[k]!
      return best
    },
    asked: (k, a) => {
      if (k >= expected.length) {
        const more = new Float64Array(2 * k)
        more.set(expected)
        expected = more
      }
      planned[a] = end(a, k) - late[a]!
      expected[k] = planned[a]!
    },
    served: (k, a) => {
      promised[a]!--
      late[a] = machine.now - expected[k]!
      if (waiting[a] === 0) planned[a] = machine.now - late[a]!
    },
  }
}
