import type { Region } from "../../memory/region.ts"
import { type Classified, type LocalAddress, macHigh, macLow } from "../classified.ts"
import type { Emit } from "../emit.ts"
import {
  ARP_REPLY,
  ARP_REQUEST,
  arpOperation,
  MIN_FRAME,
  senderIp,
  senderMacHigh,
  senderMacLow,
  targetIp,
  writeArp,
} from "../wire/arp.ts"
import { isMartian } from "../wire/ipv4.ts"
import type { Neighbours } from "./neighbours.ts"

const FREE = 0
const ASKED = 1
const KNOWN = 2
/** RFC 1122 2.3.2.1: at most one request per second for an address. */
const ASK_EVERY = 1_000_000
/** RFC 1122 2.3.2.1: entries time out; a used one is asked for anew. */
const KNOWN_FOR = 600_000_000
/** Entries looked at for one address: the table is this-many-way associative. */
const WAYS = 8

/**
 * Addresses of our neighbours: bounded, learning only from what is addressed to us (requests for our address and
 * replies to us), so that a flood of gratuitous claims teaches nothing. The least recently heard of the entries
 * an address may live in makes place.
 */
export class ArpTable implements Neighbours {
  readonly #ip: Int32Array
  readonly #high: Int32Array
  readonly #low: Int32Array
  readonly #state: Uint8Array
  readonly #heard: Float64Array
  readonly #asked: Float64Array
  readonly #sets: number
  readonly #localIp: number
  readonly #localHigh: number
  readonly #localLow: number
  readonly #emit: Emit
  /** Requests answered, replies learnt from, entries replaced, requests and replies not sent for lack of slots. */
  readonly counts = { answered: 0, learnt: 0, replaced: 0, asked: 0, noSlot: 0, ignored: 0 }

  /** @param entries bound of the table, a multiple of 8. */
  constructor(local: LocalAddress, emit: Emit, entries = 256) {
    if (!Number.isInteger(entries) || entries < WAYS || entries % WAYS !== 0) {
      throw new RangeError(`ARP table of ${entries} entries: give a multiple of ${WAYS}`)
    }
    this.#ip = new Int32Array(entries)
    this.#high = new Int32Array(entries)
    this.#low = new Int32Array(entries)
    this.#state = new Uint8Array(entries)
    this.#heard = new Float64Array(entries)
    this.#asked = new Float64Array(entries).fill(Number.NEGATIVE_INFINITY)
    this.#sets = entries / WAYS
    this.#localIp = local.ip | 0
    this.#localHigh = macHigh(local.mac)
    this.#localLow = macLow(local.mac)
    this.#emit = emit
  }

  /** Handles a frame of class FRAME_ARP. */
  handle(region: Region, c: Classified, now: number): void {
    const view = region.view
    const at = c.ipOffset
    const ip = senderIp(view, at)
    // RFC 5227 2.1.1: a probe has no sender address; it is answered and teaches nothing.
    if (targetIp(view, at) !== this.#localIp || ip === this.#localIp || (ip !== 0 && isMartian(ip))) {
      this.counts.ignored++
      return
    }
    const high = senderMacHigh(view, at)
    const low = senderMacLow(view, at)
    if ((high & 0x0100) !== 0) {
      this.counts.ignored++
      return
    }
    if (ip !== 0) this.#learn(ip, high, low, now)
    if (arpOperation(view, at) === ARP_REQUEST) this.#send(ARP_REPLY, high, low, ip)
  }

  find(ip: number, now: number): number {
    const entry = this.#entry(ip)
    if (entry >= 0 && this.#state[entry] === KNOWN) {
      if (now - this.#heard[entry]! > KNOWN_FOR) this.#ask(entry, ip, now)
      return entry
    }
    this.#ask(entry >= 0 ? entry : this.#claim(ip, now), ip, now)
    return -1
  }

  macHigh(index: number): number {
    return this.#high[index]!
  }

  macLow(index: number): number {
    return this.#low[index]!
  }

  #entry(ip: number): number {
    const first = this.#set(ip)
    for (let i = first; i < first + WAYS; i++) if (this.#ip[i] === ip && this.#state[i] !== FREE) return i
    return -1
  }

  #set(ip: number): number {
    return ((Math.imul(ip, 0x9e3779b1) >>> 8) % this.#sets) * WAYS
  }

  #claim(ip: number, now: number): number {
    const first = this.#set(ip)
    let entry = first
    for (let i = first; i < first + WAYS; i++) {
      if (this.#state[i] === FREE) {
        entry = i
        break
      }
      if (this.#heard[i]! < this.#heard[entry]!) entry = i
    }
    if (this.#state[entry] !== FREE) this.counts.replaced++
    this.#ip[entry] = ip
    this.#state[entry] = ASKED
    this.#heard[entry] = now
    this.#asked[entry] = Number.NEGATIVE_INFINITY
    return entry
  }

  #learn(ip: number, high: number, low: number, now: number): void {
    const known = this.#entry(ip)
    const entry = known >= 0 ? known : this.#claim(ip, now)
    this.#high[entry] = high
    this.#low[entry] = low
    this.#heard[entry] = now
    this.#state[entry] = KNOWN
    this.counts.learnt++
  }

  #ask(entry: number, ip: number, now: number): void {
    if (now - this.#asked[entry]! < ASK_EVERY) return
    this.#asked[entry] = now
    this.counts.asked++
    this.#send(ARP_REQUEST, 0, 0, ip)
  }

  #send(operation: number, high: number, low: number, ip: number): void {
    const at = this.#emit.reserve(MIN_FRAME)
    if (at < 0) {
      this.counts.noSlot++
      return
    }
    const view = this.#emit.region.view
    writeArp(view, at, operation, this.#localHigh, this.#localLow, this.#localIp, high, low, ip)
    this.#emit.commit(MIN_FRAME)
    if (operation === ARP_REPLY) this.counts.answered++
  }
}
