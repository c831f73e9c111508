/** Asks the wire whether somebody has an address already: RFC 5227 2.1.1 in short, for a tool that a person waits for. */
import * as native from "../native/native.ts"

const PROBES = 2
/** Between two probes, and after the last one, ms. */
const PATIENCE = 120
/** Frames looked at; on a busy wire the answer is among the first. */
const MOST_FRAMES = 1000
const FRAME = 60

const bytesOf = (address: string): ReadonlyArray<number> => address.split(".").map(Number)

/** An ARP request for the address, from nobody's (RFC 5227: a sender address of zero teaches no one anything). */
const probe = (mac: ReadonlyArray<number>, address: string): Buffer => {
  const frame = Buffer.alloc(FRAME)
  frame.fill(0xff, 0, 6)
  frame.set(mac, 6)
  frame.set([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1], 12)
  frame.set(mac, 22)
  frame.set(bytesOf(address), 38)
  return frame
}

/** Who says in an ARP packet that the address is its own. */
const claimant = (frame: Buffer, address: string, mac: ReadonlyArray<number>): string | undefined => {
  if (frame.length < 42 || frame.readUInt16BE(12) !== 0x0806) return undefined
  if (!frame.subarray(28, 32).equals(Buffer.from(bytesOf(address)))) return undefined
  const sender = frame.subarray(22, 28)
  if (sender.equals(Buffer.from(mac))) return undefined
  return [...sender].map((b) => b.toString(16).padStart(2, "0")).join(":")
}

/**
 * The link address of somebody on the interface's wire who has the address; undefined: nobody answered in time. The interface
 * must take frames to `mac` (`interfaceListenAs`).
 * @throws {NativeError} as `packetOpen`
 */
export const addressHolder = (
  device: string,
  address: string,
  mac: ReadonlyArray<number>,
): string | undefined => {
  const nic = native.nicOpenPacket(device)
  const { rx, tx } = nic
  let looked = 0
  const look = (): string | undefined => {
    nic.rxSync()
    let found: string | undefined
    for (; rx.head !== rx.tail; rx.head = rx.next(rx.head)) {
      const at = rx.bufferOffset(rx.head)
      found ??= claimant(Buffer.from(rx.region.bytes.slice(at, at + rx.slotLength(rx.head))), address, mac)
      looked++
    }
    return found
  }
  try {
    for (let k = 0; k < PROBES; k++) {
      tx.region.bytes.set(probe(mac, address), tx.bufferOffset(tx.head))
      tx.setSlotLength(tx.head, FRAME)
      tx.head = tx.next(tx.head)
      nic.txSync()
      const until = performance.now() + PATIENCE
      for (;;) {
        const found = look()
        if (found !== undefined) return found
        const left = until - performance.now()
        if (left <= 0 || looked > MOST_FRAMES) break
        native.waitFds(Int32Array.of(nic.fd), 1, Math.ceil(left))
      }
    }
    return undefined
  } finally {
    nic.close()
  }
}
