import { describe, expect, test } from "vitest"
import { upOptions } from "../../src/cli/up-options.ts"
import { defaultBalance } from "../../src/core/topology.ts"

const options = (line: string, queues = 4) =>
  upOptions(
    line.split(" ").filter((x) => x !== ""),
    () => queues,
  )
const refused = (line: string): string => {
  try {
    options(line)
  } catch (error) {
    return `${(error as { name: string }).name}: ${(error as Error).message}`
  }
  return "accepted"
}

describe("the command line of pika up", () => {
  test("without words: a Linux host of our own", () => {
    expect(options("")).toMatchObject({
      configuration: "TS2LS2CM2",
      driver: "auto",
      device: undefined,
      address: { address: "10.99.0.2", prefix: 24 },
      cpus: undefined,
    })
  })

  test("on an interface", () => {
    expect(
      options("--dev eth0 --driver packet --address 192.0.2.9/24 --mac interface --pin auto"),
    ).toMatchObject({
      device: "eth0",
      driver: "packet",
      address: { address: "192.0.2.9", prefix: 24 },
      mac: "interface",
    })
    expect(options("--pin auto --config TS3LS3CM3").cpus).toHaveLength(3)
    expect([options("").busyPoll, options("--busy-poll").busyPoll]).toEqual([false, true])
  })

  test("how acceptors are picked: the paper's tournament, unless told otherwise", () => {
    expect(options("").balance).toEqual(defaultBalance)
    expect(options("--scheme shortest").balance).toEqual({ ...defaultBalance, scheme: "Shortest" })
    expect(options("--scheme late").balance).toEqual({ ...defaultBalance, scheme: "Late" })
    expect(options("--scheme Filtered --tariff 4").balance).toEqual({
      ...defaultBalance,
      scheme: "Filtered",
      tariff: 4,
    })
  })

  test("AF_XDP on one queue has one Link Server, unless told otherwise", () => {
    const line = "--dev eth0 --driver xdp --address 192.0.2.9/24"
    expect(options(line, 1).configuration).toBe("TS2LS1CM2")
    expect(options(line, 2).configuration).toBe("TS2LS2CM2")
    expect(options(`${line} --config TS1LS1CM1`, 2).configuration).toBe("TS1LS1CM1")
  })

  test.each([
    ["--driver dpdk", /InterfaceError: driver "dpdk" is unknown: choose one of auto, tap, packet, xdp/],
    ["--driver xdp", /InterfaceError: driver xdp needs an interface: .*--dev IF/],
    ["--dev eth0", /InterfaceError: interface eth0 needs an address for the stack: --address/],
    ["--dev eth0 --address 1.2.3", /InterfaceError: address "1.2.3" cannot be read: write for example/],
    ["--dev a/b --driver tap", /UsageError: --dev "a\/b": no interface has such a name/],
    ["--dev abcdefghijklmnop --driver tap", /UsageError: --dev "abcdefghijklmnop"/],
    ["--mac interface", /UsageError: --mac needs --dev/],
    ["--pin x", /PinError: --pin x: expected "auto", or CPUs/],
    ["--config TS2", /ConfigurationError: configuration "TS2".*LS/],
    [
      "--scheme best",
      /UsageError: --scheme "best": there is none; there are naive, .*tournament, shortest, late$/,
    ],
    ["--tariff 0", /UsageError: --tariff "0": must be a number above 0/],
    ["--tariff NaN", /UsageError: --tariff "NaN"/],
    ["--nonsense", /--nonsense/],
  ])("%s is refused", (line, message) => {
    expect(refused(line)).toMatch(message)
  })
})
