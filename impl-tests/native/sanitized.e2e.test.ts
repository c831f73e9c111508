import { execFileSync, spawnSync } from "node:child_process"
import { isAbsolute } from "node:path"
import { fileURLToPath } from "node:url"
import { beforeAll, describe, expect, test } from "vitest"
import { buildNative } from "../../src/native/build.mjs"

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))

/** gcc answers a bare name for a library that it doesn't have. */
const runtimes = ["libasan.so", "libubsan.so"].map((name) =>
  execFileSync("gcc", [`-print-file-name=${name}`], { encoding: "utf8" }).trim(),
)
const missing = !runtimes.every(isAbsolute)

describe.skipIf(missing)("the C code under ASan and UBSan (skipped without gcc's sanitizer runtimes)", () => {
  beforeAll(() => buildNative({ root, only: ["pika-sanitized.node", "pure-test"] }))

  test("pure parts on random and hostile input", () => {
    const seed = String(process.env.SEED ?? (Math.random() * 2 ** 32) >>> 0)
    const { status, stderr } = spawnSync(`${root}/build/pure-test`, [seed], { encoding: "utf8" })
    expect(stderr, `seed ${seed}`).toBe("")
    expect(status, `seed ${seed}`).toBe(0)
  })

  const isRoot = process.getuid?.() === 0
  const unshare = ["unshare", ...(isRoot ? [] : ["--user", "--map-root-user"]), "--net"]
  const programs: ReadonlyArray<readonly [string, ReadonlyArray<string>, ReadonlyArray<string>]> = [
    ["a host on AF_PACKET", [], ["host-probe.ts", "packet", "2", "user", "gone"]],
    ["a host on what there is", [], ["host-probe.ts", "auto", "2", "gone"]],
    ["AF_PACKET with all offloads", unshare, ["packet-probe.ts"]],
    ["every other call, wrong arguments included", [], ["calls.ts"]],
    ...(isRoot ? [["AF_XDP", unshare, ["xdp-probe.ts"]] as const] : []),
  ]

  test.each(programs)("the addon in Node: %s", (_, inside, [program, ...args]) => {
    const [command = "", ...argv] = [...inside, process.execPath, `${here}${program}`, ...args]
    const { status, stderr } = spawnSync(command, argv, {
      encoding: "utf8",
      timeout: 120_000,
      env: {
        ...process.env,
        LD_PRELOAD: runtimes.join(" "),
        // Node itself frees little at its end.
        ASAN_OPTIONS: "detect_leaks=0",
        PIKA_ADDON: `${root}/build/pika-sanitized.node`,
      },
    })
    expect(stderr).toBe("")
    expect(status).toBe(0)
  })
})
