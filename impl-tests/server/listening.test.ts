import { describe, expect, test } from "vitest"
import { TestStack } from "./stack.ts"

describe("whether a port is listened on", () => {
  test.each(["Tournament", "Late"] as const)(
    "%s: is told by each server when its manager knows it: by the registration, or by another's offer",
    (scheme) => {
      const stack = new TestStack("TS2LS2CM2", 4, 256, 64, scheme)
      const app = stack.attach(0)
      const told: Array<number> = []
      stack.servers.forEach((server, k) => {
        server.listening.ask(0, () => told.push(k))
      })
      stack.settle([])
      expect(told).toEqual([])
      // Its home manager hears of it first, and offers it to the other.
      app.attachment.poll()
      stack.servers[0]!.turn()
      expect(told).toEqual([0])
      for (let k = 0; k < 20 && told.length < 2; k++) stack.settle([app], 50)
      expect(told).toEqual([0, 1])
      // Once known it is known at once, and once only.
      stack.servers[1]!.listening.ask(0, () => told.push(2))
      stack.settle([app], 50)
      expect(told).toEqual([0, 1, 2])
    },
  )

  test("is told at the latest when the process has ended that wanted to listen", () => {
    const stack = new TestStack("TS1LS1CM1")
    const app = stack.attach(0)
    const told: Array<string> = []
    stack.servers[0]!.listening.ask(0, () => told.push("heard"))
    stack.settle([])
    expect(told).toEqual([])
    stack.kill(app)
    expect(told).toEqual(["heard"])
  })

  test("a server without a manager has nothing to know", () => {
    const stack = new TestStack("TS1+LS1+CM1")
    stack.attach(0)
    let told = 0
    stack.servers[0]!.listening.ask(0, () => {
      told++
    })
    expect(told).toBe(1)
  })
})
