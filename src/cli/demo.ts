/** One process of the demo web server, on Node's `http`. Its entry is `demo-main.ts`. */
import type { IncomingMessage, ServerResponse } from "node:http"

/** The paper's page: 4 bytes (§5.1). */
const PAGE = Buffer.from("PIKA")
const MOST_BYTES = 1 << 30
const MOST_DELAY = 60_000

/** Byte i of /bytes/N: deterministic, with a period that no power of two divides. */
export const byteAt = (i: number): number => (i % 251) ^ ((i / 65521) & 255)

const block = (from: number, count: number): Buffer => {
  const out = Buffer.allocUnsafe(count)
  for (let k = 0; k < count; k++) out[k] = byteAt(from + k)
  return out
}

const sendBytes = (response: ServerResponse, total: number): void => {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": total })
  let sent = 0
  const more = (): void => {
    while (sent < total) {
      const part = block(sent, Math.min(65536, total - sent))
      sent += part.length
      if (!response.write(part)) {
        response.once("drain", more)
        return
      }
    }
    response.end()
  }
  more()
}

const number = (text: string, most: number): number | undefined => {
  const n = Number(text)
  return Number.isInteger(n) && n >= 0 && n <= most ? n : undefined
}

/** `/` the 4-byte page, `/bytes/N`, `POST /echo`, `/slow/MS`, `/who` this process. */
export const handle = (request: IncomingMessage, response: ServerResponse): void => {
  const path = request.url ?? "/"
  if (path === "/") {
    response.writeHead(200, { "content-type": "text/plain", "content-length": PAGE.length })
    response.end(PAGE)
    return
  }
  const [, kind = "", argument = ""] = path.split("/")
  const bytes = kind === "bytes" ? number(argument, MOST_BYTES) : undefined
  const delay = kind === "slow" ? number(argument, MOST_DELAY) : undefined
  if (bytes !== undefined) sendBytes(response, bytes)
  else if (delay !== undefined) setTimeout(() => response.end("slow\n"), delay)
  else if (kind === "who") response.end(`${process.pid}\n`)
  else if (kind === "echo" && request.method === "POST") {
    response.writeHead(200, { "content-type": "application/octet-stream" })
    request.pipe(response)
  } else {
    response.writeHead(404, { "content-type": "text/plain" })
    response.end("not found: try /, /bytes/N, /slow/MS, /who or POST /echo\n")
  }
}
