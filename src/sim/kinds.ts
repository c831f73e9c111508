/** Kinds of events in a world's agenda; the subject is an index of what is named. */
export const AT_SERVER = 0
export const APPLICATION = 1
/** A frame arrives: the subject is its slot in the network. */
export const FRAME = 2
export const AT_HOST = 3
export const CONVERSATION = 4
export const PATIENCE = 5
export const BEGIN_CONVERSATION = 6
export const INCIDENT = 7
export const ASK = 8
/** A word of the supervisor reaches a server; a server's answer reaches the supervisor. */
export const WORD = 9
export const ANSWER = 10
/** The supervisor notices that a process has ended. */
export const NOTICE = 11
export const CONTINUE = 12
export const CALM = 13
export const FLOOD = 14
