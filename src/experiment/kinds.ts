/** What an item is. */
/** Frames of a client: SYN, the ACK that establishes (with the request), a later request, the FIN that ends. */
export const SYN = 0
export const ACK = 1
export const QUESTION = 2
export const FIN = 3
/** A frame on its way through a Link Server that is a process of its own; the item's word: what it is at the transport. */
export const LINK_IN = 4
export const LINK_OUT = 5
/** Core messages, by receiver. */
export const TO_MANAGER = 6
export const TO_TRANSPORT = 7
export const TO_APPLICATION = 8
/** A transport asks a manager in another server about a SYN (`server/syn-call.ts`), and its answer. */
export const SYN_CALL = 9
export const SYN_ANSWER = 10
/** Application → transport: an answer is written, which is the connection's last or not (`word` 1 or 0). */
export const WRITTEN = 11
/** Transport → application: a further request has come; the connection has ended. */
export const NEWS = 12
export const ENDED = 13
/** Application: serves a request; an answer that was held back. */
export const REQUEST = 14
export const HELD = 17
/** Server: claim timers are due; an offer may be; microthreads are ready. */
export const TIMER = 15
export const TICK = 16
