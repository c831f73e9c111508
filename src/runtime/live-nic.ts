/**
 * A server's NIC whose interface may go and come back. The rings stay where they are; the supervisor gives the descriptor
 * beneath them, over a channel of its own (SOCK_SEQPACKET, SCM_RIGHTS), as it is it that may open interfaces.
 */
import type { NicRing } from "../memory/nic-ring.ts"
import * as native from "../native/native.ts"
import { interfaceGone, type Nic, type NicStats, nicOpenFd } from "../native/nic.ts"
import type { NicShape } from "../ports/ports.ts"
import { noticeable } from "./nic-words.ts"

/** How often the counters are looked at, ms. */
const NOTICE = 1000

/** What a server says: its interface has gone, it has let go of it, it is on the new one, it could not be; what it counts. */
export type FromNic =
  | { readonly gone: { readonly code: string; readonly call: string } }
  | { readonly detached: true }
  | { readonly back: true }
  | { readonly failed: string }
  | { readonly noticed: ReadonlyArray<string> }

/** What it is told; `reopen` comes with the descriptor, and memory where the driver has it. */
export type ToNic = { readonly detach: true } | { readonly reopen: true }

export interface LiveNic extends NicShape {
  /** To wait on; −1 while there is none. */
  readonly fd: number
  /** Whether frames wait until the kernel has room for them. */
  readonly pending: boolean
  stats(): NicStats
  close(): void
}

/** As a cable that is unplugged: what is sent goes nowhere. */
const discard = (tx: NicRing): void => {
  tx.tail = tx.head === 0 ? tx.numSlots - 1 : tx.head - 1
}

/**
 * Opens the descriptors that the supervisor gave at the start.
 * @throws {NativeError} what they are no NIC for
 */
export const openLiveNic = (fd: number, memory: number, channel: number): LiveNic => {
  const nic: Nic = nicOpenFd(fd, memory)
  const { rx, tx } = nic
  let up = true
  let left = 0
  const say = (word: FromNic): void => {
    native.sendJson(channel, word)
  }
  const detach = (): void => {
    up = false
    left = 0
    nic.detach()
    say({ detached: true })
  }
  const gone = (error: unknown): void => {
    if (!(error instanceof native.NativeError) || !interfaceGone(error)) throw error
    say({ gone: { code: error.code, call: error.call } })
    detach()
  }
  const reopen = (fds: ReadonlyArray<number>): void => {
    const [again, frames] = fds
    if (up || again === undefined) {
      for (const x of fds) native.close(x)
      return
    }
    try {
      nic.reopen(again, frames)
      up = true
      say({ back: true })
    } catch (error) {
      for (const x of fds) native.close(x)
      say({ failed: (error as Error).message })
    }
  }
  const watch = native.watch(channel, () => {
    const message = native.receiveJson(channel)
    if (message === null) return
    if (message === undefined) {
      watch.stop()
      return
    }
    const word = message.value as ToNic
    if ("reopen" in word) reopen(message.fds)
    else detach()
  })
  watch.ref(false)
  const noticed = new Set<string>()
  const notice = setInterval(() => {
    const fresh = noticeable(nic.stats()).filter((kind) => !noticed.has(kind))
    if (fresh.length > 0) say({ noticed: fresh })
    for (const kind of fresh) noticed.add(kind)
  }, NOTICE)
  notice.unref()
  return {
    rx,
    tx,
    get fd() {
      return nic.fd
    },
    get pending() {
      return left > 0
    },
    rxSync: () => {
      if (!up) return 0
      try {
        if (left > 0) left = nic.txSync()
        return nic.rxSync()
      } catch (error) {
        gone(error)
        return 0
      }
    },
    txSync: () => {
      if (!up) {
        discard(tx)
        return
      }
      try {
        left = nic.txSync()
      } catch (error) {
        gone(error)
      }
    },
    stats: () => nic.stats(),
    close: () => {
      clearInterval(notice)
      watch.stop()
      nic.close()
    },
  }
}
