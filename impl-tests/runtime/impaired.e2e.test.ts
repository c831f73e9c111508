import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { writeBulk } from "./bulk.ts"
import { hasNetem, type ImpairedHost, makeImpairedHost } from "./impaired.ts"
import { privileged, type Running, startKernelTest } from "./kernel.ts"

const BULK = 64 << 20
/** Loss-limited TCP carries about 1 MB/s here: 1.22 segments each round trip of 10 ms over √0.02. */
const SECONDS = 240
const seed = Number(process.env.PIKA_SEED ?? Math.trunc(Math.random() * 2 ** 31))

/** A kernel without netem (CONFIG_NET_SCH_NETEM) leaves the relay alone: the same impairments, from a seed. */
const paths = [
  ["relay", privileged],
  ["netem", privileged && hasNetem()],
] as const

describe.each(paths)("over a bad path made by %s", (by, can) => {
  describe.skipIf(!can)("against the kernel's TCP", () => {
    let it: Running<ImpairedHost>
    beforeAll(async () => {
      it = await startKernelTest("TS2LS2CM2", 1, (queues) => makeImpairedHost(queues, by, seed))
    }, 30_000)
    afterAll(async () => {
      await it?.stop()
    }, 30_000)

    test(
      `64 MiB each way on one connection arrive whole (PIKA_SEED=${seed})`,
      async () => {
        const file = join(it.folder, "bulk")
        const sent = writeBulk(file, BULK)
        const post = `curl -sS --max-time ${SECONDS} -X POST -H 'Expect:' --data-binary @${file} http://${it.host.address}/echo`
        const { text } = await it.run(["sh", "-c", `${post} | sha256sum`], SECONDS + 20)
        expect(text.split(" ")[0]).toBe(sent)
        // The path was as bad as it says.
        const counters = await it.host.counters()
        for (const x of Object.values(counters ?? {})) {
          const { frames = 0, lost = 0, duplicated = 0, overtaken = 0 } = x
          expect(frames).toBeGreaterThan(BULK / 1500)
          expect(lost / frames).toBeGreaterThan(0.015)
          expect(duplicated / frames).toBeGreaterThan(0.007)
          expect(overtaken / frames).toBeGreaterThan(0.1)
        }
        const tcp = (await it.stack.counters()).map((x) => x.tcp as Record<string, number>)
        const sum = (name: string) => tcp.reduce((total, x) => total + x[name]!, 0)
        expect(sum("bytesIn")).toBeGreaterThanOrEqual(BULK)
        expect(sum("retransmits")).toBeGreaterThan(0)
        expect(sum("outOfOrder")).toBeGreaterThan(0)
        expect(sum("duplicateData")).toBeGreaterThan(0)
      },
      (SECONDS + 40) * 1000,
    )
  })
})
