import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ROUTE } from "../../src/native/interface.ts"
import { addressProblem, macOf, neighbourOf, parseAddress, parseMac } from "../../src/runtime/address.ts"
import { InterfaceError } from "../../src/runtime/interface-error.ts"

const refusal = (attempt: () => unknown): InterfaceError => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof InterfaceError) return error
    throw error
  }
  throw new Error("it was accepted")
}

describe("the stack's address", () => {
  test.each([
    ["10.99.0.2/24", "10.99.0.2", 24],
    ["192.168.7.254/16", "192.168.7.254", 16],
    ["10.0.0.1/30", "10.0.0.1", 30],
  ])("%s", (text, address, prefix) => {
    expect(parseAddress(text)).toEqual({ address, prefix })
  })

  test.each([
    ["", "cannot be read"],
    ["10.99.0.2", "lacks its network's prefix"],
    ["10.99.0/24", "cannot be read"],
    ["10.99.0.256/24", "has a number above 255"],
    ["10.99.0.2/24x", "cannot be read"],
    ["fd00::2/64", "cannot be read"],
    ["10.99.0.2/0", "has a prefix outside 8 to 30"],
    ["10.99.0.2/31", "has a prefix outside 8 to 30"],
    ["10.99.0.2/999999999999", "has a prefix outside 8 to 30"],
    ["127.0.0.2/8", "is no address that a host can have"],
    ["0.0.0.1/8", "is no address that a host can have"],
    ["224.0.0.1/24", "is no address that a host can have"],
    ["10.99.0.0/24", "is its network's own address"],
    ["10.99.0.255/24", "is its network's broadcast address"],
  ])("%j is refused: %s", (text, problem) => {
    const error = refusal(() => parseAddress(text))
    expect(error).toMatchObject({ _tag: "InterfaceError", reason: "Address" })
    expect(error.message).toContain(JSON.stringify(text))
    expect(error.problem).toContain(problem)
    expect(error.remedy).not.toBe("")
  })

  test("the kernel's end of a wire is another host of the same network", () => {
    const address = fc
      .tuple(fc.integer({ min: 0x0b000000, max: 0x7effffff }), fc.integer({ min: 8, max: 30 }))
      .map(([word, prefix]) => {
        const hosts = 2 ** (32 - prefix)
        const host = 1 + (word % (hosts - 2))
        const at = word - (word % hosts) + host
        return { address: [24, 16, 8, 0].map((k) => (at >>> k) & 255).join("."), prefix }
      })
    const word = (text: string) => text.split(".").reduce((sum, b) => sum * 256 + Number(b), 0)
    fc.assert(
      fc.property(address, (ours) => {
        const theirs = neighbourOf(ours)
        expect(parseAddress(`${theirs.address}/${theirs.prefix}`)).toEqual(theirs)
        expect(theirs.address).not.toBe(ours.address)
        const hosts = 2 ** (32 - ours.prefix)
        expect(Math.floor(word(theirs.address) / hosts)).toBe(Math.floor(word(ours.address) / hosts))
      }),
    )
  })

  test("may not be the kernel's own, nor a broadcast address", () => {
    expect(addressProblem("10.0.0.1", undefined)).toBeUndefined()
    expect(addressProblem("10.0.0.1", { type: ROUTE.unicast, index: 2 })).toBeUndefined()
    const own = addressProblem("10.0.0.1", { type: ROUTE.local, index: 1 })
    expect(own?.message).toMatch(/is this machine's own: .* reset our connections/)
    expect(addressProblem("10.0.0.1", { type: ROUTE.broadcast, index: 2 })?.reason).toBe("Address")
  })
})

describe("the stack's link address", () => {
  test("is local, single, and the same for the same address", () => {
    expect(macOf("10.99.0.2")).toEqual([0x02, 0x50, 10, 99, 0, 2])
    expect(parseMac("02:00:00:0a:Bc:01")).toEqual([2, 0, 0, 10, 0xbc, 1])
  })

  test.each(["", "02:00:00:00:00", "02:00:00:00:00:0g", "01:00:5e:00:00:01", "00:00:00:00:00:00"])(
    "%j is refused",
    (text) => {
      expect(refusal(() => parseMac(text)).message).toContain("--mac")
    },
  )
})
