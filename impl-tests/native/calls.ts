/** Calls everything that the addon exports, rightly and wrongly: under the sanitizers, what counts is that nothing is amiss. */
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as native from "../../src/native/native.ts"

const addon = createRequire(import.meta.url)(native.builtPath("pika-sanitized.node")) as Record<
  string,
  (...args: ReadonlyArray<unknown>) => unknown
>

const wrong = [
  [],
  ["x"],
  [-1],
  [-1, -1],
  [1e300, Number.NaN],
  ["x".repeat(5000), 1],
  ["", -5, 0],
  [{}, {}, {}],
  [null, undefined, () => {}],
  [-1, new Uint8Array(3), new Int32Array(65)],
  [new Int32Array(3), 4, 0],
  [new Int32Array([-1]), 65, 0],
  [new Float64Array(2), 1, 0],
]
const harmless = new Set(["monotonicUs", "cycles", "makeBell", "socketPair", "layout"])
for (const [name, call] of Object.entries(addon)) {
  if (harmless.has(name)) continue
  for (const args of wrong) {
    try {
      call(...args)
    } catch (error) {
      assert(error instanceof Error, `${name} threw ${String(error)}`)
    }
  }
}

for (let k = 0; k < 200; k++) {
  const fd = native.memfd(`test-${k}`, 8192)
  const region = native.mapRegion(fd, 8192)
  region.words[2047] = k
  native.close(fd)
}

const path = join(tmpdir(), `pika-calls-${process.pid}`)
const listener = native.unixListen(path)
const client = native.unixConnect(path)
const server = native.unixAccept(listener)
const bells = Array.from({ length: 64 }, () => native.makeBell())
const hears = bells.map((x) => x.hear)
native.sendJson(
  client,
  { text: "x".repeat(60_000) },
  bells.map((x) => x.ring),
)
const received = native.receiveJson(server)
assert.equal(received?.fds.length, 64)
native.signal(received.fds[63]!)
assert.equal(native.waitFds(Int32Array.from(hears), 64, 1000), 1)
for (const fd of [...hears, ...bells.map((x) => x.ring), ...received.fds, client, server, listener])
  native.close(fd)

// Watches come and go, also within their own callback, and one that is never stopped.
for (let k = 0; k < 50; k++) {
  const { hear, ring } = native.makeBell()
  native.signal(ring)
  await new Promise<void>((resolve) => {
    const watch = native.watch(hear, () => {
      native.drain(hear)
      watch.stop()
      watch.stop()
      resolve()
    })
  })
  native.close(hear)
  native.close(ring)
}
native.watch(native.makeBell().hear, () => {}).ref(false)

// Memory that is let go at once, and what still looks at it.
for (let k = 0; k < 50; k++) {
  const fd = native.memfd("gone", 1 << 20)
  const region = native.mapRegion(fd, 1 << 20)
  region.words.fill(k)
  native.close(fd)
  native.unmapRegion(region)
  assert.equal(region.words.length, 0)
  assert.equal(region.words[7], undefined)
}
// Stopped ones are stopped and weighed again, long after the loop has closed them.
const stopped = Array.from({ length: 50 }, () => native.watch(native.makeBell().hear, () => {}))
for (const watch of stopped) watch.stop()
await new Promise((resolve) => setTimeout(resolve, 20))
for (const watch of stopped) {
  watch.stop()
  watch.ref(true)
}
const { unlinkSync } = await import("node:fs")
unlinkSync(path)
