import { expect, test } from "vitest"
import { allocateRegion } from "../../src/memory/region.ts"
import type { Network } from "../../src/sim/network.ts"
import { SimNic } from "../../src/sim/nic.ts"
import { Random } from "../../src/sim/random.ts"

const memory = { rxSlots: 8, txSlots: 8, bufSize: 2048 }

const make = (few: number, transmit: number) => {
  const clock = { now: 0 }
  const sent: Array<number> = []
  const network = {
    sendCopy: (_from: number, region: { bytes: Uint8Array }, offset: number) =>
      sent.push(region.bytes[offset]!),
  } as unknown as Network
  const nic = new SimNic(memory, 0, network, clock, new Random(1), { few, transmit })
  const build = (value: number): boolean => {
    if (nic.tx.space() === 0) return false
    nic.tx.region.bytes[nic.tx.bufferOffset(nic.tx.head)] = value
    nic.tx.setSlotLength(nic.tx.head, 60)
    nic.tx.head = nic.tx.next(nic.tx.head)
    return true
  }
  return { nic, clock, sent, build }
}

test("frames are sent in order at a sync, and their slots come back when they have left", () => {
  const { nic, clock, sent, build } = make(0, 100)
  for (let k = 0; k < 7; k++) expect(build(k)).toBe(true)
  expect(build(7)).toBe(false)
  expect(sent).toEqual([])
  nic.txSync()
  expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(build(7)).toBe(false)
  clock.now = 99
  nic.txSync()
  expect(build(7)).toBe(false)
  clock.now = 100
  nic.txSync()
  for (let k = 7; k < 14; k++) expect(build(k)).toBe(true)
  nic.txSync()
  expect(sent).toHaveLength(14)
})

test("received frames are shown a few at a time, none is lost but those that find the ring full", () => {
  const { nic } = make(0.9, 0)
  const region = allocateRegion(64)
  const heard: Array<number> = []
  let shown = 0
  for (let k = 0; k < 100; k++) {
    region.bytes[0] = k
    nic.arrive(region, 0, 60)
    if (k % 5 < 4) continue
    while (nic.ready) {
      const count = nic.rxSync()
      expect(count).toBeGreaterThan(0)
      shown++
      for (let j = 0; j < count; j++) {
        heard.push(nic.rx.region.bytes[nic.rx.bufferOffset(nic.rx.head)]!)
        nic.rx.head = nic.rx.next(nic.rx.head)
      }
    }
  }
  expect(heard).toEqual(Array.from({ length: 100 }, (_, k) => k))
  expect(shown).toBeGreaterThan(25)
  for (let k = 0; k < 10; k++) nic.arrive(region, 0, 60)
  expect([nic.dropped, nic.rx.space()]).toEqual([3, 7])
})
