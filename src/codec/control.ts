/**
 * The first words on the control socket between an application and its stack: one JSON message each way, with descriptors
 * on the answer. Nothing that comes in is trusted.
 */
import type { Topology } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"

/** Both sides must agree on it, and on all that is laid out in shared memory. */
export const CONTROL_VERSION = 1

/** What an application asks for: a slot, to accept connections to a port. */
export interface Hello {
  readonly pika: typeof CONTROL_VERSION
  readonly listen: number
  readonly pid: number
}

/** What it is told, with the descriptors: memory, recorder, its own bell, the servers' bells. */
export interface WelcomeMessage {
  readonly welcome: true
  /** Slot, generation to continue after, port. */
  readonly a: number
  readonly g: number
  readonly port: number
  /** The stack's address, dotted. */
  readonly address: string
  readonly topology: Topology
  /** Server of each transport and manager. */
  readonly transports: ReadonlyArray<number>
  readonly managers: ReadonlyArray<number>
  readonly link: AppLinkConfig
  /** Monotonic time of the stack's start, µs. */
  readonly epoch: number
  readonly servers: number
  readonly recorderCapacity: number
}

/** The stack's second and last word: SYNs to the port are not refused any more, whichever manager they come to. */
export interface Listening {
  readonly listening: true
}

export const isListening = (value: unknown): value is Listening =>
  typeof value === "object" && value !== null && (value as Listening).listening === true

/** Why it is not welcome; `code` as a failed `listen` of `node:net` would have it. */
export interface Refusal {
  readonly error: string
  readonly code: "EINVAL" | "EPROTO" | "EAGAIN" | "ECONNRESET"
}

const isPort = (x: unknown): boolean => Number.isInteger(x) && (x as number) >= 1 && (x as number) <= 65535

const refuse = (code: Refusal["code"], error: string): Refusal => ({ error, code })

/** An application's first word, or why it is none. */
export const parseHello = (value: unknown): Hello | Refusal => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("EINVAL", 'expected a JSON object {"pika": version, "listen": port, "pid": pid}')
  }
  const { pika, listen, pid } = value as Readonly<Record<string, unknown>>
  if (pika !== CONTROL_VERSION) {
    const said = typeof pika === "number" ? String(pika) : "none"
    return refuse("EPROTO", `the control socket speaks version ${CONTROL_VERSION}, the application ${said}`)
  }
  if (!isPort(listen)) return refuse("EINVAL", "listen: expected a port from 1 to 65535")
  if (!Number.isInteger(pid) || (pid as number) < 1) return refuse("EINVAL", "pid: expected a process id")
  return { pika: CONTROL_VERSION, listen: listen as number, pid: pid as number }
}

/** The stack's answer, or why it is none. */
export const parseWelcome = (value: unknown, descriptors: number): WelcomeMessage | Refusal => {
  const answer = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >
  if (answer.welcome !== true) {
    if (typeof answer.error !== "string") return refuse("EPROTO", "the stack's answer cannot be read")
    const code = typeof answer.code === "string" ? answer.code : "EPROTO"
    return { error: answer.error, code: code as Refusal["code"] }
  }
  const welcome = answer as unknown as WelcomeMessage
  if (!Number.isInteger(welcome.servers) || descriptors !== 3 + welcome.servers) {
    return refuse("EPROTO", `the stack's answer came with ${descriptors} descriptors`)
  }
  return welcome
}
