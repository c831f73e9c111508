/** `createServer` as in `node:net`, on a running PIKA stack: several processes may listen on one port. */
import { EventEmitter } from "node:events"
import { type Attached, attach } from "./attach.ts"
import { PikaSocket } from "./socket.ts"

export interface ListenOptions {
  readonly port: number
  /** Control socket of the stack; PIKA_SOCKET by default. */
  readonly socket?: string
}

export class PikaServer extends EventEmitter {
  listening = false
  #attached: Attached | undefined
  #port = 0
  readonly #sockets = new Set<PikaSocket>()

  /** Emits 'listening', or 'error' when the stack can't be reached or has no room. */
  listen(options: ListenOptions | number, callback?: () => void): this {
    const { port, socket = process.env.PIKA_SOCKET } =
      typeof options === "number" ? { port: options } : options
    if (callback !== undefined) this.once("listening", callback)
    this.#port = port
    attach({ port, socket }, (stream) => {
      const connection = new PikaSocket(stream, port, () => this.#attached?.flushSoon())
      this.#sockets.add(connection)
      connection.once("close", () => this.#sockets.delete(connection))
      this.emit("connection", connection)
    }).then(
      (attached) => {
        this.#attached = attached
        attached.onLost = (error) => {
          for (const x of this.#sockets) x.destroy(error)
          this.emit("error", error)
        }
        this.listening = true
        this.emit("listening")
        attached.start()
      },
      (error: unknown) => this.emit("error", error),
    )
    return this
  }

  address(): { address: string; family: string; port: number } | null {
    return this.listening ? { address: "0.0.0.0", family: "IPv4", port: this.#port } : null
  }

  /** Stops listening; calls back when the last connection has ended. */
  close(callback?: (error?: Error) => void): this {
    if (callback !== undefined) this.once("close", callback)
    this.listening = false
    this.#attached?.closeListener()
    const finish = () => {
      if (this.#sockets.size > 0) return
      this.#attached?.leave()
      this.emit("close")
    }
    for (const x of this.#sockets) x.once("close", () => setImmediate(finish))
    setImmediate(finish)
    return this
  }

  get connections(): number {
    return this.#sockets.size
  }
}

export const createServer = (listener?: (socket: PikaSocket) => void): PikaServer => {
  const server = new PikaServer()
  if (listener !== undefined) server.on("connection", listener)
  return server
}
