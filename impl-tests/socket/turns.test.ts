import { expect, test } from "vitest"
import { takeTurns } from "../../src/socket/turns.ts"

const immediate = () => new Promise((resolve) => setImmediate(resolve))

/** An attachment that does so at its first, second … poll, and arms. */
const playing = (...polls: ReadonlyArray<() => boolean>) => {
  const done: Array<string> = []
  let k = 0
  const poll = (): boolean => {
    done.push(`poll ${k}`)
    return polls[k++]?.() ?? false
  }
  const arm = (): boolean => {
    done.push("arm")
    return true
  }
  return { poll, arm, done }
}

test("a turn that found something is followed by another, one that found nothing by the wait for the doorbell", async () => {
  const it = playing(() => true)
  takeTurns(it, () => true).turn()
  expect(it.done).toEqual(["poll 0"])
  await immediate()
  expect(it.done).toEqual(["poll 0", "poll 1", "arm"])
  await immediate()
  expect(it.done).toHaveLength(3)
})

test("what a turn hands over is dealt with before the next, at which an application idles", async () => {
  const it = playing(() => {
    // An answer on a kept connection, and then a new connection, whose first news come at the end of the loop's turn.
    turns.soon()
    setImmediate(() => it.done.push("request"))
    return true
  })
  const turns = takeTurns(it, () => true)
  turns.turn()
  await immediate()
  expect(it.done).toEqual(["poll 0", "request", "poll 1", "arm"])
})

test("asked for in a turn that found nothing, another comes; asked for twice, it comes once", async () => {
  const it = playing(() => {
    turns.soon()
    return false
  })
  const turns = takeTurns(it, () => true)
  turns.turn()
  await immediate()
  expect(it.done).toEqual(["poll 0", "arm", "poll 1", "arm"])
  turns.soon()
  turns.soon()
  await immediate()
  await immediate()
  expect(it.done.slice(4)).toEqual(["poll 2", "arm"])
})

test("what is thrown out of a turn does not end them", async () => {
  const it = playing(() => {
    throw new Error("a full ring")
  })
  const turns = takeTurns(it, () => true)
  expect(() => turns.turn()).toThrow("a full ring")
  await immediate()
  expect(it.done).toEqual(["poll 0", "poll 1", "arm"])
})

test("none is taken before it begins, nor after it has ended", async () => {
  const it = playing()
  let open = false
  const turns = takeTurns(it, () => open)
  turns.turn()
  expect(it.done).toEqual([])
  open = true
  turns.soon()
  open = false
  await immediate()
  expect(it.done).toEqual([])
})
