/** Node's own `http` server on our connections. */
import {
  createServer as createHttpServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from "node:http"
import { PikaServer } from "./server.ts"

export interface HttpOnPika {
  /** `listen`, `close`, `address` and the like are the stack's; all else is Node's. */
  readonly http: Server
  /** What it listens by. */
  readonly server: PikaServer
}

/** As `http.createServer`. */
export function createHttp(listener: RequestListener): HttpOnPika
export function createHttp(options: ServerOptions, listener?: RequestListener): HttpOnPika
export function createHttp(first: ServerOptions | RequestListener, second?: RequestListener): HttpOnPika {
  const http =
    typeof first === "function" ? createHttpServer(first) : createHttpServer(first, second ?? undefined)
  return { http, server: carry(http) }
}

/** Has an `http` (or any other `node:net`) server take its connections from the stack that it then listens to. */
export const carry = (http: Server): PikaServer => {
  // As Node's own: a client that has said all may still be answered.
  const server = new PikaServer({ allowHalfOpen: true }, (socket) => http.emit("connection", socket))
  const closeOwn = http.close.bind(http)
  Object.defineProperties(http, {
    listening: { get: () => server.listening },
    maxConnections: {
      get: () => server.maxConnections,
      set: (most: number | undefined) => {
        server.maxConnections = most
      },
    },
  })
  Object.assign(http, {
    listen: (...args: ReadonlyArray<unknown>) => {
      server.listen(...args)
      return http
    },
    close: (callback?: (error?: Error) => void) => {
      http.closeIdleConnections?.()
      server.close((error) => {
        // It never listened itself, which is no news.
        closeOwn(() => callback?.(error))
      })
      return http
    },
    address: () => server.address(),
    getConnections: (callback: (error: Error | null, count: number) => void) => {
      server.getConnections(callback)
      return http
    },
    ref: () => {
      server.ref()
      return http
    },
    unref: () => {
      server.unref()
      return http
    },
  })
  server.on("listening", () => http.emit("listening"))
  server.on("drop", (data) => http.emit("drop", data))
  server.on("error", (error) => {
    // Who listens to either has heard of it.
    if (http.listenerCount("error") > 0 || server.listenerCount("error") === 1) http.emit("error", error)
  })
  return server
}
