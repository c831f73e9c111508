/**
 * One side of the same HTTP exchanges on Node's own `http` server over `node:net` and over our sockets, as a process:
 * `server net|pika PORT`, which logs what the server sees, or `client HOST PORT`, which logs what a raw client gets.
 */
import { createHash } from "node:crypto"
import { createServer, type RequestListener, type Server } from "node:http"
import { connect, type Socket } from "node:net"
import { createHttp } from "../../src/socket/http.ts"

const LARGE = 1 << 20
const say = (message: unknown): void => {
  process.send?.(message as object)
}

const serve = (which: string, port: number): void => {
  const lines: Array<string> = []
  const log = (line: string) => lines.push(line)
  const handle: RequestListener = (request, response) => {
    log(`${request.method} ${request.url} ${request.httpVersion}`)
    response.on("close", () => log(`response closed, finished ${response.writableFinished}`))
    if (request.url === "/large") response.end(Buffer.alloc(LARGE, 7))
    else if (request.url === "/stream") {
      response.write("begun")
      request.on("aborted", () => log("aborted"))
    } else if (request.method === "POST") request.pipe(response)
    else response.end(`this is ${request.url}`)
  }
  const http: Server = which === "net" ? createServer(handle) : createHttp(handle).http
  http.on("clientError", (error, socket) => {
    log(`clientError ${(error as NodeJS.ErrnoException).code}`)
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
  })
  http.on("checkContinue", (request, response) => {
    log("checkContinue")
    response.writeContinue()
    http.emit("request", request, response)
  })
  http.on("upgrade", (request, socket) => {
    log(`upgrade ${request.headers.upgrade}`)
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
    socket.pipe(socket)
  })
  process.on("message", (word) => {
    if (word === "close")
      http.close((error) => say({ lines, error: error === undefined ? null : String(error) }))
  })
  http.listen({ port, host: "0.0.0.0" }, () => {
    log(`listening ${http.listening} ${(http.address() as { port: number }).port === port}`)
    say("ready")
  })
}

/** Says the parts one after the other, each when the last was answered; answers all that was heard, the date apart. */
const exchange = async (
  host: string,
  port: number,
  parts: ReadonlyArray<string>,
  end: "end" | "destroy" | "wait" = "wait",
): Promise<string> => {
  const socket: Socket = connect({ host, port, allowHalfOpen: true })
  const heard: Array<Buffer> = []
  let news = () => {}
  socket.on("data", (x) => {
    heard.push(x)
    news()
  })
  let over = "open"
  socket.on("error", (error) => {
    over = (error as NodeJS.ErrnoException).code ?? "error"
  })
  const ended = new Promise<void>((resolve) => {
    socket.on("end", () => {
      if (over === "open") over = "end"
      resolve()
    })
    socket.on("close", () => resolve())
  })
  for (const part of parts) {
    const answered = new Promise<void>((resolve) => {
      news = () => setTimeout(resolve, 40)
    })
    socket.write(part)
    // A part of a body has no answer of its own.
    await Promise.race([answered, ended, new Promise((resolve) => setTimeout(resolve, 150))])
  }
  if (end === "end") socket.end()
  if (end === "destroy") socket.destroy()
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 300))])
  socket.destroy()
  const bytes = Buffer.concat(heard)
  if (bytes.length > 10_000)
    return `${bytes.length > LARGE} ${createHash("sha256").update(bytes.subarray(-LARGE)).digest("hex")} ${over}`
  return `${bytes.toString("latin1").replaceAll(/Date: [^\r]*\r\n/g, "")} [${over}]`
}

const call = async (host: string, port: number): Promise<void> => {
  const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
  const close = "Connection: close\r\n"
  const chunked = "Transfer-Encoding: chunked\r\n"
  const lines: Array<string> = []
  const say1 = async (parts: ReadonlyArray<string>, end?: "end" | "destroy" | "wait") =>
    lines.push(await exchange(host, port, parts, end))
  await say1([get("/one", close)])
  await say1(["GET /old HTTP/1.0\r\n\r\n"])
  await say1([get("/first"), get("/second"), get("/third", close)])
  await say1([get("/a") + get("/b") + get("/c", close)])
  await say1(["HEAD /head HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
  await say1([`POST / HTTP/1.1\r\nHost: x\r\n${close}Content-Length: 5\r\n\r\nhello`])
  await say1([`POST / HTTP/1.1\r\nHost: x\r\n${close}${chunked}\r\n`, "3\r\nabc\r\n", "2\r\nde\r\n0\r\n\r\n"])
  await say1([
    `POST / HTTP/1.1\r\nHost: x\r\n${close}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`,
    "body",
  ])
  await say1(["this is no HTTP\r\n\r\n"])
  await say1([get("/half")], "end")
  await say1([get("/large", close)])
  await say1([get("/stream")], "destroy")
  await say1([get("/up", "Connection: Upgrade\r\nUpgrade: echo\r\n"), "to and fro"], "end")
  say(lines)
}

const [side, first = "", second = ""] = process.argv.slice(2)
if (side === "server") serve(first, Number(second))
if (side === "client") void call(first, Number(second))
process.on("disconnect", () => process.exit(0))
