import { expect, test } from "vitest"
import { Attachment } from "../../src/application/attachment.ts"
import type { Stream } from "../../src/application/stream.ts"
import {
  DataType,
  OWES_ABORT,
  OWES_CLOSE,
  OWES_FINISH,
  OWES_WRITTEN,
  RIDER_SENDER,
  RIDER_SLOT,
} from "../../src/codec/data-message.ts"
import { encodeMessage } from "../../src/codec/message.ts"
import { defaultBalance } from "../../src/core/topology.ts"
import { appLinkBytes, appLinkOffsets, initAppLink } from "../../src/memory/app-link.ts"
import { QueueReader, QueueWriter } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const link = { queueCapacity: 16, slots: 8, rxBytes: 1024, txBytes: 1024 }
const topology = {
  applications: 1,
  managers: 1,
  transports: 1,
  connections: 8,
  backlog: 8,
  room: 2,
  claimTimeout: 1000,
  balance: defaultBalance,
}

test("what a full ring keeps from being told is told when the server has made room, at its bell", () => {
  const region = allocateRegion(appLinkBytes(link))
  initAppLink(region, 0, link)
  const offsets = appLinkOffsets(link)
  const toApplication = new QueueWriter(region, offsets.toApplication, link.queueCapacity)
  const fromApplication = new QueueReader(region, offsets.toServer, link.queueCapacity)
  const streams: Array<Stream> = []
  let rung = 0
  const attachment = new Attachment(
    { a: 0, g: 0, port: 80, topology, transports: [0], managers: [0], link },
    {
      links: [{ region, offset: 0 }],
      now: () => 0,
      ringServer: () => {
        rung++
      },
      record: () => {},
      connection: (stream) => streams.push(stream),
    },
  )
  const tell = (message: Parameters<typeof encodeMessage>[2], slot = 0) => {
    const i = toApplication.reserve()
    encodeMessage(toApplication.words, i, message, 80)
    toApplication.words[i + RIDER_SENDER] = 0
    toApplication.words[i + RIDER_SLOT] = slot
    toApplication.submit()
  }
  /** By message: its type, and what an Update tells. */
  const read = (): Array<readonly [number, number]> => {
    const messages: Array<readonly [number, number]> = []
    for (let i = fromApplication.peek(); i >= 0; i = fromApplication.peek()) {
      messages.push([fromApplication.words[i]! & 0xff, fromApplication.words[i + 6]!])
      fromApplication.release()
    }
    return messages
  }
  for (let c = 0; c < 4; c++) {
    tell({ _tag: "ConnectionAvailable", c, n: 1, g: 1 })
    attachment.poll()
    tell({ _tag: "Claimed", c, n: 1, g: 1, back: 0 }, c)
    attachment.poll()
  }
  read()
  // Three quarters of the ring are for what streams owe: 12 debts, the rest waits.
  for (const stream of streams) {
    for (const owe of [() => stream.write(new Uint8Array(1)), () => stream.finish(), () => stream.close()]) {
      owe()
      attachment.flush()
    }
    stream.abort()
    attachment.flush()
  }
  expect(attachment.arm()).toBe(true)
  const first = read()
  expect(first).toHaveLength(12)
  // The server has made room, and rings who waits for it.
  expect(fromApplication.flushRoom()).toBe(true)
  attachment.poll()
  // The last stream's four debts have become one.
  const all = OWES_WRITTEN | OWES_FINISH | OWES_CLOSE | OWES_ABORT
  expect(read()).toEqual([[DataType.Update, all]])
  expect(attachment.arm()).toBe(true)
  // The other way round: a server that waits for room in our ring is rung when we have read it.
  for (let k = 0; k < link.queueCapacity; k++) tell({ _tag: "Attached" })
  expect(toApplication.armRoom()).toBe(true)
  const before = rung
  attachment.poll()
  expect(rung).toBe(before + 1)
})
