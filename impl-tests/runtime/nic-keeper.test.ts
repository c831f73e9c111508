import { afterEach, describe, expect, test } from "vitest"
import * as native from "../../src/native/native.ts"
import type { FromNic, ToNic } from "../../src/runtime/live-nic.ts"
import { type InterfaceGone, keepNics, type NicFds, type NicKeeper } from "../../src/runtime/nic-keeper.ts"

let keeper: NicKeeper | undefined
afterEach(() => keeper?.close())

/** A keeper with the servers' ends of its channels in our hands. */
const kept = (links: number, reopen?: () => ReadonlyArray<NicFds> | undefined) => {
  const pairs = Array.from({ length: links }, () => native.socketPair())
  const said: Array<string> = []
  const gone: Array<InterfaceGone> = []
  keeper = keepNics({
    device: "eth9",
    channels: pairs.map(([ours]) => ours),
    reopen,
    gone: (error) => gone.push(error),
    say: (line) => said.push(line),
  })
  return {
    said,
    gone,
    says: (link: number, word: FromNic) => native.sendJson(pairs[link]![1], word),
    /** The next word to a server, with its descriptors; null: none within the time. */
    hears: async (link: number, ms = 2000) => {
      const deadline = Date.now() + ms
      for (;;) {
        const message = native.receiveJson(pairs[link]![1])
        if (message !== null || Date.now() > deadline)
          return message && { ...(message.value as ToNic), fds: message.fds }
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    dies: (link: number) => native.close(pairs[link]![1]),
  }
}

const eventually = async (what: () => unknown, expected: unknown) => {
  for (let k = 0; k < 400 && JSON.stringify(what()) !== JSON.stringify(expected); k++)
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(what()).toEqual(expected)
}

const lost = { gone: { code: "ENETDOWN", call: "receive" } } as const
const queue = (): NicFds => [native.memfd("queue", 4096)]

describe("the supervisor's side of its servers' NICs", () => {
  test("one loses the interface: all let go, each gets its new queue, and it is said once", async () => {
    let opened = 0
    const it = kept(2, () => {
      opened++
      return opened < 3 ? undefined : [queue(), [native.memfd("queue", 4096), native.memfd("queue", 4096)]]
    })
    it.says(0, lost)
    it.says(0, { detached: true })
    expect(await it.hears(1)).toMatchObject({ detach: true })
    // The second finds out by itself meanwhile; and nothing is opened until it has let go.
    it.says(1, lost)
    expect(await it.hears(0, 300)).toBeNull()
    expect(opened).toBe(0)
    it.says(1, { detached: true })
    const first = await it.hears(0)
    const second = await it.hears(1)
    expect(first).toMatchObject({ reopen: true, fds: [expect.any(Number)] })
    expect(second).toMatchObject({ reopen: true, fds: [expect.any(Number), expect.any(Number)] })
    expect(opened).toBe(3)
    it.says(0, { back: true })
    it.says(1, { back: true })
    await eventually(() => it.said, ["interface eth9 is back"])
    expect(it.gone.map((x) => x.message)).toEqual(["interface eth9 has gone (receive: ENETDOWN)"])
    // And so again.
    it.says(1, lost)
    await eventually(() => it.gone.length, 2)
    for (const fd of [...first!.fds, ...second!.fds]) native.close(fd)
  })

  test("a server can't use its new queue: all let go again, and the next attempt serves", async () => {
    const it = kept(2, () => [queue(), queue()])
    for (const round of [1, 2]) {
      if (round === 1) it.says(0, lost)
      if (round === 1) it.says(0, { detached: true })
      expect(await it.hears(1)).toMatchObject({ detach: true })
      it.says(1, { detached: true })
      const words = [await it.hears(0), await it.hears(1)]
      expect(words).toMatchObject([{ reopen: true }, { reopen: true }])
      for (const fd of words.flatMap((x) => x!.fds)) native.close(fd)
      it.says(1, { back: true })
      it.says(0, round === 1 ? { failed: "mmap: ENOMEM" } : { back: true })
    }
    await eventually(
      () => it.said,
      ["interface eth9 cannot be used again yet: mmap: ENOMEM", "interface eth9 is back"],
    )
    expect(it.gone.length).toBe(1)
  })

  test("what forbids to open it again is said once, and tried on", async () => {
    let opened = 0
    const it = kept(1, () => {
      if (++opened < 4) throw new Error("interface eth9 may not be opened")
      return [queue()]
    })
    it.says(0, lost)
    it.says(0, { detached: true })
    const word = await it.hears(0, 4000)
    expect(word).toMatchObject({ reopen: true })
    for (const fd of word!.fds) native.close(fd)
    it.says(0, { back: true })
    await eventually(() => it.said, ["interface eth9 may not be opened", "interface eth9 is back"])
  })

  test("a server that dies meanwhile is not waited for", async () => {
    const it = kept(2, () => [queue(), queue()])
    it.says(0, lost)
    it.says(0, { detached: true })
    it.dies(1)
    const word = await it.hears(0)
    expect(word).toMatchObject({ reopen: true })
    for (const fd of word!.fds) native.close(fd)
    it.says(0, { back: true })
    await eventually(() => it.said, ["interface eth9 is back"])
  })

  test("an interface that can't be opened again is told to whom it concerns, once", async () => {
    const it = kept(2)
    it.says(0, lost)
    it.says(0, { detached: true })
    it.says(1, lost)
    await eventually(() => it.gone.length, 1)
    expect(await it.hears(1)).toMatchObject({ detach: true })
    expect(it.gone[0]).toMatchObject({ _tag: "InterfaceGone", device: "eth9", code: "ENETDOWN" })
  })

  test("what the counters of several servers say is said once, with the remedy", async () => {
    const it = kept(2)
    it.says(0, { noticed: ["rxCut", "rxVlan", "nonsense"] })
    it.says(1, { noticed: ["rxCut"] })
    await eventually(() => it.said.length, 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(it.said).toEqual([
      expect.stringMatching(/^interface eth9: TCP frames come merged.*ethtool -K eth9 gro off.*\(rxCut\)$/),
      expect.stringMatching(
        /^interface eth9: frames tagged for a VLAN.*ip link add link eth9 type vlan.*\(rxVlan\)$/,
      ),
    ])
  })
})
