import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { CONTROL_VERSION, parseHello, parseWelcome } from "../../src/codec/control.ts"
import { addon } from "../../src/native/addon.ts"
import * as native from "../../src/native/native.ts"
import { checkPath, claimPath } from "../../src/runtime/control-path.ts"
import { type Client, ControlSocket } from "../../src/runtime/control-socket.ts"

const hello = { pika: CONTROL_VERSION, listen: 80, pid: process.pid }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (what: () => boolean): Promise<void> => {
  for (let k = 0; k < 400; k++) {
    if (what()) return
    await sleep(5)
  }
  expect.unreachable("it never came")
}
const openDescriptors = (): number => readdirSync("/proc/self/fd").length

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-control-"))
  path = join(folder, "s")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe("the path of a control socket", () => {
  test("that a stack listens at is not taken from it", () => {
    const live = claimPath(path)
    const busy = expect.objectContaining({ _tag: "ControlSocketError", code: "EADDRINUSE", path })
    expect(() => claimPath(path)).toThrow(busy)
    expect(() => checkPath(path)).toThrow(/belongs to a stack that runs/)
    // It still answers, and nothing else lies beside it.
    const client = native.unixConnect(path)
    expect(native.unixAccept(live)).toBeGreaterThan(0)
    expect(readdirSync(folder)).toEqual(["s"])
    native.close(client)
    native.close(live)
  })

  test("that a killed stack has left is replaced", () => {
    native.close(claimPath(path))
    expect(() => native.unixConnect(path)).toThrow(/refused/i)
    checkPath(path)
    const live = claimPath(path)
    native.close(native.unixConnect(path))
    expect(readdirSync(folder)).toEqual(["s"])
    native.close(live)
  })

  test("that is something else's is left alone", () => {
    writeFileSync(path, "mine")
    expect(() => claimPath(path)).toThrow(expect.objectContaining({ code: "ENOTSOCK" }))
    expect(() => claimPath(join(folder, "no", "such"))).toThrow(expect.objectContaining({ code: "ENOENT" }))
    expect(() => claimPath(`/tmp/${"x".repeat(200)}`)).toThrow(
      expect.objectContaining({ code: "ENAMETOOLONG", remedy: expect.stringContaining("--socket") }),
    )
    expect(readdirSync(folder)).toEqual(["s"])
  })

  test("whose queue of connections is full is live", () => {
    const live = claimPath(path)
    const clients: Array<number> = []
    try {
      for (let k = 0; k < 1000; k++) clients.push(native.unixConnect(path))
      expect.unreachable("the queue never filled")
    } catch (error) {
      expect(error).toMatchObject({ code: "EAGAIN" })
    }
    expect(() => claimPath(path)).toThrow(expect.objectContaining({ code: "EADDRINUSE" }))
    for (const fd of [live, ...clients]) native.close(fd)
  })
})

describe("a control socket", () => {
  let socket: ControlSocket
  let welcomed: Array<Client>
  let refuse = false
  beforeEach(() => {
    welcomed = []
    refuse = false
    socket = new ControlSocket(path, (client) => {
      if (refuse) return { error: "full", code: "EAGAIN" }
      welcomed.push(client)
      return undefined
    })
    socket.open()
  })
  afterEach(() => socket.close())

  /** It still welcomes who says the right word. */
  const stillServes = async () => {
    const before = socket.counters.welcomed
    const fd = native.unixConnect(path)
    native.sendJson(fd, hello)
    await until(() => socket.counters.welcomed === before + 1)
    native.close(fd)
  }
  const answerTo = async (send: (fd: number) => void): Promise<unknown> => {
    const fd = native.unixConnect(path)
    send(fd)
    let answer: unknown = null
    await until(() => {
      answer = native.receiveJson(fd)
      return answer !== null
    })
    native.close(fd)
    return (answer as native.Received | undefined)?.value
  }

  test("welcomes the right word, sends to the client, and says when it has gone", async () => {
    const fd = native.unixConnect(path)
    native.sendJson(fd, hello)
    await until(() => welcomed.length === 1)
    let gone = 0
    welcomed[0]!.gone = () => {
      gone++
    }
    expect(welcomed[0]!.send({ welcome: true })).toBe(true)
    expect(native.receiveJson(fd)).toMatchObject({ value: { welcome: true } })
    native.close(fd)
    await until(() => gone === 1)
    expect(welcomed[0]!.send({ more: true })).toBe(false)
    expect(gone).toBe(1)
  })

  test.each([
    ["no JSON", (fd: number) => addon.sendMessage(fd, randomBytes(100), new Int32Array())],
    ["half a message", (fd: number) => addon.sendMessage(fd, Buffer.from('{"pika":1,"li'), new Int32Array())],
    ["a number", (fd: number) => native.sendJson(fd, 7)],
    ["null", (fd: number) => native.sendJson(fd, null)],
    ["a list", (fd: number) => native.sendJson(fd, [hello])],
    ["a port that is none", (fd: number) => native.sendJson(fd, { ...hello, listen: 65536 })],
    ["a port as text", (fd: number) => native.sendJson(fd, { ...hello, listen: "80" })],
    ["no process", (fd: number) => native.sendJson(fd, { ...hello, pid: -1 })],
    [
      "deep nesting",
      (fd: number) =>
        addon.sendMessage(fd, Buffer.from("[".repeat(30_000) + "]".repeat(30_000)), new Int32Array()),
    ],
    [
      "more than a message may hold",
      (fd: number) => addon.sendMessage(fd, Buffer.alloc(100_000, 32), new Int32Array()),
    ],
  ])("answers %s with a refusal, and goes on", async (_, send) => {
    expect(await answerTo(send)).toMatchObject({ code: "EINVAL", error: expect.any(String) })
    expect(socket.counters.malformed).toBe(1)
    await stillServes()
  })

  test("tells an application of another version apart", async () => {
    for (const pika of [0, 2, undefined]) {
      expect(await answerTo((fd) => native.sendJson(fd, { ...hello, pika }))).toMatchObject({
        code: "EPROTO",
      })
    }
  })

  test("says why it refuses, and ends the connection", async () => {
    refuse = true
    expect(await answerTo((fd) => native.sendJson(fd, hello))).toEqual({ error: "full", code: "EAGAIN" })
    refuse = false
    await stillServes()
  })

  test("closes descriptors that nobody asked for", async () => {
    const before = openDescriptors()
    for (let k = 0; k < 20; k++) {
      const shared = native.memfd("pika-test", 4096)
      const fd = native.unixConnect(path)
      native.sendJson(fd, k % 2 === 0 ? { hello: 1 } : hello, [shared, shared, shared])
      native.close(shared)
      await until(() => socket.counters.accepted === k + 1)
      await sleep(2)
      native.close(fd)
    }
    await until(() => openDescriptors() === before)
  })

  test("a client that says more than its word is let go", async () => {
    const fd = native.unixConnect(path)
    native.sendJson(fd, hello)
    await until(() => welcomed.length === 1)
    let gone = 0
    welcomed[0]!.gone = () => {
      gone++
    }
    for (let k = 0; k < 5; k++) native.sendJson(fd, { more: k })
    await until(() => gone === 1)
    await until(() => native.receiveJson(fd) === undefined)
    native.close(fd)
    await stillServes()
  })

  test("a client that never reads is let go when its queue is full", async () => {
    const fd = native.unixConnect(path)
    native.sendJson(fd, hello)
    await until(() => welcomed.length === 1)
    let gone = 0
    welcomed[0]!.gone = () => {
      gone++
    }
    let sent = 0
    while (welcomed[0]!.send({ padding: "x".repeat(10_000) })) {
      expect(++sent).toBeLessThan(10_000)
    }
    expect(gone).toBe(1)
    native.close(fd)
    await stillServes()
  })

  test("many that say nothing do not keep others out, and hold a bounded number of descriptors", async () => {
    const before = openDescriptors()
    const silent: Array<number> = []
    for (let k = 0; k < 300; k++) {
      silent.push(native.unixConnect(path))
      if (k % 16 === 15) await until(() => socket.counters.accepted === k + 1)
    }
    await until(() => socket.counters.accepted === 300)
    expect(socket.counters.silent).toBe(300 - 64)
    expect(openDescriptors() - before - silent.length).toBeLessThanOrEqual(64)
    await stillServes()
    for (const fd of silent) native.close(fd)
    await until(() => openDescriptors() === before)
  })

  test("connecting and vanishing at once leaves nothing", async () => {
    const before = openDescriptors()
    for (let k = 0; k < 200; k++) {
      const fd = native.unixConnect(path)
      if (k % 3 === 0) native.sendJson(fd, hello)
      native.close(fd)
      if (k % 16 === 15) await sleep(1)
    }
    await until(() => socket.counters.accepted === 200)
    await until(() => openDescriptors() === before)
    await stillServes()
  })

  test("anything at all ends no more than its connection", async () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 500 }),
      fc.json().map((x) => Buffer.from(x)),
      fc
        .record({ pika: fc.constantFrom(1, 2, "1"), listen: fc.anything(), pid: fc.anything() })
        .map((x) => Buffer.from(text(x))),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 4 }), fc.boolean(), async (messages, vanish) => {
        const before = socket.counters.accepted
        const fd = native.unixConnect(path)
        for (const x of messages) {
          try {
            addon.sendMessage(fd, Uint8Array.from(x), new Int32Array())
          } catch {
            // It has been let go already.
          }
        }
        if (vanish) native.close(fd)
        await until(() => socket.counters.accepted === before + 1)
        if (!vanish) native.close(fd)
      }),
      { numRuns: 100 },
    )
    await stillServes()
  })

  test("gives its path free at the end, and not one that is another's by now", () => {
    socket.close()
    expect(readdirSync(folder)).toEqual([])
    const mine = new ControlSocket(path, () => undefined)
    rmSync(path)
    const other = claimPath(path)
    mine.close()
    expect(readdirSync(folder)).toEqual(["s"])
    native.close(other)
    socket = new ControlSocket(path, () => undefined)
  })
})

const text = (x: unknown): string => {
  try {
    return JSON.stringify(x) ?? ""
  } catch {
    return "{}"
  }
}

describe("words of the control socket", () => {
  test("are never believed: parsing answers for anything", () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer(), (x, n) => {
        parseHello(x)
        parseWelcome(x, n)
      }),
    )
    expect(parseHello(hello)).toEqual(hello)
  })

  test("a welcome without its descriptors is none", () => {
    expect(parseWelcome({ welcome: true, servers: 2 }, 4)).toMatchObject({ code: "EPROTO" })
    expect(parseWelcome({ welcome: true, servers: 2 }, 5)).toMatchObject({ welcome: true })
    expect(parseWelcome({ error: "full", code: "EAGAIN" }, 0)).toEqual({ error: "full", code: "EAGAIN" })
  })
})
