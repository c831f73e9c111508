import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { schemes } from "../../../src/core/topology.ts"
import { ExperimentError } from "../../../src/experiment/errors.ts"
import { applySettings, settingNames, settingsOf } from "../../../src/experiment/what-if/settings.ts"
import { topologyOf } from "../../trace/driver.ts"

const recorded = { topology: topologyOf(), offerInterval: 50 }

describe("settings", () => {
  test("law: what is set is what is told, and nothing else changes", () => {
    const numbers = settingNames(recorded.topology).filter((x) => x !== "scheme" && x !== "window")
    fc.assert(
      fc.property(
        fc.constantFrom(...schemes),
        fc.constantFrom("median", "mean"),
        fc.constantFrom(...numbers.filter((x) => x !== "high" && x !== "low")),
        fc.integer({ min: 1, max: 4096 }),
        fc.boolean(),
        (scheme, window, name, value, upper) => {
          const word = upper ? scheme.toUpperCase() : scheme.toLowerCase()
          const text = ` scheme=${word}, window = ${window},${name}=${value}`
          const changed = applySettings(recorded, text)
          expect(settingsOf(changed)).toEqual({ ...settingsOf(recorded), scheme, window, [name]: value })
        },
      ),
    )
  })

  test("watermarks", () => {
    const { topology } = applySettings(recorded, "low=0.25,high=1.5")
    expect(topology.balance).toMatchObject({ low: 0.25, high: 1.5, scheme: "Tournament" })
  })

  test.each([
    ["", "--what-if : there is no such setting; there are scheme, tariff,"],
    [
      "colour=blue",
      "--what-if colour: there is no such setting; there are scheme, tariff, high, low, window",
    ],
    ["applications=3", "--what-if applications: there is no such setting"],
    ["scheme", "--what-if scheme: has no value; write for example scheme=…"],
    ["tariff=2,tariff=4", "--what-if tariff: stands twice"],
    ["scheme=psychic", "balance.scheme must be one of Naive, "],
    ["window=mode", "balance.window must be median or mean"],
    ["tariff=x", '--what-if tariff: must be a finite number, found "x"'],
    ["tariff=", '--what-if tariff: must be a finite number, found ""'],
    ["tariff=NaN", "--what-if tariff: must be a finite number"],
    ["tariff=Infinity", "--what-if tariff: must be a finite number"],
    ["tariff=0", "balance.tariff must be a finite number above 0"],
    ["low=2", "balance.low must not be above balance.high"],
    ["claim-timeout=0", "claimTimeout must be a whole number from 1 to 60000000, found 0"],
    ["claim-timeout=1.5", "claimTimeout must be a whole number"],
    ["backlog=65536", "backlog must be a whole number from 1 to 65535"],
    ["room=-1", "room must be a whole number"],
    ["offer-interval=0", "--what-if offer-interval: must be a finite number from 1"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => applySettings(recorded, text)).toThrow(ExperimentError)
    expect(() => applySettings(recorded, text)).toThrow(why)
  })
})
