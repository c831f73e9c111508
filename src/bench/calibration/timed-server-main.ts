/**
 * A server's program with a stopwatch in it: what the paper's Tables 4 and 5 say of a configuration (§5.4). The methods of the
 * server's own classes are watched from outside, and nothing else is different. Its counters have a part more, `timed`.
 */
import { addon } from "../../native/addon.ts"
import { FRAME_TCP_SYN } from "../../net/classify.ts"
import { TcpTable } from "../../net/tcp/table.ts"
import { ConnectionManager } from "../../server/connection-manager.ts"
import { MessageDispatcher } from "../../server/dispatcher.ts"
import { FramePath } from "../../server/frame-path.ts"
import { TransportHost } from "../../server/instance.ts"
import { Outgoing } from "../../server/outgoing.ts"
import { Server } from "../../server/server.ts"
import { TransportServer } from "../../server/transport-server.ts"
import { Stopwatch } from "./stopwatch.ts"

const TCP = 0
const MESSAGES = 1
const BELLS = 2
const REST = 3

/** SYNs whose time is kept: the last. */
const MOST = 256

/** Cycles of TCP/IP, of messages, and of ringing for them, since the start; of the last SYNs, from their frame's being here to a transport's having them. */
export interface Timed {
  readonly tcp: number
  readonly messages: number
  readonly bells: number
  readonly managing: ReadonlyArray<number>
}

const stopwatch = new Stopwatch(4, addon.cycles)
const tcp =
  "lookup openPassive segment timeWait refuse written consumed finish writtenLast close abort attach tick flushPending"
stopwatch.watch(TcpTable.prototype, TCP, tcp.split(" "))
stopwatch.watch(MessageDispatcher.prototype, MESSAGES, ["dispatch", "receive", "runLocal"])
stopwatch.watch(Outgoing.prototype, MESSAGES, ["flush"])
stopwatch.watch(TransportServer.prototype, MESSAGES, ["fromApplication", "flushStatus"])
// A system call, which the paper's servers, that never sleep, do not make.
stopwatch.watch(addon, BELLS, ["signal"])
stopwatch.watch(TransportHost.prototype, REST, ["step"])
stopwatch.watch(ConnectionManager.prototype, REST, ["syn", "receive", "hear"])
const events = "receive established readable acked peerFinished ended"
stopwatch.watch(TransportServer.prototype, REST, events.split(" "))

/** A ring of the last, and how many there were. One SYN at a time is looked at: the client has one connection at a time. */
const managing: Array<number> = []
let synAt = 0
let syns = 0

const { deliver } = FramePath.prototype
FramePath.prototype.deliver = function (t, region, offset, length, c, kind) {
  if (kind === FRAME_TCP_SYN) synAt = addon.cycles()
  return Reflect.apply(deliver, this, [t, region, offset, length, c, kind])
}
const { receive } = TransportServer.prototype
TransportServer.prototype.receive = function (message, ...rest) {
  const begins = message._tag === "Open" || (message._tag === "Assign" && message.fresh)
  if (begins) managing[syns++ % MOST] = addon.cycles() - synAt
  Reflect.apply(receive, this, [message, ...rest])
}

const { counters } = Server.prototype
Server.prototype.counters = function () {
  const [inTcp = 0, messages = 0, bells = 0] = stopwatch.spent
  const timed: Timed = { tcp: inTcp, messages, bells, managing }
  return { ...Reflect.apply(counters, this, []), timed }
}

await import("../../runtime/server-main.ts")
