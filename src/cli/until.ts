/** What ends a command that runs until it is told to stop. */
import { Effect } from "effect"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const
let heard = false
let orphaned = false

const hearSignals = (): void => {
  if (heard) return
  heard = true
  // From now on no signal ends this process by itself: whoever waits for one cleans up.
  for (const signal of signals) process.on(signal, () => {})
  // `runNode` holds the other end: it died, if nobody told us to stop.
  process.once("disconnect", () => {
    orphaned = true
  })
  process.channel?.unref()
}

/** Ends at the next SIGINT, SIGTERM or SIGHUP, or when the command's own parent has died. */
export const nextSignal: Effect.Effect<void> = Effect.callback((resume) => {
  hearSignals()
  const done = (): void => resume(Effect.void)
  if (orphaned) return done()
  for (const signal of signals) process.on(signal, done)
  process.once("disconnect", done)
  process.channel?.unref()
  return Effect.sync(() => {
    for (const signal of signals) process.off(signal, done)
    process.off("disconnect", done)
  })
})

/** The same as a promise; a second signal changes nothing. */
export const untilSignal = (): Promise<void> => Effect.runPromise(nextSignal)
