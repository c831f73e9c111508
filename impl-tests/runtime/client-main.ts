/**
 * A client on the Linux host, as a process: `ADDRESS`. Its parent tells it what to do and hears what came of it:
 * `{short: N, at: C}` makes N connections of one request each, C at a time; `{hold: N}` opens N that stay and asks each, `{dial: N}` only opens them; `"again"` asks one
 * more request on each of those; `"drop"` closes them.
 */
import { connect, type Socket } from "node:net"

const [address = ""] = process.argv.slice(2)
const PATIENCE = 20_000

export interface Short {
  /** Requests that were answered, by process. */
  readonly by: Readonly<Record<string, number>>
  /** Those that were not, by error. */
  readonly failed: Readonly<Record<string, number>>
}

/** Of each held connection: the process that answered, or the error. */
export type Held = ReadonlyArray<string>

/** How sockets have ended. */
const ends = new WeakMap<Socket, string>()

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** The body of the answer to one request: `/who` says the process. */
const ask = (socket: Socket, keep: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    const ended = ends.get(socket)
    if (ended !== undefined) return reject(Object.assign(new Error(ended), { code: ended }))
    let text = ""
    const end = (error?: unknown) => {
      clearTimeout(late)
      for (const [name, x] of Object.entries(listeners)) socket.off(name, x)
      const body = text.slice(text.indexOf("\r\n\r\n") + 4).trim()
      if (error === undefined) resolve(body)
      else reject(error)
    }
    const late = setTimeout(() => end(Object.assign(new Error("late"), { code: "late" })), PATIENCE)
    const listeners = {
      data: (x: Buffer) => {
        text += x
        const length = /content-length: (\d+)/i.exec(text)?.[1]
        const chunked = /transfer-encoding: chunked/i.test(text)
        const head = text.indexOf("\r\n\r\n")
        if (head >= 0 && length !== undefined && text.length >= head + 4 + Number(length)) end()
        if (chunked && text.endsWith("0\r\n\r\n")) end()
      },
      error: (error: Error) => end(error),
      close: () => end(Object.assign(new Error("closed"), { code: "closed" })),
    }
    for (const [name, x] of Object.entries(listeners)) socket.on(name, x)
    const connection = keep ? "keep-alive" : "close"
    socket.write(`GET /who HTTP/1.1\r\nHost: pika\r\nConnection: ${connection}\r\n\r\n`)
  })

const open = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(80, address)
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.off("error", reject)
      // Who awaits nothing of it now hears of its end when it is asked again.
      socket.on("error", (error) => ends.set(socket, codeOf(error)))
      socket.on("close", () => ends.set(socket, ends.get(socket) ?? "closed"))
      resolve(socket)
    })
  })

const short = async (count: number, at: number): Promise<Short> => {
  const by: Record<string, number> = {}
  const failed: Record<string, number> = {}
  let left = count
  const one = async () => {
    while (left-- > 0) {
      try {
        const socket = await open()
        const who = await ask(socket, false)
        by[who] = (by[who] ?? 0) + 1
        socket.destroy()
      } catch (error) {
        const code = codeOf(error)
        failed[code] = (failed[code] ?? 0) + 1
      }
    }
  }
  await Promise.all(Array.from({ length: at }, one))
  return { by, failed }
}

const held: Array<Socket> = []
const answers = (): Promise<Held> => Promise.all(held.map((x) => ask(x, true).catch(codeOf)))

type Order =
  | { readonly short: number; readonly at: number }
  | { readonly hold: number }
  | { readonly dial: number }
  | "again"
  | "drop"

const obey = async (order: Order): Promise<unknown> => {
  if (order === "again") return answers()
  if (order === "drop") {
    for (const x of held.splice(0)) x.destroy()
    return []
  }
  if ("short" in order) return short(order.short, order.at)
  const count = "hold" in order ? order.hold : order.dial
  for (let k = 0; k < count; k++) held.push(await open())
  return "hold" in order ? answers() : []
}

process.on("message", (order: Order) => void obey(order).then((x) => process.send?.(x as object)))
process.on("disconnect", () => process.exit(0))
process.send?.("ready")
