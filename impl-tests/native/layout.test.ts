import { expect, test } from "vitest"
import * as layout from "../../src/memory/layout.ts"
import { nativeLayout } from "../../src/native/native.ts"

/** What C has no use for: limits that TypeScript alone checks. */
const typescriptOnly = new Set([
  "APP_LINK_QUEUES",
  "APP_LINK_MAX_SLOTS",
  "STREAM_RING_MIN",
  "STREAM_RING_MAX",
])

test("C and TypeScript lay shared memory out alike, name by name", () => {
  const ours = Object.entries(layout).filter(([name]) => !typescriptOnly.has(name))
  expect(nativeLayout()).toEqual(Object.fromEntries(ours))
})
