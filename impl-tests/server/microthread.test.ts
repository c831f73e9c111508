import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Microthread, Microthreads, type Stretch } from "../../src/server/microthread.ts"

describe("microthreads (§4.2)", () => {
  test("one that neither yields nor waits ends within `run`, and its words are free again", () => {
    const threads = new Microthreads(1)
    const seen: Array<number> = []
    for (let k = 0; k < 3; k++) {
      const thread = threads.take()!
      thread.words[0] = k
      threads.run(thread, (x) => seen.push(x.words[0]!))
    }
    expect(seen).toEqual([0, 1, 2])
    expect(threads.live).toBe(0)
  })

  test("one more than there are is refused and counted; the others are untouched", () => {
    const threads = new Microthreads(2)
    const wait: Stretch = (x) => threads.wait(x, () => {})
    const first = threads.take()!
    threads.run(first, wait)
    threads.run(threads.take()!, wait)
    expect(threads.take()).toBeUndefined()
    expect(threads.counters).toEqual({ started: 2, refused: 1 })
    threads.resume(first)
    threads.turn()
    expect(threads.live).toBe(1)
    expect(threads.take()).toBeDefined()
  })

  test("one that always yields keeps nobody from running, nor the turn from ending", () => {
    const threads = new Microthreads(4)
    const ran: Array<number> = []
    const forever: Stretch = (x) => {
      ran.push(x.index)
      threads.yield(x, forever)
    }
    for (let k = 0; k < 3; k++) threads.run(threads.take()!, forever)
    for (let k = 0; k < 3; k++) expect(threads.turn()).toBe(3)
    expect(ran).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
  })

  test("what is no thread's to do is an error", () => {
    const threads = new Microthreads(2)
    const thread = threads.take()!
    expect(() => threads.resume(thread)).toThrow("waits for nothing")
    threads.run(thread, (x) => threads.yield(x, () => {}))
    expect(() => threads.yield(thread, () => {})).toThrow("does not run")
    expect(() => threads.wait(thread, () => {})).toThrow("does not run")
    threads.run(threads.take()!, (x) => {
      threads.yield(x, () => {})
      expect(() => threads.wait(x, () => {})).toThrow("does not run")
    })
  })

  test("`ended` sees each thread once, with its words", () => {
    const ended: Array<number> = []
    const threads = new Microthreads(2, (x) => ended.push(x.words[0]!))
    const thread = threads.take()!
    thread.words[0] = 7
    threads.run(thread, (x) => threads.yield(x, (y) => threads.wait(y, () => {})))
    threads.turn()
    expect(ended).toEqual([])
    threads.resume(thread)
    threads.turn()
    expect(ended).toEqual([7])
  })
})

/** What a thread does in each of its stretches; after the last it ends. */
type Script = ReadonlyArray<"yield" | "wait">

test("law: any threads at all run their stretches in order, ready ones first come first served", () => {
  const script: fc.Arbitrary<Script> = fc.array(fc.constantFrom<"yield" | "wait">("yield", "wait"), {
    maxLength: 6,
  })
  const capacity = 4
  fc.assert(
    fc.property(
      fc.array(fc.oneof(script, fc.constant("turn" as const), fc.nat(capacity - 1)), { maxLength: 60 }),
      (commands) => {
        const threads = new Microthreads(capacity)
        const ran: Array<string> = []
        const expected: Array<string> = []
        // The model: a list of names in the order in which they became ready.
        let ready: Array<{ readonly name: number; at: number; readonly script: Script }> = []
        const waiting: typeof ready = []
        const handles = new Map<number, Microthread>()
        let names = 0

        const body: (name: number, script: Script, at: number) => Stretch = (name, script, at) => (x) => {
          ran.push(`${name}.${at}`)
          expect(x.words[0]).toBe(name)
          const next = script[at]
          if (next === "yield") threads.yield(x, body(name, script, at + 1))
          else if (next === "wait") threads.wait(x, body(name, script, at + 1))
        }
        const model = (x: (typeof ready)[number]) => {
          expected.push(`${x.name}.${x.at}`)
          const next = x.script[x.at++]
          if (next === "yield") ready.push(x)
          else if (next === "wait") waiting.push(x)
        }

        for (const command of commands) {
          if (command === "turn") {
            const now = ready
            ready = []
            expect(threads.turn()).toBe(now.length)
            for (const x of now) model(x)
          } else if (typeof command === "number") {
            const [x] = waiting.splice(command, 1)
            if (x === undefined) continue
            threads.resume(handles.get(x.name)!)
            ready.push(x)
          } else {
            const full = ready.length + waiting.length === capacity
            const thread = threads.take()
            expect(thread === undefined).toBe(full)
            if (thread === undefined) continue
            const name = names++
            thread.words[0] = name
            handles.set(name, thread)
            threads.run(thread, body(name, command, 0))
            model({ name, at: 0, script: command })
          }
          expect(threads.live).toBe(ready.length + waiting.length)
          expect(threads.ready).toBe(ready.length)
        }
        expect(ran).toEqual(expected)
      },
    ),
  )
})
