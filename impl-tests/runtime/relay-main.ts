/**
 * A bad path between two interfaces, as a process: frames of the host's TAP (descriptor 3) to the interface that the stack's
 * queues belong to (argument), and back. Speaks to its parent: `ready`, then its counters whenever it is asked.
 */
import { monotonicUs, type Nic, nicOpenPacket, nicOpenTapFd, waitFds } from "../../src/native/native.ts"
import { badPath, Impaired } from "./impairment.ts"

/** Frames that may wait in one direction; more are lost, as in a router. */
const MOST_WAITING = 8192
const LONGEST_SLEEP = 10
const FRAME = 2048

/** Frames on their way to `to`, the next one due first. */
class Direction {
  readonly path: Impaired
  overflows = 0
  readonly #to: Nic
  readonly #bytes = Buffer.alloc(MOST_WAITING * FRAME)
  readonly #free = Array.from({ length: MOST_WAITING }, (_, k) => k)
  /** A binary heap by due time. */
  readonly #heap: Array<{ readonly at: number; readonly slot: number; readonly length: number }> = []

  constructor(to: Nic, seed: number) {
    this.#to = to
    this.path = new Impaired(badPath, seed)
  }

  take(from: Nic, now: number): boolean {
    from.rxSync()
    const { rx } = from
    let some = false
    for (let i = rx.head; i !== rx.tail; i = rx.next(i)) {
      some = true
      const offset = rx.bufferOffset(i)
      const frame = rx.region.bytes.subarray(offset, offset + rx.slotLength(i))
      for (const at of this.path.take(now)) this.#push(at, frame)
    }
    rx.head = rx.tail
    return some
  }

  /** Sends what is due; answers when the next is, µs. */
  send(now: number): number {
    const { tx } = this.#to
    let sent = false
    while (this.#heap.length > 0 && this.#heap[0]!.at <= now) {
      if (tx.space() === 0) {
        this.#to.txSync()
        sent = false
        if (tx.space() === 0) return now
      }
      const { slot, length } = this.#pop()
      this.#bytes.copy(tx.region.bytes, tx.bufferOffset(tx.head), slot * FRAME, slot * FRAME + length)
      tx.setSlotLength(tx.head, length)
      tx.head = tx.next(tx.head)
      this.#free.push(slot)
      sent = true
    }
    if (sent) this.#to.txSync()
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  #push(at: number, frame: Uint8Array): void {
    const slot = this.#free.pop()
    if (slot === undefined) {
      this.overflows++
      return
    }
    this.#bytes.set(frame, slot * FRAME)
    const heap = this.#heap
    let k = heap.length
    const item = { at, slot, length: frame.length }
    for (; k > 0; k = (k - 1) >> 1) {
      const parent = heap[(k - 1) >> 1]!
      if (parent.at <= at) break
      heap[k] = parent
    }
    heap[k] = item
  }

  #pop() {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
    let k = 0
    for (let child = 1; child < heap.length; child = 2 * k + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[k] = heap[child]!
      k = child
    }
    heap[k] = last
    return top
  }
}

const [name = "", seed = "1"] = process.argv.slice(2)
const host = nicOpenTapFd(3)
const stack = nicOpenPacket(name, { promiscuous: true })
const toStack = new Direction(stack, Number(seed))
const toHost = new Direction(host, Number(seed) + 1)
const fds = Int32Array.of(host.fd, stack.fd)

process.on("message", () => {
  const of = (x: Direction, nic: Nic) => ({ ...x.path.counters, overflows: x.overflows, nic: nic.stats() })
  process.send?.({ toStack: of(toStack, stack), toHost: of(toHost, host) })
})
process.on("disconnect", () => process.exit(0))

const loop = (): void => {
  let now = monotonicUs()
  const until = now + 5000
  while (now < until) {
    const took = toStack.take(host, now)
    const some = toHost.take(stack, now) || took
    const next = Math.min(toStack.send(now), toHost.send(now))
    if (!some) {
      const ms = Math.max(0, Math.min(LONGEST_SLEEP, Math.ceil((next - now) / 1000)))
      waitFds(fds, 2, ms)
    }
    now = monotonicUs()
  }
  setImmediate(loop)
}
process.send?.("ready")
loop()
