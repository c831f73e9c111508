import { beforeEach, describe, expect, test } from "vitest"
import { Attachment } from "../../src/application/attachment.ts"
import type { Stream } from "../../src/application/stream.ts"
import { DataType, RIDER_SENDER, RIDER_SLOT } from "../../src/codec/data-message.ts"
import { decodeMessage, encodeMessage } from "../../src/codec/message.ts"
import type { Message } from "../../src/core/message.ts"
import { defaultBalance } from "../../src/core/topology.ts"
import { appLinkBytes, appLinkOffsets, initAppLink } from "../../src/memory/app-link.ts"
import { QueueReader, QueueWriter } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const link = { queueCapacity: 64, slots: 2, rxBytes: 1024, txBytes: 1024 }
const topology = {
  applications: 1,
  managers: 1,
  transports: 1,
  connections: 8,
  backlog: 8,
  room: 4,
  claimTimeout: 1000,
  balance: { ...defaultBalance, scheme: "Late" as const },
}

let attachment: Attachment
let toApplication: QueueWriter
let fromApplication: QueueReader
let streams: Array<Stream>

beforeEach(() => {
  const region = allocateRegion(appLinkBytes(link))
  initAppLink(region, 0, link)
  const offsets = appLinkOffsets(link)
  toApplication = new QueueWriter(region, offsets.toApplication, link.queueCapacity)
  fromApplication = new QueueReader(region, offsets.toServer, link.queueCapacity)
  streams = []
  attachment = new Attachment(
    { a: 0, g: 0, port: 80, topology, transports: [0], managers: [0], link },
    {
      links: [{ region, offset: 0 }],
      now: () => 0,
      ringServer: () => {},
      record: () => {},
      connection: (stream) => streams.push(stream),
    },
  )
})

const tell = (message: Message, slot = 0): void => {
  const i = toApplication.reserve()
  encodeMessage(toApplication.words, i, message, 80)
  toApplication.words[i + RIDER_SENDER] = 0
  toApplication.words[i + RIDER_SLOT] = slot
  toApplication.submit()
}

/** News that are none. */
const noise = (): void => tell({ _tag: "Attached" })

const said = (): Array<string> => {
  const list: Array<string> = []
  for (let i = fromApplication.peek(); i >= 0; i = fromApplication.peek()) {
    const message = decodeMessage(fromApplication.words, i)
    if (message !== undefined) list.push("g" in message ? `${message._tag} ${message.g}` : message._tag)
    fromApplication.release()
  }
  return list
}

const poll = (): Array<string> => {
  attachment.poll()
  return said()
}

const available = (c: number, g: number) => tell({ _tag: "ConnectionAvailable", c, n: 1, g })
const claimed = (c: number, g: number, slot: number) => tell({ _tag: "Claimed", c, n: 1, g, back: 0 }, slot)

const ended = (c: number, slot: number): void => {
  const i = toApplication.reserve()
  toApplication.words.set([DataType.Ended, slot, c, 1, 3, 0, 0], i)
  toApplication.submit()
}

/** Both of its buffers go to connections. */
const fillBuffers = (): void => {
  poll()
  for (const c of [0, 1]) {
    available(c, c + 1)
    poll()
    claimed(c, c + 1, c)
    poll()
    poll()
  }
}

describe("under Late an application registers", () => {
  test("when it comes, and again when what it was given is dealt with: not before", () => {
    expect(poll()).toEqual(["AcceptConnection 1"])
    expect(poll()).toEqual([])
    available(0, 1)
    expect(poll()).toEqual(["ClaimConnection 1"])
    // The claim is not answered yet.
    expect([attachment.poll(), said(), attachment.arm()]).toEqual([false, [], true])
    claimed(0, 1, 0)
    // The connection is handed over by this call: who calls again has dealt with it.
    expect([attachment.poll(), said(), streams.length]).toEqual([true, [], 1])
    expect([attachment.poll(), said()]).toEqual([false, ["AcceptConnection 2"]])
    expect(attachment.arm()).toBe(true)
  })

  test("after a claim that came too late", () => {
    poll()
    available(0, 1)
    poll()
    tell({ _tag: "TimedOut", c: 0, n: 1, g: 1, back: 0 })
    expect(poll()).toEqual([])
    expect(poll()).toEqual(["AcceptConnection 2"])
  })

  test("after what has arrived meanwhile; but one turn later however much arrives", () => {
    noise()
    expect(poll()).toEqual([])
    noise()
    expect(poll()).toEqual(["AcceptConnection 1"])
    available(0, 1)
    poll()
    claimed(0, 1, 0)
    expect(poll()).toEqual([])
    // It is never idle: each of its turns finds something.
    noise()
    expect(poll()).toEqual([])
    noise()
    expect(poll()).toEqual(["AcceptConnection 2"])
  })

  test("before it sleeps: until then it is told that there is something to do", () => {
    noise()
    attachment.poll()
    expect([said(), attachment.arm()]).toEqual([[], false])
    expect(poll()).toEqual(["AcceptConnection 1"])
    expect(attachment.arm()).toBe(true)
  })

  test("when it has buffers for a connection, and at once when it has some again", () => {
    fillBuffers()
    expect([attachment.poll(), said(), attachment.arm()]).toEqual([false, [], true])
    expect(attachment.state.g).toBe(2)
    attachment.released(streams[0]!)
    expect(attachment.arm()).toBe(false)
    expect(poll()).toEqual(["AcceptConnection 3"])
  })

  test("when a connection has ended and what lies in its buffers is not wanted, with no other news", () => {
    fillBuffers()
    ended(0, 0)
    expect([attachment.poll(), said(), attachment.arm()]).toEqual([true, [], true])
    streams[0]!.discard()
    // This one tells the server that the buffers are free.
    expect([attachment.poll(), said()]).toEqual([true, []])
    expect(poll()).toEqual(["AcceptConnection 3"])
  })

  test("not while it has not claimed what it was given", () => {
    poll()
    attachment.accepting = false
    available(0, 1)
    expect(poll()).toEqual([])
    attachment.accepting = true
    expect(poll()).toEqual(["ClaimConnection 1"])
  })

  test("not while it does not accept, nor after it has closed its listener", () => {
    attachment.accepting = false
    expect([attachment.poll(), said(), attachment.arm()]).toEqual([false, [], true])
    attachment.accepting = true
    expect(poll()).toEqual(["AcceptConnection 1"])
    available(0, 1)
    poll()
    claimed(0, 1, 0)
    poll()
    attachment.closeListener()
    said()
    expect([attachment.poll(), said(), attachment.arm()]).toEqual([false, [], true])
  })
})
