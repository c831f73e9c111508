/** A host that sends SYNs and hears nothing: what a SYN flood is to the stack. */
import { TcpTable } from "../net/tcp/table.ts"
import type { Alarm } from "./agenda.ts"
import { NetworkEmit } from "./host.ts"
import type { Network } from "./network.ts"

const FIRST_PORT = 30000
const PORTS = 20000
/** SYNs of one burst at the most. */
const MOST = 512

export class Flood {
  readonly ip: number
  sent = 0
  readonly #table: TcpTable
  readonly #stackIp: number
  readonly #alarm: Alarm
  #port = 0

  constructor(
    node: number,
    ip: number,
    mac: ReadonlyArray<number>,
    stack: { readonly ip: number; readonly mac: ReadonlyArray<number> },
    network: Network,
    alarm: Alarm,
  ) {
    this.ip = ip
    this.#stackIp = stack.ip
    this.#alarm = alarm
    const [a, b, c, d, e, f] = stack.mac as [number, number, number, number, number, number]
    const high = (a << 8) | b
    const low = (c << 24) | (d << 16) | (e << 8) | f
    const nothing = () => {}
    this.#table = new TcpTable(
      {
        localIp: ip,
        localMac: mac,
        maxConnections: MOST,
        stagingSlots: MOST,
        stagingBytes: 512,
        synRetries: 0,
        secret: new Uint8Array(16).fill(7),
        neighbours: { find: () => 0, macHigh: () => high, macLow: () => low },
      },
      new NetworkEmit(network, node),
      {
        established: nothing,
        readable: nothing,
        acked: nothing,
        peerFinished: nothing,
        ended: nothing,
      },
    )
  }

  burst(count: number, port: number, now: number): void {
    for (let k = 0; k < count; k++) {
      const localPort = FIRST_PORT + (this.#port++ % PORTS)
      if (this.#table.connect(this.#stackIp, port, localPort, now) < 0) break
      this.sent++
    }
    this.#alarm.set(this.#table.nextTimer())
  }

  timer(now: number): void {
    if (!this.#alarm.rings()) return
    this.#table.tick(now)
    const due = this.#table.nextTimer()
    if (due < Number.POSITIVE_INFINITY) this.#alarm.set(due)
  }
}
