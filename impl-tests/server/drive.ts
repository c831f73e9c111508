/** Drives a test stack: clients open connections, applications answer, the clock goes on. */
import type { SchemeName } from "../../src/core/topology.ts"
import { directed } from "../../src/server/link-server.ts"
import { Client, type Conversation } from "./client.ts"
import type { App, TestStack } from "./stack.ts"

/** Combined, a subset of the servers, and split in all ways. */
export const configurations = [
  "TS1LS1CM1",
  "TS2LS2CM2",
  "TS3LS3CM1",
  "TS2LS2+CM1",
  "TS1LS1+CM1",
  "TS2+LS1+CM1",
  "TS1+LS1+CM1",
]

/** Each of them where an acceptor is chosen at the SYN, and where that is left until one is idle. */
export const runs = configurations.flatMap(
  (x): Array<[string, SchemeName]> => [
    [x, "Tournament"],
    [x, "Late"],
  ],
)

/** Answers every request with "hello NAME" and finishes. */
export const answer = (app: App): void => {
  for (const stream of app.streams) {
    const { changed } = stream
    void changed
    const bytes = stream.read()
    if (bytes === undefined) continue
    stream.write(Buffer.from(`hello ${new TextDecoder().decode(bytes)} from ${app.a}`))
    stream.finish()
  }
  app.attachment.flush()
}

export const clientsOf = (stack: TestStack) => stack.wires.map((wire) => new Client(wire, "you"))

/** A port whose flow the director gives to transport `t`, which link `t mod links` receives. */
export const openMany = (stack: TestStack, clients: ReadonlyArray<Client>, count: number, first = 20000) =>
  Array.from({ length: count }, (_, k): Conversation => {
    const port = first + k
    return clients[directed(port, stack.topology.transports) % clients.length]!.open(port, stack.now)
  })

export const play = (
  stack: TestStack,
  clients: ReadonlyArray<Client>,
  apps: ReadonlyArray<App>,
  rounds: number,
  us = 50,
) => {
  for (let k = 0; k < rounds; k++) {
    for (const client of clients) client.turn(stack.now)
    stack.settle(apps, us)
    for (const app of apps) answer(app)
  }
}
