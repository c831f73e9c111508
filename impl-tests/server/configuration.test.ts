import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  ConfigurationError,
  parseConfiguration,
  serverOfManager,
  serverOfTransport,
} from "../../src/server/configuration.ts"

describe("the paper's notation (§5.4)", () => {
  test("combined", () => {
    const plan = parseConfiguration("TS2LS2CM2")
    expect(plan).toMatchObject({ transports: 2, links: 2, managers: 2 })
    expect(plan.servers).toEqual([
      { transport: 0, link: 0, manager: 0 },
      { transport: 1, link: 1, manager: 1 },
    ])
  })

  test("subset: the first m of n have it", () => {
    const plan = parseConfiguration("TS3LS3CM1")
    expect(plan.servers.map((x) => x.manager)).toEqual([0, undefined, undefined])
  })

  test("split", () => {
    const plan = parseConfiguration("TS2+LS1+CM1")
    expect(plan.servers).toHaveLength(4)
    expect([serverOfTransport(plan, 1), serverOfManager(plan, 0)]).toEqual([1, 3])
  })

  test("the order within a server does not matter, nor that of the groups", () => {
    expect(parseConfiguration("CM1LS1TS1").servers).toEqual(parseConfiguration("TS1LS1CM1").servers)
    expect(parseConfiguration("CM1+LS2TS2").servers.map((x) => x.manager)).toEqual([0, undefined, undefined])
  })

  test.each([
    ["", 0, "expected TS, LS or CM"],
    ["TS1", 3, "no Link Server (LS)"],
    ["LS1CM1", 6, "no Transport Server (TS)"],
    ["TS1LS1", 6, "no Connection Manager (CM)"],
    ["TS0LS1CM1", 0, "Transport Servers (TS) must be 1 to 16, found 0"],
    ["TS1LS17CM1", 3, "Link Servers (LS) must be 1 to 16, found 17"],
    ["TS1LS1+CM99999999999", 7, "Connection Managers (CM) must be 1 to 16"],
    ["TS1TS1LS1CM1", 3, "Transport Servers (TS) stand twice"],
    ["TS1LS1+TS1CM1", 7, "Transport Servers (TS) stand twice"],
    ["TS1LS1CM1+", 10, 'expected TS, LS or CM and a number, found ""'],
    ["+TS1LS1CM1", 0, "expected TS, LS or CM"],
    ["TS1++LS1CM1", 4, "expected TS, LS or CM"],
    ["XS1LS1CM1", 0, 'found "XS1LS1CM1"'],
    ["TS1LS1CM1x", 9, 'expected +, or TS, LS or CM and a number, found "x"'],
    ["TS1LS1CM", 6, 'found "CM"'],
    ["TS-1LS1CM1", 0, "expected TS, LS or CM"],
    ["ts1ls1cm1", 0, "expected TS, LS or CM"],
    ["TS1 LS1 CM1", 3, 'found " LS1 CM1"'],
  ])("%j is refused: the error names the place and shows what is right", (text, at, why) => {
    let error: unknown
    try {
      parseConfiguration(text)
    } catch (x) {
      error = x
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ _tag: "ConfigurationError", configuration: text, at })
    expect((error as Error).message).toContain(why)
    expect((error as Error).message).toContain(`character ${at + 1}`)
    expect((error as Error).message).toContain("TS2LS2CM2")
  })

  test("law: any text is a plan or a ConfigurationError within it", () => {
    const piece = fc.oneof(
      fc.constantFrom("TS", "LS", "CM", "+", "1", "2", "16", "0", " "),
      fc.string({ maxLength: 2 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("")
        try {
          const plan = parseConfiguration(text)
          const found = (of: "transport" | "link" | "manager") =>
            plan.servers.flatMap((x) => x[of] ?? []).sort((x, y) => x - y)
          const all = (n: number) => Array.from({ length: n }, (_, k) => k)
          expect([found("transport"), found("link"), found("manager")]).toEqual(
            [plan.transports, plan.links, plan.managers].map(all),
          )
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error
          expect(error.at).toBeGreaterThanOrEqual(0)
          expect(error.at).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
