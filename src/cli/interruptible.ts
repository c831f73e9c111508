/** Work that ends by itself, unless the user ends it. */
import { Effect, type Exit, Fiber } from "effect"

/** Runs it to its end. SIGINT and SIGTERM interrupt it; then, when everything that it made is gone, "interrupted". */
export const interruptible = async <A, E>(
  effect: Effect.Effect<A, E>,
): Promise<Exit.Exit<A, E> | "interrupted"> => {
  const fiber = Effect.runFork(effect)
  let interrupted = false
  const stop = () => {
    interrupted = true
    Effect.runFork(Fiber.interrupt(fiber))
  }
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  const exit = await Effect.runPromise(Fiber.await(fiber))
  process.off("SIGINT", stop)
  process.off("SIGTERM", stop)
  return interrupted ? "interrupted" : exit
}
