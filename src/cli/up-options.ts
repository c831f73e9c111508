/** The command line of `pika up`, read and checked before anything is opened. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Balance, defaultBalance, schemes } from "../core/topology.ts"
import { parseAddress, type StackAddress } from "../runtime/address.ts"
import { pinning } from "../runtime/cpus.ts"
import { DRIVERS, type Driver } from "../runtime/interface.ts"
import { InterfaceError } from "../runtime/interface-error.ts"
import { parseConfiguration } from "../server/configuration.ts"

export interface UpOptions {
  readonly configuration: string
  readonly driver: Driver
  /** An existing interface, or a TAP to be made; undefined: a Linux host in a namespace of ours. */
  readonly device: string | undefined
  readonly address: StackAddress
  readonly mac: string | undefined
  readonly record: string | undefined
  readonly socket: string
  /** CPU of each server; undefined: wherever the kernel puts them. */
  readonly cpus: ReadonlyArray<number> | undefined
  /** Servers never sleep. */
  readonly busyPoll: boolean
  /** How managers pick an acceptor. */
  readonly balance: Balance
}

export const UP_USAGE = `usage: pika up [--config TS2LS2CM2] [--dev IF] [--driver tap|packet|xdp|auto] [--address A.B.C.D/PREFIX]
               [--mac MAC|interface] [--pin auto|CPUS] [--busy-poll] [--record FILE] [--socket PATH]
               [--scheme ${schemes.map((x) => x.toLowerCase()).join("|")}] [--tariff N]`

/** A word on the command line that can't be. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

const DEFAULT_CONFIGURATION = "TS2LS2CM2"
const DEFAULT_ADDRESS = "10.99.0.2/24"
/** IFNAMSIZ − 1, in bytes; the kernel refuses blanks, slashes and colons. */
const INTERFACE_NAME = /^[^\s/:]{1,15}$/

const driverOf = (text: string): Driver => {
  const driver = DRIVERS.find((x) => x === text)
  if (driver !== undefined) return driver
  throw new InterfaceError({
    reason: "Driver",
    where: `driver ${JSON.stringify(text)}`,
    problem: "is unknown",
    remedy: `choose one of ${DRIVERS.join(", ")}; npx pika doctor says which are possible here`,
  })
}

const balanceOf = (name: string, tariff: string | undefined): Balance => {
  const scheme = schemes.find((x) => x.toLowerCase() === name.toLowerCase())
  if (scheme === undefined)
    throw new UsageError(
      `--scheme ${JSON.stringify(name)}: there is none; there are ${schemes.map((x) => x.toLowerCase()).join(", ")}`,
    )
  if (tariff === undefined) return { ...defaultBalance, scheme }
  const times = Number(tariff)
  if (!(times > 0 && times <= 1e6))
    throw new UsageError(`--tariff ${JSON.stringify(tariff)}: must be a number above 0, up to 1000000`)
  return { ...defaultBalance, scheme, tariff: times }
}

/** Without --dev the driver serves a wire to a namespace of ours; with it an address is needed, but for a TAP that we make. */
const consistent = (device: string | undefined, driver: Driver, address: string | undefined): void => {
  if (device === undefined && driver === "xdp") {
    throw new InterfaceError({
      reason: "Driver",
      where: "driver xdp",
      problem: "needs an interface",
      remedy: "name an existing one: --dev IF --address A.B.C.D/PREFIX",
    })
  }
  if (device === undefined) return
  if (!INTERFACE_NAME.test(device) || device === "." || device === "..")
    throw new UsageError(`--dev ${JSON.stringify(device)}: no interface has such a name`)
  if (address === undefined && driver !== "tap") {
    throw new InterfaceError({
      reason: "Address",
      where: `interface ${device}`,
      problem: "needs an address for the stack",
      remedy: "--address A.B.C.D/PREFIX, one of its network that nobody has, the kernel neither",
    })
  }
}

/**
 * @param queues receive queues of an interface, for AF_XDP's default configuration
 * @throws {InterfaceError | UsageError | ConfigurationError | PinError} what is wrong, and what would be right
 */
export const upOptions = (args: ReadonlyArray<string>, queues: (device: string) => number): UpOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string" },
      dev: { type: "string" },
      driver: { type: "string", default: "auto" },
      address: { type: "string" },
      mac: { type: "string" },
      pin: { type: "string" },
      "busy-poll": { type: "boolean", default: false },
      scheme: { type: "string", default: defaultBalance.scheme },
      tariff: { type: "string" },
      record: { type: "string" },
      socket: { type: "string" },
    },
  })
  const { dev: device, mac, record } = values
  const driver = driverOf(values.driver)
  consistent(device, driver, values.address)
  const address = parseAddress(values.address ?? DEFAULT_ADDRESS)
  if (mac !== undefined && device === undefined)
    throw new UsageError("--mac needs --dev: in a namespace of ours nobody else has one")
  const configuration = values.config ?? defaultConfiguration(device, driver, queues)
  const { servers } = parseConfiguration(configuration)
  return {
    configuration,
    driver,
    device,
    address,
    mac,
    record,
    socket: values.socket ?? process.env.PIKA_SOCKET ?? join(tmpdir(), `pika-${process.pid}.sock`),
    cpus: values.pin === undefined ? undefined : pinning(values.pin, servers.length),
    busyPoll: values["busy-poll"],
    balance: balanceOf(values.scheme, values.tariff),
  }
}

/** With AF_XDP each queue has a Link Server of its own: one queue, one of them. */
const defaultConfiguration = (
  device: string | undefined,
  driver: Driver,
  queues: (device: string) => number,
): string =>
  device !== undefined && driver === "xdp" && queues(device) === 1 ? "TS2LS1CM2" : DEFAULT_CONFIGURATION
