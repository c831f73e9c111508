/** When an attachment takes its turns in a process that lives by its event loop. */
import type { Attachment } from "../application/attachment.ts"

export interface Turns {
  /** At the doorbell. */
  turn(): void
  /** Once more at the end of this turn of the event loop. */
  soon(): void
}

/** `isOpen`: the attachment is there still, and has begun. */
export const takeTurns = (attachment: Pick<Attachment, "poll" | "arm">, isOpen: () => boolean): Turns => {
  let scheduled = false
  let turning = false
  let asked = false
  const turn = () => {
    if (!isOpen()) return
    let more = true
    turning = true
    try {
      // Sleep only when the rings, looked at after the flag was set, are empty. Until then servers need not ring.
      more = attachment.poll() || !attachment.arm()
    } finally {
      turning = false
      if (more || asked) soon()
      asked = false
    }
  }
  const soon = () => {
    if (scheduled) return
    // In a turn: not before what it hands over is dealt with, of which new connections ask for an end of the turn themselves.
    if (turning) {
      asked = true
      return
    }
    scheduled = true
    setImmediate(() => {
      scheduled = false
      turn()
    })
  }
  return { turn, soon }
}
