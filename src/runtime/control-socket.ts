/**
 * The control socket (SOCK_SEQPACKET) at which applications attach. Each says one word, and hears of the stack on the same
 * connection, whose end is its own. Whatever else comes, in whatever number, ends that connection and no other.
 */
import { lstatSync, unlinkSync } from "node:fs"
import { type Hello, parseHello, type Refusal } from "../codec/control.ts"
import * as native from "../native/native.ts"
import { type ControlSocketError, claimPath } from "./control-path.ts"

export type { ControlSocketError }

/** Connections that have not said their word; beyond it the oldest is closed. */
const MOST_GUESTS = 64
/** How long a connection may take to say its word, ms. */
const PATIENCE = 5000
/** Connections taken in at a time. */
const BURST = 16
/** Pause after the system had no descriptor for us, ms. */
const EXHAUSTED = 100

/** An application that was welcome. */
export interface Client {
  readonly hello: Hello
  /** False: it is gone, or reads too slowly to be one; `gone` is called. */
  send(value: unknown, fds?: ReadonlyArray<number>): boolean
  /** Called once when the connection has ended, whoever ended it. */
  gone: () => void
  close(): void
}

interface Connection {
  readonly fd: number
  readonly watch: { stop(): void }
  readonly late: NodeJS.Timeout
}

export class ControlSocket {
  readonly path: string
  /** `malformed`: ended for what they said. `silent`: for what they did not say, or too slowly read. */
  readonly counters = { accepted: 0, welcomed: 0, refused: 0, malformed: 0, silent: 0, exhausted: 0 }
  readonly #welcome: (client: Client) => Refusal | undefined
  readonly #listener: number
  readonly #inode: number
  /** Oldest first. */
  readonly #guests = new Set<Connection>()
  readonly #clients = new Set<Client>()
  #watch: { stop(): void } | undefined
  #pause: NodeJS.Timeout | undefined
  #closed = false

  /**
   * Takes the path at once; connections wait until `open`.
   * @throws {ControlSocketError} when another stack listens there, or the path is something else's
   */
  constructor(path: string, welcome: (client: Client) => Refusal | undefined) {
    this.path = path
    this.#welcome = welcome
    this.#listener = claimPath(path)
    this.#inode = lstatSync(path).ino
  }

  open(): void {
    this.#watch = native.watch(this.#listener, () => this.#accept())
  }

  /** Ends all connections, and gives the path free. Once. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#pause)
    this.#watch?.stop()
    for (const guest of this.#guests) this.#dismiss(guest)
    for (const client of this.#clients) client.close()
    native.close(this.#listener)
    try {
      if (lstatSync(this.path).ino === this.#inode) unlinkSync(this.path)
    } catch {
      // Somebody else has removed it.
    }
  }

  #accept(): void {
    for (let k = 0; k < BURST; k++) {
      let fd: number
      try {
        fd = native.unixAccept(this.#listener)
      } catch {
        this.#exhausted()
        return
      }
      if (fd < 0) return
      this.counters.accepted++
      this.#receive(fd)
    }
  }

  /** There is no descriptor left: who connects waits, and is not asked for again at every turn meanwhile. */
  #exhausted(): void {
    this.counters.exhausted++
    this.#watch?.stop()
    this.#watch = undefined
    this.#pause = setTimeout(() => this.open(), EXHAUSTED)
  }

  #receive(fd: number): void {
    const watch = native.watch(fd, () => {
      const message = take(fd)
      if (message === null) return
      for (const x of message?.fds ?? []) native.close(x)
      this.#guests.delete(guest)
      clearTimeout(guest.late)
      if (message === undefined) this.#dismiss(guest)
      else this.#hear(guest, message.value)
    })
    const late = setTimeout(() => {
      this.counters.silent++
      this.#dismiss(guest)
    }, PATIENCE)
    const guest: Connection = { fd, watch, late }
    this.#guests.add(guest)
    if (this.#guests.size <= MOST_GUESTS) return
    const [oldest] = this.#guests
    this.counters.silent++
    this.#dismiss(oldest!)
  }

  #dismiss(guest: Connection): void {
    this.#guests.delete(guest)
    clearTimeout(guest.late)
    guest.watch.stop()
    native.close(guest.fd)
  }

  #hear(guest: Connection, value: unknown): void {
    const hello = parseHello(value)
    if ("error" in hello) {
      this.counters.malformed++
      tell(guest.fd, hello)
      this.#dismiss(guest)
      return
    }
    guest.watch.stop()
    const client = this.#client(guest.fd, hello)
    const refusal = this.#welcome(client)
    if (refusal === undefined) {
      this.counters.welcomed++
      return
    }
    this.counters.refused++
    client.gone = () => {}
    tell(guest.fd, refusal)
    client.close()
  }

  #client(fd: number, hello: Hello): Client {
    let open = true
    const close = () => {
      if (!open) return
      open = false
      watch.stop()
      native.close(fd)
      this.#clients.delete(client)
      client.gone()
    }
    const watch = native.watch(fd, () => {
      const message = take(fd)
      if (message === null) return
      for (const x of message?.fds ?? []) native.close(x)
      // It has nothing more to say.
      if (message !== undefined) this.counters.malformed++
      close()
    })
    const client: Client = {
      hello,
      gone: () => {},
      close,
      send: (value, fds = []) => {
        if (!open) return false
        if (tell(fd, value, fds)) return true
        this.counters.silent++
        close()
        return false
      },
    }
    this.#clients.add(client)
    return client
  }
}

/** null: nothing now; undefined: the other side has gone. */
const take = (fd: number): native.Received | null | undefined => {
  try {
    return native.receiveJson(fd)
  } catch {
    return undefined
  }
}

/** False: the other side has gone, or does not read. */
const tell = (fd: number, value: unknown, fds: ReadonlyArray<number> = []): boolean => {
  try {
    return native.sendJson(fd, value, fds)
  } catch {
    return false
  }
}
