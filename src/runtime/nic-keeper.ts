/**
 * The supervisor's side of its servers' NICs. When one server says that the interface has gone, all let go of it; the
 * interface is tried for until it can be opened again, and each server gets its new descriptors.
 */
import { Schema } from "effect"
import * as native from "../native/native.ts"
import type { FromNic, ToNic } from "./live-nic.ts"
import { wordOf } from "./nic-words.ts"

/** The interface of a running stack has disappeared or was taken down. */
export class InterfaceGone extends Schema.TaggedError<InterfaceGone>()("InterfaceGone", {
  /** Name of the interface. */
  device: Schema.String,
  /** errno, and what was attempted. */
  code: Schema.String,
  call: Schema.String,
}) {
  override get message(): string {
    return `interface ${this.device} has gone (${this.call}: ${this.code})`
  }
}

/** One queue of an interface: a descriptor, and with AF_XDP its memory. */
export type NicFds = readonly [fd: number, memory?: number]

/** Between two attempts to open the interface again, ms. */
const RETRY = 250

export interface KeeperOptions {
  readonly device: string
  /** Our ends of the servers' channels, by link. Taken over. */
  readonly channels: ReadonlyArray<number>
  /**
   * Opens the interface again: one queue for each link, taken over; undefined: it is not there yet. A thrown error is said, once.
   * Absent: an interface that has gone stays away.
   */
  readonly reopen?: (() => ReadonlyArray<NicFds> | undefined) | undefined
  readonly gone: (error: InterfaceGone) => void
  readonly say: (line: string) => void
}

export interface NicKeeper {
  close(): void
}

export const keepNics = (options: KeeperOptions): NicKeeper => {
  const { device, channels } = options
  /** "leaving": some link has not let go yet. "away": all have. "coming": some link has not taken the new one yet. */
  let phase: "up" | "leaving" | "away" | "coming" = "up"
  /** Links whose word is awaited in this phase. */
  const awaited = new Set<number>()
  /** Kinds of counts that were said. */
  const noticed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let saidOf = ""

  const tell = (link: number, word: ToNic, fds: NicFds | readonly [] = []): void => {
    try {
      native.sendJson(
        channels[link]!,
        word,
        fds.flatMap((x) => x ?? []),
      )
    } catch {
      // A server that died: its exit is seen on its own.
      answered(link)
    }
  }
  const enter = (next: typeof phase, links: Iterable<number>): void => {
    phase = next
    awaited.clear()
    for (const link of links) awaited.add(link)
  }
  const answered = (link: number): void => {
    if (!awaited.delete(link) || awaited.size > 0) return
    if (phase === "leaving") enter("away", [])
    else {
      enter("up", [])
      saidOf = ""
      options.say(`interface ${device} is back`)
    }
  }
  const attempt = (): void => {
    if (phase !== "away") return
    let fds: ReadonlyArray<NicFds> | undefined
    try {
      fds = options.reopen?.()
    } catch (error) {
      const { message } = error as Error
      if (message !== saidOf) options.say(message)
      saidOf = message
    }
    if (fds === undefined) return
    enter("coming", channels.keys())
    fds.forEach((x, link) => {
      tell(link, { reopen: true }, x)
      for (const fd of x) if (fd !== undefined) native.close(fd)
    })
  }
  /** The link `from` has let go, or does so by itself. */
  const leave = (from: number): void => {
    for (const link of channels.keys()) if (link !== from) tell(link, { detach: true })
    if (options.reopen !== undefined && timer === undefined) timer = setInterval(attempt, RETRY)
  }
  const notice = (kinds: ReadonlyArray<string>): void => {
    for (const kind of kinds) {
      const word = wordOf(kind, device)
      if (word === undefined || noticed.has(kind)) continue
      noticed.add(kind)
      options.say(word)
    }
  }
  const hear = (link: number, word: FromNic): void => {
    if ("noticed" in word) notice(word.noticed)
    else if ("gone" in word) {
      if (phase === "leaving" || phase === "away") return
      if (phase === "up") options.gone(new InterfaceGone({ device, ...word.gone }))
      enter("leaving", channels.keys())
      leave(link)
    } else if ("failed" in word) {
      if (phase !== "coming") return
      options.say(`interface ${device} cannot be used again yet: ${word.failed}`)
      enter("leaving", channels.keys())
      leave(link)
      answered(link)
    } else if ("detached" in word ? phase === "leaving" : phase === "coming") answered(link)
  }

  const watches = channels.map((channel, link) => {
    const watch = native.watch(channel, () => {
      let message: native.Received | null | undefined
      try {
        message = native.receiveJson(channel)
      } catch {
        message = undefined
      }
      if (message === null) return
      if (message === undefined) {
        watch.stop()
        answered(link)
      } else hear(link, message.value as FromNic)
    })
    watch.ref(false)
    return watch
  })
  return {
    close: () => {
      clearInterval(timer)
      for (const watch of watches) watch.stop()
      for (const channel of channels) native.close(channel)
    },
  }
}
