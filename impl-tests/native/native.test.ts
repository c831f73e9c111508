import { constants, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import * as native from "../../src/native/native.ts"

describe("shared memory", () => {
  test("two mappings of one memfd are the same bytes", () => {
    const fd = native.memfd("pika-test", 4096)
    const one = native.mapRegion(fd, 4096)
    const two = native.mapRegion(fd, 4096)
    one.words[7] = 42
    expect(two.words[7]).toBe(42)
    native.close(fd)
    // The mappings outlive the descriptor.
    two.words[8] = 43
    expect(one.words[8]).toBe(43)
  })

  test("what cannot be mapped is an error with errno and what was attempted", () => {
    const fd = native.memfd("pika-test", 4096)
    expect(() => native.map(fd, 8192)).toThrow(native.NativeError)
    native.close(fd)
    try {
      native.close(fd)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ name: "NativeError", code: "EBADF", call: "close" })
    }
  })
})

describe("doorbells", () => {
  test("ring, wait and drain", () => {
    const { hear, ring } = native.makeBell()
    const fds = Int32Array.of(hear)
    expect(native.waitFds(fds, 1, 0)).toBe(0)
    native.signal(ring)
    native.signal(ring)
    expect(native.waitFds(fds, 1, 1000)).toBe(1)
    expect(native.drain(hear)).toBe(2)
    expect(native.drain(hear)).toBe(0)
    native.close(hear)
    native.close(ring)
  })

  test("ring for ever without waiting, heard or not, and when nobody is left to hear", () => {
    const { hear, ring } = native.makeBell()
    for (let k = 0; k < 100_000; k++) native.signal(ring)
    expect(native.waitFds(Int32Array.of(hear), 1, 0)).toBe(1)
    native.close(hear)
    native.signal(ring)
    native.close(ring)
  })

  test("one more ring is a file of its own: who has it can neither hear nor block the others", () => {
    const { hear, ring } = native.makeBell()
    const other = native.anotherRing(ring)
    expect(() => native.drain(other)).toThrow(expect.objectContaining({ code: "EBADF" }))
    const flags = (fd: number) =>
      readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").match(/flags:\s+0(\d+)/)?.[1]
    expect(Number.parseInt(flags(other)!, 8) & constants.O_NONBLOCK).toBe(constants.O_NONBLOCK)
    native.signal(other)
    expect(native.drain(hear)).toBe(1)
    native.close(other)
    native.signal(ring)
    expect(native.drain(hear)).toBe(1)
    native.close(hear)
    native.close(ring)
  })

  test("a watch calls back in the event loop until it is stopped", async () => {
    const { hear, ring } = native.makeBell()
    const rung = await new Promise<number>((resolve) => {
      const watch = native.watch(hear, () => {
        watch.stop()
        resolve(native.drain(hear))
      })
      native.signal(ring)
    })
    expect(rung).toBe(1)
    native.close(hear)
    native.close(ring)
  })
})

describe("control socket", () => {
  test("messages keep their bounds and carry descriptors; the end is seen", () => {
    const path = join(tmpdir(), `pika-test-${process.pid}.sock`)
    rmSync(path, { force: true })
    const listener = native.unixListen(path)
    try {
      expect(() => native.unixListen(path)).toThrow(/in use/)
      expect(native.unixAccept(listener)).toBe(-1)
      const client = native.unixConnect(path)
      const server = native.unixAccept(listener)
      expect(native.receiveJson(server)).toBeNull()
      const shared = native.memfd("pika-test", 4096)
      native.sendJson(client, { hello: 1 }, [shared])
      native.sendJson(client, { hello: 2 })
      const first = native.receiveJson(server)
      expect(first).toMatchObject({ value: { hello: 1 }, fds: [expect.any(Number)] })
      const received = native.mapRegion(first!.fds[0]!, 4096)
      native.mapRegion(shared, 4096).words[3] = 5
      expect(received.words[3]).toBe(5)
      expect(native.receiveJson(server)).toMatchObject({ value: { hello: 2 }, fds: [] })
      native.close(client)
      expect(native.receiveJson(server)).toBeUndefined()
      for (const fd of [server, shared, first!.fds[0]!]) native.close(fd)
    } finally {
      native.close(listener)
      rmSync(path, { force: true })
    }
  })
})
