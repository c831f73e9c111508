/** The stack's address as an operator writes it, A.B.C.D/PREFIX, and whether the kernel leaves it to us. */
import { ROUTE, type Route } from "../native/interface.ts"
import { InterfaceError } from "./interface-error.ts"

export interface StackAddress {
  /** As 10.99.0.2. */
  readonly address: string
  readonly prefix: number
}

/** Shorter ones are no network that one interface is on; longer ones have no room for a neighbour. */
const SHORTEST = 8
const LONGEST = 30

const EXAMPLE = "write for example --address 10.99.0.2/24"

const bad = (text: string, problem: string, remedy = EXAMPLE): InterfaceError =>
  new InterfaceError({ reason: "Address", where: `address ${JSON.stringify(text)}`, problem, remedy })

const wordOf = (bytes: ReadonlyArray<number>): number => bytes.reduce((word, b) => word * 256 + b, 0)
const textOf = (word: number): string => [24, 16, 8, 0].map((k) => (word >>> k) & 255).join(".")

/** @throws {InterfaceError} naming what is wrong with it */
export const parseAddress = (text: string): StackAddress => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d+))?$/.exec(text)
  if (parts === null) throw bad(text, "cannot be read")
  const bytes = parts.slice(1, 5).map(Number)
  if (bytes.some((b) => b > 255)) throw bad(text, "has a number above 255")
  if (parts[5] === undefined) throw bad(text, "lacks its network's prefix")
  const prefix = Number(parts[5])
  if (prefix < SHORTEST || prefix > LONGEST) throw bad(text, `has a prefix outside ${SHORTEST} to ${LONGEST}`)
  const first = bytes[0]!
  if (first === 0 || first === 127 || first >= 224)
    throw bad(text, "is no address that a host can have (RFC 6890)")
  const word = wordOf(bytes)
  const hosts = 2 ** (32 - prefix)
  const host = word % hosts
  if (host === 0) throw bad(text, "is its network's own address, no host's")
  if (host === hosts - 1) throw bad(text, "is its network's broadcast address, no host's")
  return { address: bytes.join("."), prefix }
}

/** The first other host of the same network: for the kernel's end of a TAP. */
export const neighbourOf = ({ address, prefix }: StackAddress): StackAddress => {
  const word = wordOf(address.split(".").map(Number))
  const network = word - (word % 2 ** (32 - prefix))
  return { address: textOf(network + 1 === word ? network + 2 : network + 1), prefix }
}

/** What the kernel says of an address, as the reason why it can't be ours; undefined: it leaves it to us. */
export const addressProblem = (address: string, route: Route | undefined): InterfaceError | undefined => {
  if (route?.type === ROUTE.local) {
    return bad(
      address,
      "is this machine's own: the kernel would answer there and reset our connections",
      "give an address of the interface's network that nobody has",
    )
  }
  if (route?.type === ROUTE.broadcast || route?.type === ROUTE.multicast)
    return bad(address, "is a broadcast or multicast address here")
  return undefined
}

/** Bytes of a link address, as 02:00:00:00:00:01. @throws {InterfaceError} not unicast, or unreadable */
export const parseMac = (text: string): ReadonlyArray<number> => {
  const fail = (problem: string): InterfaceError =>
    new InterfaceError({
      reason: "Address",
      where: `link address ${JSON.stringify(text)}`,
      problem,
      remedy: "write for example --mac 02:00:00:00:00:01, or --mac interface for the interface's own",
    })
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw fail("cannot be read")
  const bytes = text.split(":").map((x) => Number.parseInt(x, 16))
  if ((bytes[0]! & 1) !== 0 || bytes.every((b) => b === 0)) throw fail("is no single interface's")
  return bytes
}

/** A locally administered link address (IEEE 802) that belongs to one IPv4 address: the same at every start. */
export const macOf = (address: string): ReadonlyArray<number> => [
  0x02,
  0x50,
  ...address.split(".").map(Number),
]
