/** Node's own `http` server on our connections. */
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http"
import { createServer, type PikaServer } from "./server.ts"

export interface HttpOnPika {
  readonly http: Server
  readonly server: PikaServer
}

export const createHttp = (listener: RequestListener): HttpOnPika => {
  const http = createHttpServer(listener)
  const server = createServer((socket) => {
    http.emit("connection", socket)
  })
  return { http, server }
}
