/**
 * Scripts of a server and its client, to be played on `node:net` and on our sockets: what happens must be the same. A script
 * awaits what it needs, so that its log has one order.
 */
import type { Server, Socket } from "node:net"

export interface ServerSide {
  readonly server: Server
  /** Resolves with the next connection. */
  accept(): Promise<Socket>
  log(line: string): void
}

export interface ClientSide {
  connect(options?: { readonly allowHalfOpen?: boolean }): Promise<Socket>
  log(line: string): void
}

export interface Behaviour {
  readonly name: string
  readonly options?: { readonly allowHalfOpen?: boolean; readonly pauseOnConnect?: boolean }
  server(side: ServerSide): Promise<void>
  client(side: ClientSide): Promise<void>
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const happens = (x: NodeJS.EventEmitter, event: string): Promise<unknown> =>
  new Promise((resolve) => x.once(event, resolve))

const codeOf = (error: unknown): string => {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return [code, syscall].filter((x) => x !== undefined).join(" ") || String(error)
}

/** Logs a socket's events; data as one entry for all that came in a row. */
export const watch = (socket: Socket, log: (line: string) => void, data = true): { flush(): void } => {
  let bytes = 0
  const flush = () => {
    if (bytes > 0) log(`data ${bytes}`)
    bytes = 0
  }
  const say = (line: string) => {
    flush()
    log(line)
  }
  if (data) {
    socket.on("data", (x) => {
      bytes += x.length
    })
  }
  socket.on("end", () => say("end"))
  socket.on("finish", () => say("finish"))
  socket.on("timeout", () => say("timeout"))
  socket.on("error", (error) => say(`error ${codeOf(error)}`))
  socket.on("close", (hadError) => say(`close ${hadError}`))
  return { flush }
}

const KB = 1024

/** The states that a socket shows. */
const states = (s: Socket): string =>
  [
    s.readyState,
    `pending ${s.pending}`,
    `connecting ${s.connecting}`,
    `destroyed ${s.destroyed}`,
    `readable ${s.readable}`,
    `writable ${s.writable}`,
  ].join(", ")

export const behaviours: ReadonlyArray<Behaviour> = [
  {
    name: "an answer to a request, then the end",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.once("data", (x) => s.end(`you said ${x}`))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.write("hello")
      await happens(c, "close")
    },
  },
  {
    name: "a client that finishes first, not half-open",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      await happens(s, "close")
      log(states(s))
    },
    client: async ({ connect, log }) => {
      const c = await connect({ allowHalfOpen: true })
      watch(c, log)
      c.end("all")
      await happens(c, "close")
    },
  },
  {
    name: "a client that finishes first, half-open: it is still answered",
    options: { allowHalfOpen: true },
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      await happens(s, "end")
      log(states(s))
      await sleep(30)
      s.write("late")
      s.end()
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect({ allowHalfOpen: true })
      watch(c, log)
      c.end("question")
      await happens(c, "close")
    },
  },
  {
    name: "a server that finishes first goes on hearing",
    options: { allowHalfOpen: true },
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.end("bye", () => log("end's callback"))
      await happens(s, "finish")
      log(states(s))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect({ allowHalfOpen: true })
      watch(c, log)
      await happens(c, "end")
      for (let k = 0; k < 5; k++) {
        c.write(Buffer.alloc(KB))
        await sleep(5)
      }
      c.end()
      await happens(c, "close")
    },
  },
  {
    name: "destroyed, the peer sees an end",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      await happens(s, "data")
      s.write("last words")
      log(String(s.destroy() === s))
      log(states(s))
      await happens(s, "close")
      log(JSON.stringify(s.address()))
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.write("x")
      await happens(c, "close")
    },
  },
  {
    name: "destroyed with an error",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      await happens(s, "data")
      s.destroy(Object.assign(new Error("mine"), { code: "EMINE" }))
      await happens(s, "close")
      s.destroy()
      await sleep(20)
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.write("x")
      await happens(c, "close")
    },
  },
  {
    name: "destroyed with data unread, the peer is reset",
    options: { pauseOnConnect: true },
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log, false)
      await sleep(50)
      s.destroy()
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.write(Buffer.alloc(100))
      await happens(c, "close")
    },
  },
  {
    name: "reset by the server",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      await happens(s, "data")
      log(String(s.resetAndDestroy() === s))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.write("x")
      await happens(c, "close")
    },
  },
  {
    name: "reset by the client",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.write("x")
      await happens(s, "close")
      log(states(s))
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      await happens(c, "data")
      c.resetAndDestroy()
      await happens(c, "close")
    },
  },
  {
    name: "paused, and resumed after the peer has finished",
    server: async ({ accept, log }) => {
      const s = await accept()
      const { flush } = watch(s, log)
      s.pause()
      log(`paused ${s.isPaused()}`)
      await sleep(60)
      flush()
      log("resume")
      s.resume()
      await happens(s, "close")
      log(`read ${s.bytesRead}`)
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.end(Buffer.alloc(100 * KB))
      await happens(c, "close")
      log(`written ${c.bytesWritten}`)
    },
  },
  {
    name: "paused on connect, nothing is read",
    options: { pauseOnConnect: true },
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.pause()
      await sleep(50)
      log(`read ${s.bytesRead}, buffered ${s.readableLength}`)
      s.resume()
      await happens(s, "close")
      log(`read ${s.bytesRead}`)
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      c.end(Buffer.alloc(KB))
      await happens(c, "close")
    },
  },
  {
    name: "read by 'readable' and read()",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log, false)
      let sum = 0
      s.on("readable", () => {
        for (let x = s.read(100); x !== null; x = s.read(100)) sum += x.length
        const rest = s.read()
        if (rest !== null) sum += rest.length
      })
      await happens(s, "end")
      log(`sum ${sum}`)
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      for (let k = 0; k < 3; k++) {
        c.write(Buffer.alloc(250))
        await sleep(5)
      }
      c.end()
      await happens(c, "close")
    },
  },
  {
    name: "read by async iteration, in an encoding",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log, false)
      s.setEncoding("utf8")
      let text = ""
      for await (const x of s) text += x
      log(text)
      await (s.closed ? undefined : happens(s, "close"))
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      const bytes = Buffer.from("grüße")
      c.write(bytes.subarray(0, 3))
      await sleep(20)
      c.end(bytes.subarray(3))
      await happens(c, "close")
    },
  },
  {
    name: "a peer that finishes unheard: 'end' comes without a reader",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log, false)
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
    name: "a timeout without traffic, once",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      log(String(s.setTimeout(60, () => log("timeout's callback")) === s))
      log(String(s.timeout))
      await happens(s, "timeout")
      await sleep(150)
      s.setTimeout(0)
      log(String(s.timeout))
      s.end()
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      await happens(c, "close")
    },
  },
  {
    name: "traffic either way puts a timeout off",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.setTimeout(150)
      for (let k = 0; k < 4; k++) {
        await sleep(75)
        s.write("x")
      }
      await happens(s, "timeout")
      s.setTimeout(0, () => {})
      s.end()
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      const { flush } = watch(c, log)
      for (let k = 0; k < 8; k++) {
        await sleep(75)
        if (k >= 4) c.write("y")
      }
      flush()
      await happens(c, "close")
    },
  },
  {
    name: "wrong timeouts are refused",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      for (const x of ["1", -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        try {
          s.setTimeout(x as number)
          log("taken")
        } catch (error) {
          log(`${(error as Error).name} ${codeOf(error)}`)
        }
      }
      s.end()
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      await happens(c, "close")
    },
  },
  {
    name: "a write after the end is an error",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.end("x")
      s.write("y", (error) => log(`callback ${codeOf(error)}`))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      await happens(c, "close")
    },
  },
  {
    name: "a write after the socket is destroyed is an error of the callback",
    server: async ({ accept, log }) => {
      const s = await accept()
      watch(s, log)
      s.destroy()
      log(String(s.write("y", (error) => log(`callback ${codeOf(error)}`))))
      await happens(s, "close")
    },
    client: async ({ connect, log }) => {
      const c = await connect()
      watch(c, log)
      await happens(c, "close")
    },
  },
]
