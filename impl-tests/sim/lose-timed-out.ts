/** A bug to plant: the tests restore all mocks after it. */
import { vi } from "vitest"
import { Outbox } from "../../src/core/outbox.ts"
import { MessageDispatcher } from "../../src/server/dispatcher.ts"

/** TIMED-OUT, an answer that an application waits for, never reaches it. */
export const loseTimedOut = () => {
  const { dispatch } = MessageDispatcher.prototype
  vi.spyOn(MessageDispatcher.prototype, "dispatch").mockImplementation(function (
    this: MessageDispatcher,
    out,
    ...rest
  ) {
    const kept = new Outbox()
    for (let k = 0; k < out.length; k++) {
      if (out.messages[k]!._tag !== "TimedOut") kept.send(out.roles[k]!, out.to[k]!, out.messages[k]!)
    }
    dispatch.call(this, kept, ...rest)
  })
}
