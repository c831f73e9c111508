/**
 * A SYN whose Connection Manager is in another server: the transport asks it by a call. A yes comes by itself, as OPEN or
 * ASSIGN; a refusal makes the transport answer by RST. Without an outcome nothing is answered: the peer sends its SYN
 * again.
 */
import { CALL_WORDS, Procedure, SYN_WORDS, SynAnswer } from "../codec/data-message.ts"
import type { Classified } from "../net/classified.ts"
import type { TcpTable } from "../net/tcp/table.ts"
import type { ConnectionManager } from "./connection-manager.ts"
import type { Microthread } from "./microthread.ts"
import { RPC_ANSWERED, type Rpc } from "./rpc.ts"
import { decodeSyn, emptySyn, encodeSyn } from "./syn.ts"

/** A thread's words: arguments of the call (transport, SYN), then what the call need not carry. */
const TRANSPORT = 0
const SYN = 1
const DATA_BYTES = CALL_WORDS

if (SYN + SYN_WORDS > CALL_WORDS) throw new RangeError("a SYN does not fit into a call")

export class SynCaller {
  readonly counters = { asked: 0, refused: 0, unanswered: 0 }
  readonly #rpc: Rpc
  readonly #tcp: TcpTable
  readonly #syn = emptySyn()
  readonly #answered: (thread: Microthread) => void

  constructor(rpc: Rpc, tcp: TcpTable) {
    this.#rpc = rpc
    this.#tcp = tcp
    this.#answered = (thread) => this.#outcome(thread)
  }

  /** Asks the manager in `server` about the SYN in `c`, which came to transport `t`. */
  ask(c: Classified, t: number, server: number): void {
    this.counters.asked++
    const thread = this.#rpc.threads.take()
    if (thread === undefined) {
      this.counters.unanswered++
      return
    }
    const { words } = thread
    words[TRANSPORT] = t
    encodeSyn(words, SYN, c)
    words[DATA_BYTES] = c.payloadLength
    thread.port = c.localPort
    this.#rpc.call(thread, server, Procedure.Syn, this.#answered)
  }

  #outcome(thread: Microthread): void {
    if (thread.outcome !== RPC_ANSWERED) this.counters.unanswered++
    else if (thread.answer[0] === SynAnswer.Refused) {
      this.counters.refused++
      decodeSyn(thread.words, SYN, this.#syn)
      this.#tcp.refuseSyn(this.#syn, thread.words[DATA_BYTES]!)
    }
  }
}

/** Answers other servers' SYN calls from `manager`. */
export const serveSyns = (rpc: Rpc, manager: ConnectionManager): void => {
  const syn = emptySyn()
  rpc.serve(Procedure.Syn, (thread) => {
    decodeSyn(thread.words, SYN, syn)
    thread.answer[0] = SynAnswer[manager.syn(syn, thread.words[TRANSPORT]!)]
  })
}
