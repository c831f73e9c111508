/** The arguments of `listen`, in all the forms of `node:net` that make sense on a stack. */
import { nodeError } from "./errors.ts"

export interface ListenOptions {
  readonly port: number | string
  /** The stack's own address, or one that stands for all. */
  readonly host?: string
  /** Path of the stack's control socket; PIKA_SOCKET by default. */
  readonly socket?: string
  /** Aborted: the server closes. */
  readonly signal?: AbortSignal
  /** Accepted: the stack's configuration says how long its queues are, and several processes may always share a port. */
  readonly backlog?: number
  readonly exclusive?: boolean
  readonly reusePort?: boolean
  readonly ipv6Only?: boolean
}

export interface ListenArguments {
  readonly port: number
  readonly host: string | undefined
  readonly socket: string | undefined
  readonly signal: AbortSignal | undefined
  readonly callback: (() => void) | undefined
}

/** @throws {RangeError} ERR_SOCKET_BAD_PORT @throws {TypeError} ERR_INVALID_ARG_VALUE for a path or a handle */
export const listenArguments = (args: ReadonlyArray<unknown>): ListenArguments => {
  const last = args.at(-1)
  const callback = typeof last === "function" ? (last as () => void) : undefined
  const [first, second] = args
  const options: Partial<ListenOptions> =
    typeof first === "object" && first !== null
      ? (first as ListenOptions)
      : { port: first as number, ...(typeof second === "string" ? { host: second } : {}) }
  if ("path" in options || "fd" in options || options.port === undefined) {
    throw nodeError("ERR_INVALID_ARG_VALUE", "listen: a stack has ports only: listen({ port })", TypeError)
  }
  return {
    port: checkedPort(options.port),
    host: options.host,
    socket: options.socket ?? process.env.PIKA_SOCKET,
    signal: options.signal,
    callback,
  }
}

const checkedPort = (port: unknown): number => {
  const text = typeof port === "string" ? port.trim() : undefined
  const n = text === undefined ? port : text === "" ? Number.NaN : Number(text)
  if (typeof n === "number" && Number.isInteger(n) && n >= 1 && n <= 65535) return n
  const why = n === 0 ? "a stack does not choose ports" : "a port is from 1 to 65535"
  throw nodeError("ERR_SOCKET_BAD_PORT", `listen: port ${String(port)}: ${why}`, RangeError)
}

/** Whether a server that asks for `host` may have the stack's address. */
export const isListenable = (host: string | undefined, address: string): boolean =>
  host === undefined || host === "0.0.0.0" || host === "::" || host === address
