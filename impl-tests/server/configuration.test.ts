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

  test.each([
    "",
    "TS1",
    "TS1LS1",
    "TS0LS1CM1",
    "TS17LS1CM1",
    "TS1TS1LS1CM1",
    "TS1LS1CM1+",
    "XS1LS1CM1",
    "TS1LS1CM1x",
  ])("%j is refused, with an example of what is right", (text) => {
    expect(() => parseConfiguration(text)).toThrow(ConfigurationError)
    expect(() => parseConfiguration(text)).toThrow("TS2LS2CM2")
  })
})
