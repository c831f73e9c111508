import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { limitMet, statesMet } from "../../src/tla/limits.ts"

const directory = mkdtempSync(join(tmpdir(), "pika-limits-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe("a run's limits", () => {
  test("are met by what is beyond them only", () => {
    writeFileSync(join(directory, "states"), Buffer.alloc(3 << 20))
    expect(limitMet({ seconds: 5, disk: 3 }, [directory], 5)).toBeUndefined()
    expect(limitMet({ seconds: 5 }, [directory], 5.1)).toMatchObject({ _tag: "Limit", limit: "seconds" })
    expect(limitMet({ disk: 2 }, [directory], 0)).toMatchObject({ _tag: "Limit", limit: "disk" })
    expect(statesMet({ states: 7 }, 7)).toBeUndefined()
    expect(statesMet({ states: 7 }, 8)).toMatchObject({ _tag: "Limit", limit: "states" })
  })

  test("say nothing of a directory that was removed meanwhile", () => {
    expect(limitMet({ disk: 1 }, [join(directory, "gone")], 1)).toBeUndefined()
  })
})
