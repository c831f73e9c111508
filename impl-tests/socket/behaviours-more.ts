/** Scripts about much data, about servers, and about Node's `http`. */
import { type Behaviour, happens, sleep, watch } from "./behaviours.ts"

const MB = 1024 * 1024
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? String(error)

const idle: Behaviour["client"] = async ({ connect, log }) => {
  const c = await connect()
  watch(c, log)
  await happens(c, "close")
}

export const moreBehaviours: ReadonlyArray<Behaviour> = [
  {
    name: "a large write: false, then 'drain'; bytesWritten counts what waits",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      // More than any kernel takes at once: its buffers on both ends of loopback may hold 10 MB.
      log(`write ${s.write(Buffer.alloc(32 * MB), () => log("first written"))}`)
      log(`write ${s.write(Buffer.alloc(MB), () => log("second written"))}`)
      log(`${s.bytesWritten} written, ${s.writableLength} wait, needs drain ${s.writableNeedDrain}`)
      await happens(s, "drain")
      log(`drain: ${s.bytesWritten} written, ${s.writableLength} wait`)
      s.end()
      await happens(s, "close")
      log(`${s.bytesWritten} written`)
    },
    client: idle,
  },
  {
    name: "small writes and a cork go out in order; strings in any encoding",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.cork()
      s.write("a")
      s.write("YmI=", "base64")
      s.write(Uint8Array.of(99, 99))
      log(`${s.bytesWritten}`)
      s.uncork()
      s.end("ff", "hex")
      await happens(s, "close")
      log(`${s.bytesWritten}`)
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      const heard: Array<Buffer> = []
      c.on("data", (x) => heard.push(x))
      watch(c, log, false)
      await happens(c, "close")
      log(Buffer.concat(heard).toString("hex"))
    },
  },
  {
    name: "destroySoon sends what was written first",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.write(Buffer.alloc(2 * MB))
      s.destroySoon()
      await happens(s, "close")
    },
    client: idle,
  },
  {
    name: "an echo by pipe",
    options: { allowHalfOpen: true },
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log, false)
      s.pipe(s)
      await happens(s, "close")
      log(`${s.bytesRead} in, ${s.bytesWritten} out`)
    },
    client: async ({ connect, log }) => {
      const c = await connect({ allowHalfOpen: true })
      let sum = 0
      c.on("data", (x) => {
        sum += x.length
      })
      c.end(Buffer.alloc(3 * MB))
      log(`close ${await happens(c, "close")}, ${sum} heard`)
    },
  },
  {
    name: "writing to a peer that has reset ends in an error",
    server: async ({ accept, log }) => {
      const s = await accept()
      const failed = happens(s, "error")
      const closed = happens(s, "close")
      const timer = setInterval(() => s.writable && s.write("x"), 5)
      const code = codeOf(await failed)
      clearInterval(timer)
      log(String(["EPIPE", "ECONNRESET"].includes(code)))
      log(`close ${await closed}`)
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log, false)
      await happens(c, "data")
      c.resetAndDestroy()
      await happens(c, "close")
    },
  },
  {
    name: "who is who",
    server: async ({ accept, log, server }) => {
      const bound = server.address() as { port: number }
      const s = await accept()
      watch(s, log)
      const address = s.address() as { address: string; port: number }
      log(`${typeof s.remoteAddress} ${s.remoteFamily} ${(s.remotePort ?? 0) > 1023}`)
      log(`${s.localFamily} ${s.localPort === bound.port} ${address.port === bound.port}`)
      log(`${s.localAddress === address.address} ${Object.keys(address).sort()}`)
      for (const x of [s.setNoDelay(true), s.setKeepAlive(true, 1000), s.unref(), s.ref()])
        log(String(x === s))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.end()
      await happens(c, "close")
    },
  },
  {
    name: "a server closes after its last connection",
    server: async ({ accept, log, server }) => {
      const s = await accept()
      watch(s, log)
      server.on("close", () => log("server close"))
      log(`${server.listening}`)
      server.close((error) => log(`closed ${codeOf(error)}`))
      log(`${server.listening} ${JSON.stringify(server.address())}`)
      server.getConnections((_, n) => log(`${n} connections`))
      await sleep(30)
      s.end("x")
      await happens(server, "close")
      await sleep(20)
      server.getConnections((_, n) => log(`${n} connections`))
      server.close((error) => log(`closed again ${codeOf(error)}`))
      await sleep(20)
    },
    client: idle,
  },
  {
    name: "a server listens once at a time, on real ports, at addresses that it has",
    server: async ({ log, server, accept }) => {
      const wrong = (call: () => void) => {
        try {
          call()
          log("taken")
        } catch (error) {
          log(`${(error as Error).name} ${codeOf(error)}`)
        }
      }
      const { port } = server.address() as { port: number }
      wrong(() => server.listen(port))
      const s = await accept()
      watch(s, log)
      await happens(s, "close")
      await new Promise((resolve) => server.close(resolve))
      for (const x of [65536, -1, 1.5]) wrong(() => server.listen(x))
      server.listen({ port, host: "203.0.113.7" })
      const error = (await happens(server, "error")) as NodeJS.ErrnoException & {
        address: string
        port: number
      }
      log([error.code, error.syscall, error.errno, error.address, error.port === port].join(" "))
      server.listen({ port }, () => log("listens again"))
      await happens(server, "listening")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.end()
      await happens(c, "close")
    },
  },
  {
    name: "connections beyond maxConnections are dropped",
    server: async ({ accept, log, server }) => {
      server.maxConnections = 1
      const s = await accept()
      watch(s, log)
      const dropped = (await happens(server, "drop")) as Record<string, unknown>
      log(Object.keys(dropped).sort().join(" "))
      log(`${dropped.remoteFamily} ${typeof dropped.remotePort} ${typeof dropped.localAddress}`)
      await happens(s, "close")
      const next = await accept()
      watch(next, log)
      await happens(next, "close")
    },
    client: async ({ connect, log }) => {
      const first = await connect()
      watch(first, log)
      await sleep(50)
      const second = await connect()
      await happens(second, "close")
      log("the second is closed")
      first.end()
      await happens(first, "close")
      await sleep(50)
      const third = await connect()
      watch(third, log)
      third.end()
      await happens(third, "close")
    },
  },
  {
    name: "many at once, each its own",
    server: async ({ accept, log }) => {
      let served = 0
      for (let k = 0; k < 20; k++) {
        const s = await accept()
        s.once("data", (x) => s.end(x))
        s.on("close", () => {
          served++
        })
      }
      while (served < 20) await sleep(5)
      log(`served ${served}`)
    },
    client: async ({ connect, log }) => {
      const heard = await Promise.all(
        Array.from({ length: 20 }, async (_, k) => {
          const c = await connect()
          c.write(`number ${k}`)
          return String(await happens(c, "data"))
        }),
      )
      log(heard.join(" "))
    },
  },
]
