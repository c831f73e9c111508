import { Effect, Fiber } from "effect"
import { expect, test } from "vitest"
import { StepScheduler } from "../../src/sim/scheduler.ts"

test("a fiber runs within the call that resumes it, and nowhere else", () => {
  const scheduler = new StepScheduler()
  const seen: Array<string> = []
  let wake = (): void => {}
  const wait = Effect.callback<void>((resume) => {
    wake = () => resume(Effect.void)
  })
  const fiber = Effect.runFork(
    Effect.forever(
      Effect.andThen(
        wait,
        Effect.sync(() => seen.push("woken")),
      ),
      { disableYield: true },
    ),
    { scheduler },
  )
  seen.push("outside")
  wake()
  seen.push("outside")
  wake()
  expect(seen).toEqual(["outside", "woken", "outside", "woken"])
  expect(scheduler.waiting).toBe(0)
  fiber.interruptUnsafe()
  expect(fiber.pollUnsafe()).toBeDefined()
})

test("what fibers put off runs at the flush, by priority, then in order", () => {
  const scheduler = new StepScheduler()
  const seen: Array<string> = []
  const fork = (name: string, priority: number) =>
    Effect.runFork(
      Effect.andThen(
        Effect.yieldNowWith(priority),
        Effect.sync(() => seen.push(name)),
      ),
      { scheduler },
    )
  fork("b", 1)
  fork("a", 0)
  fork("c", 1)
  expect(seen).toEqual([])
  scheduler.flush()
  expect(seen).toEqual(["a", "b", "c"])
})

test("a child fiber waits for the flush too: no microtask, no timer", async () => {
  const scheduler = new StepScheduler()
  const seen: Array<string> = []
  const fiber = Effect.runFork(
    Effect.gen(function* () {
      const child = yield* Effect.forkChild(Effect.sync(() => seen.push("child")))
      yield* Fiber.join(child)
      seen.push("joined")
    }),
    { scheduler },
  )
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(seen).toEqual([])
  scheduler.flush()
  expect(seen).toEqual(["child", "joined"])
  expect(fiber.pollUnsafe()).toBeDefined()
})

test("fibers that wake each other without end are an error, not a hang", () => {
  const scheduler = new StepScheduler()
  Effect.runFork(Effect.forever(Effect.void), { scheduler })
  expect(() => scheduler.flush()).toThrow("without end")
})
