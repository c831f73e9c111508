import { expect, test } from "vitest"
import { appLinkBytes, appLinkOffsets, initAppLink, readAppLink } from "../../src/memory/app-link.ts"
import { QueueReader, QueueWriter } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const config = { queueCapacity: 8, slots: 3, rxBytes: 4096, txBytes: 1024 }

test("parts do not overlap and fill the link", () => {
  const offsets = appLinkOffsets(config)
  const starts = [offsets.toServer, offsets.toApplication]
  for (let slot = 0; slot < config.slots; slot++)
    starts.push(offsets.rxRingOffset(slot), offsets.txRingOffset(slot))
  for (let k = 1; k < starts.length; k++) expect(starts[k]! - starts[k - 1]!).toBeGreaterThanOrEqual(768)
  expect(starts.at(-1)! + 1024).toBeLessThanOrEqual(offsets.bytes)
})

test("an application finds the configuration that the server made", () => {
  const region = allocateRegion(appLinkBytes(config))
  expect(() => readAppLink(region, 0)).toThrow("not initialised")
  initAppLink(region, 0, config)
  expect(readAppLink(region, 0)).toEqual(config)
})

test("messages go both ways", () => {
  const region = allocateRegion(appLinkBytes(config))
  initAppLink(region, 0, config)
  const { toServer, toApplication } = appLinkOffsets(config)
  for (const [offset, value] of [
    [toServer, 7],
    [toApplication, 9],
  ] as const) {
    const writer = new QueueWriter(region, offset, config.queueCapacity)
    const reader = new QueueReader(region, offset, config.queueCapacity)
    expect(reader.peek()).toBe(-1)
    writer.words[writer.reserve()] = value
    writer.submit()
    expect(reader.words[reader.peek()]).toBe(value)
    reader.release()
  }
})

test.each([
  [{ ...config, slots: 0 }],
  [{ ...config, slots: 1.5 }],
  [{ ...config, rxBytes: 1000 }],
  [{ ...config, txBytes: 512 }],
  [{ ...config, queueCapacity: 7 }],
])("an impossible configuration is refused: %j", (bad) => {
  expect(() => appLinkBytes(bad)).toThrow(RangeError)
})
