/**
 * A process that does not keep the protocol: it uses its slot as an application would, and writes garbage over everything
 * that it shares with the servers. They must survive it, and others must not notice.
 */
import { Attachment, type Welcome } from "../application/attachment.ts"
import type { Stream } from "../application/stream.ts"
import { appLinkBytes } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import type { Alarm } from "./agenda.ts"
import type { ApplicationWorld } from "./application-process.ts"
import type { Random } from "./random.ts"
import type { Process } from "./scenario.ts"

/** It ends after so many turns; others have its slot then. */
const MOST_TURNS = 400

export class HostileProcess {
  readonly process: Process
  readonly listening = false
  readonly #a: number
  readonly #attachment: Attachment
  readonly #links: ReadonlyArray<{ readonly region: Region; readonly offset: number }>
  readonly #bytes: number
  readonly #world: ApplicationWorld
  readonly #random: Random
  readonly #alarm: Alarm
  readonly #streams: Array<Stream> = []
  #turns = 0
  #alive = true

  constructor(
    process: Process,
    welcome: Welcome,
    links: ReadonlyArray<{ readonly region: Region; readonly offset: number }>,
    alarm: Alarm,
    world: ApplicationWorld,
    random: Random,
  ) {
    this.process = process
    this.#a = welcome.a
    this.#links = links
    this.#bytes = appLinkBytes(welcome.link)
    this.#world = world
    this.#random = random
    this.#alarm = alarm
    this.#attachment = new Attachment(welcome, {
      links,
      now: () => world.now,
      ringServer: (k) => world.ringServer(k),
      record: () => {},
      connection: (stream) => this.#streams.push(stream),
    })
    this.#alarm.set(world.now + 1)
  }

  get alive(): boolean {
    return this.#alive
  }

  ring(): void {
    this.#alarm.set(this.#world.now + 1)
  }

  wake(): void {
    if (!this.#alarm.rings() || !this.#alive) return
    if (++this.#turns > MOST_TURNS) {
      this.kill()
      return
    }
    const random = this.#random
    try {
      this.#attachment.poll()
      for (const stream of this.#streams) this.#misuse(stream)
      this.#attachment.flush()
      this.#attachment.arm()
    } catch {
      // Its own memory is garbage: what it believes of it too.
    }
    for (let k = random.between(0, 3); k > 0; k--) this.#scribble()
    for (const server of this.#links.keys()) if (random.chance(0.3)) this.#world.ringServer(server)
    this.#alarm.set(this.#world.now + random.between(1, 500))
  }

  stop(): void {}

  proceed(): void {}

  leave(): void {
    this.kill()
  }

  kill(): void {
    if (!this.#alive) return
    this.#alive = false
    this.#world.gone(this.#a)
  }

  #misuse(stream: Stream): void {
    const random = this.#random
    switch (random.between(0, 7)) {
      case 0:
        stream.consumed = random.draw() | 0
        stream.write(new Uint8Array(10))
        break
      case 1:
        stream.written = random.draw() | 0
        stream.write(new Uint8Array(1))
        break
      case 2:
        stream.read()
        stream.finish()
        break
      case 3:
        stream.abort()
        break
      case 4:
        stream.close()
        break
      default:
        stream.read()
    }
  }

  /** Random words, plausible or not, somewhere in what it shares with one server. */
  #scribble(): void {
    const random = this.#random
    const { region, offset } = random.pick(this.#links)
    const inQueues = random.chance(0.8)
    // Headers and queues come first, buffers after them.
    const span = inQueues ? Math.min(this.#bytes, 16384) : this.#bytes
    const at = (offset >> 2) + random.between(0, (span >> 2) - 1)
    const count = random.pick([1, 1, 2, 16, 64])
    const end = Math.min(at + count, (offset + this.#bytes) >> 2)
    for (let k = at; k < end; k++) {
      region.words[k] = random.chance(0.5) ? random.between(-2, 40) : random.draw() | 0
    }
  }
}
