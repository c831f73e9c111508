/**
 * One side of the scripts, as a process: `server net|pika`, or `client HOST`. Its parent names a script by its number and gets
 * its log: the server's says `listening` before, and is asked for the log by the word `log`.
 */
import { EventEmitter } from "node:events"
import { connect, createServer as createNetServer, type Server, type Socket } from "node:net"
import { createServer as createPikaServer } from "../../src/socket/server.ts"
import { type Behaviour, behaviours, happens } from "./behaviours.ts"
import { moreBehaviours } from "./behaviours-more.ts"

export const scripts: ReadonlyArray<Behaviour> = [...behaviours, ...moreBehaviours]
export const PORT = 9000

const [side, which = ""] = process.argv.slice(2)
const say = (message: unknown): void => {
  process.send?.(message as object)
}

const serve = async (k: number): Promise<void> => {
  const { options = {}, server: play } = scripts[k]!
  const lines: Array<string> = []
  const log = (line: string) => lines.push(line)
  const server = (which === "net" ? createNetServer(options) : createPikaServer(options)) as unknown as Server
  const waiting: Array<Socket> = []
  const arrived = new EventEmitter()
  server.on("connection", (socket) => {
    waiting.push(socket)
    arrived.emit("socket")
  })
  const accept = async (): Promise<Socket> => {
    while (waiting.length === 0) await happens(arrived, "socket")
    return waiting.shift()!
  }
  server.listen({ port: PORT + k, host: "0.0.0.0" })
  await happens(server, "listening")
  const played = play({ server, accept, log })
  say("listening")
  await Promise.all([played, happens(process, "message")])
  if (server.listening) await new Promise((resolve) => server.close(resolve))
  say(lines)
}

const call = async (k: number): Promise<void> => {
  const lines: Array<string> = []
  await scripts[k]!.client({
    log: (line) => lines.push(line),
    connect: async (options = {}) => {
      const socket = connect({ host: which, port: PORT + k, ...options })
      await happens(socket, "connect")
      return socket
    },
  })
  say(lines)
}

if (side !== undefined) {
  let busy = false
  process.on("message", (k) => {
    if (busy || typeof k !== "number") return
    busy = true
    void (side === "server" ? serve(k) : call(k)).then(() => {
      busy = false
    })
  })
  process.on("disconnect", () => process.exit(0))
  say("ready")
}
