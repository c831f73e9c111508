/**
 * An application that keeps no protocol, as a process: `SOCKET PORT MODE SEED`. It attaches as any other does and then does
 * its worst in the memory that it shares with the servers, until it is killed. Says `attached` once.
 */
import { CONTROL_VERSION, type WelcomeMessage } from "../../src/codec/control.ts"
import { DataType } from "../../src/codec/data-message.ts"
import { encodeMessage } from "../../src/codec/message.ts"
import type { Message } from "../../src/core/message.ts"
import { appLinkBytes, appLinkOffsets } from "../../src/memory/app-link.ts"
import { QueueReader, QueueWriter } from "../../src/memory/queue.ts"
import * as native from "../../src/native/native.ts"

export const MODES = ["garbage", "scribble", "indices", "forger", "hoarder", "flood", "bells"] as const
type Mode = (typeof MODES)[number]

const attachTo = async (socket: string, port: number) => {
  const control = native.unixConnect(socket)
  native.sendJson(control, { pika: CONTROL_VERSION, listen: port, pid: process.pid })
  const message = await new Promise<native.Received>((resolve) => {
    const watch = native.watch(control, () => {
      const x = native.receiveJson(control)
      if (x === null) return
      watch.stop()
      if (x === undefined) process.exit(3)
      resolve(x)
    })
  })
  const welcome = message.value as WelcomeMessage
  const [memory, , hear, ...bells] = message.fds as [number, number, number, ...Array<number>]
  const stride = appLinkBytes(welcome.link)
  const region = native.mapRegion(memory, stride * welcome.servers)
  return { welcome, region, stride, hear, bells }
}

const play = async (socket: string, port: number, mode: Mode, seed: number): Promise<void> => {
  let state = seed >>> 0
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.trunc((state / 2 ** 32) * below)
  }
  const word = (): number => (random(65536) << 16) | random(65536)
  const { welcome, region, stride, hear, bells } = await attachTo(socket, port)
  const { a, topology, link } = welcome
  const offsets = appLinkOffsets(link)
  const ends = Array.from({ length: welcome.servers }, (_, k) => ({
    reader: new QueueReader(region, k * stride + offsets.toApplication, link.queueCapacity),
    writer: new QueueWriter(region, k * stride + offsets.toServer, link.queueCapacity),
  }))
  const connections = topology.managers * topology.transports * topology.connections
  const ring = () => {
    for (const bell of bells) native.signal(bell)
  }
  /** Sends a message that `fill` writes, as far as there is room. */
  const send = (server: number, fill: (words: Int32Array, i: number) => void): boolean => {
    const { writer } = ends[server]!
    const i = writer.reserve()
    if (i < 0) return false
    fill(writer.words, i)
    writer.submit()
    if (writer.flush()) native.signal(bells[server]!)
    return true
  }
  const say = (server: number, message: Message) =>
    send(server, (words, i) => encodeMessage(words, i, message, port))
  const all = (what: (server: number) => void) => {
    for (let k = 0; k < welcome.servers; k++) what(k)
  }
  let g = welcome.g
  const register = () => {
    g++
    all((k) => say(k, { _tag: "AcceptConnection", a, g }))
  }
  /** Takes what is announced; claims it or not. */
  const take = () =>
    all((k) => {
      const { reader } = ends[k]!
      for (let n = 0; n < reader.capacity && reader.peek() >= 0; n++) reader.release()
    })
  const anywhere = () => [-1, link.slots, 2 ** 31 - 1, -(2 ** 31), random(link.slots), word()][random(6)]!
  const turns: Record<Mode, () => void> = {
    garbage: () =>
      all((k) => {
        for (let n = 0; n < 256; n++)
          send(k, (words, i) => {
            for (let w = 0; w < 15; w++) words[i + w] = random(3) === 0 ? random(64) : word()
          })
      }),
    scribble: () => {
      register()
      // Counts, stamps, flags, magic: all that lies before the stream rings, and some of those.
      all((k) => {
        const end = offsets.rxRingOffset(0) + 65536
        for (let n = 0; n < 2000; n++) region.bytes[k * stride + random(end)] = random(256)
      })
      ring()
    },
    indices: () =>
      all((k) => {
        for (let n = 0; n < 128; n++)
          send(k, (words, i) => {
            words[i] = [DataType.Update, DataType.Status, DataType.Ended, DataType.Call, DataType.Answer][
              random(5)
            ]!
            words[i + 1] = anywhere()
            words[i + 2] = random(2) === 0 ? random(connections) : anywhere()
            words[i + 3] = random(1000)
            words[i + 4] = anywhere()
            words[i + 5] = anywhere()
            words[i + 6] = word()
          })
      }),
    forger: () =>
      all((k) => {
        for (let n = 0; n < 128; n++) {
          const other = random(topology.applications)
          const c = random(connections)
          const some: ReadonlyArray<Message> = [
            { _tag: "ClaimConnection", a: other, c, n: random(200), g: random(50) },
            { _tag: "AcceptConnection", a: other, g: word() },
            { _tag: "Detach", a: other },
            { _tag: "ConnectionClosed", c },
            { _tag: "ResetConnection", c },
            { _tag: "Assign", c, a, g, fresh: random(2) === 0 },
            { _tag: "ServiceTime", a: other, time: word() },
          ]
          say(k, some[random(some.length)]!)
        }
      }),
    // Has connections offered to it, and lets each wait for the claim timeout.
    hoarder: () => {
      take()
      register()
    },
    flood: () => {
      all((k) => {
        for (let n = 0; n < link.queueCapacity; n++) {
          g++
          say(k, random(8) === 0 ? { _tag: "Detach", a } : { _tag: "AcceptConnection", a, g })
        }
      })
    },
    bells: () => {
      for (let n = 0; n < 2000; n++) ring()
    },
  }
  process.send?.("attached")
  void hear
  const turn = () => {
    const until = performance.now() + 5
    while (performance.now() < until) turns[mode]()
    setTimeout(turn, mode === "hoarder" ? 5 : 1)
  }
  turn()
}

const [socket, port, mode, seed] = process.argv.slice(2)
if (seed !== undefined) {
  process.on("disconnect", () => process.exit(0))
  await play(socket!, Number(port), mode as Mode, Number(seed))
}
