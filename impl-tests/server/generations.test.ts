import { describe, expect, test } from "vitest"
import { encodeMessage } from "../../src/codec/message.ts"
import { appLinkOffsets } from "../../src/memory/app-link.ts"
import { QueueWriter } from "../../src/memory/queue.ts"
import { clientsOf, openMany, play } from "./drive.ts"
import { PORT, TestStack } from "./stack.ts"

/** With and without a transport beside the manager, which then reads the ring itself. */
describe.each(["TS1LS1CM1", "TS1+LS1+CM1"])("generations of an application slot in %s", (configuration) => {
  test("cannot be used up by one that skips them: it is a violation, and a successor registers", () => {
    const stack = new TestStack(configuration)
    const liar = stack.attach(0)
    const home = stack.servers.findIndex((x) => x.manager !== undefined)
    const link = stack.servers[home]!.dispatcher.links.get(0)!
    const offset = link.offsets.toServer
    const writer = new QueueWriter(link.region, offset, link.config.queueCapacity)
    expect(offset % 4096).toBe(appLinkOffsets(link.config).toServer % 4096)
    const wrong = [2, 2 ** 31 - 1, 0, -1, -(2 ** 31)]
    for (const g of wrong) {
      encodeMessage(writer.words, writer.reserve(), { _tag: "AcceptConnection", a: 0, g }, PORT)
      writer.submit()
    }
    stack.servers[home]!.turn()
    expect(link.violations).toBe(wrong.length)
    const g = stack.servers.map((x) => x.detach(0)).reduce((x, y) => Math.max(x, y))
    expect(g).toBe(0)
    stack.kill(liar)
    const honest = stack.attach(0, g)
    const clients = clientsOf(stack)
    play(stack, clients, [honest], 20)
    const [one] = openMany(stack, clients, 1)
    play(stack, clients, [honest], 100)
    expect(one!.heard).toBe("hello you from 0")
  })
})
