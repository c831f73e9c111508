import { expect, test } from "vitest"
import { initNicMemory, nicMemoryBytes } from "../../src/memory/nic-ring.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { ipv4 } from "../../src/net/classify.ts"
import { LinkServer } from "../../src/server/link-server.ts"

const memory = { rxSlots: 4, txSlots: 4, bufSize: 2048 }

/** A NIC that takes frames at once and gives their slots back when told that they have left. */
const makeNic = () => {
  const { rx, tx } = initNicMemory(allocateRegion(nicMemoryBytes(memory)), memory)
  let left = 0
  const nic = {
    rx,
    tx,
    syncs: 0,
    leave: () => {
      left = tx.head
    },
    rxSync: () => 0,
    txSync: () => {
      nic.syncs++
      tx.tail = (left + tx.numSlots - 1) % tx.numSlots
    },
  }
  return nic
}

test("a full transmit ring is synced until its frames have left, though nothing new was built", () => {
  const nic = makeNic()
  const local = { ip: ipv4("10.1.0.2"), mac: [2, 0, 0, 0, 0, 2] }
  const link = new LinkServer(nic, local, 1, () => true)
  const build = (): boolean => {
    if (link.emit.reserve(100) < 0) return false
    link.emit.commit(100)
    return true
  }
  expect([build(), build(), build(), build()]).toEqual([true, true, true, false])
  link.flush()
  expect(link.counters.sent).toBe(3)
  // Whoever was refused tries again; the ring is looked at each time.
  expect(build()).toBe(false)
  nic.leave()
  link.flush()
  expect(build()).toBe(true)
  // And not when nobody wants anything.
  link.flush()
  const { syncs } = nic
  link.flush()
  expect(nic.syncs).toBe(syncs)
})
