import { chmodSync, existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it, vi } from "vitest"
import {
  canInstall,
  ensureSystem,
  installCommand,
  missingPackages,
  systemNeeds,
  withoutServices,
} from "../../src/setup/debian.mjs"
import { scratch } from "./scratch.ts"

const needs = [
  { package: "there", commands: ["sh"], files: ["/proc/self/status"], why: "", required: true },
  { package: "half", commands: ["sh", "no-such-command-here"], why: "half", required: true },
  { package: "headers", commands: [], files: ["/no/such/header.h"], why: "headers", required: false },
  { package: "sometimes", commands: ["no-such-command-here"], why: "sometimes", required: () => false },
]

describe("missingPackages", () => {
  it("names what is missing, why, and whether the default run needs it", () => {
    expect(missingPackages("/", process.env, needs)).toEqual([
      { package: "half", why: "half", required: true, missing: ["no-such-command-here"] },
      { package: "headers", why: "headers", required: false, missing: ["/no/such/header.h"] },
      { package: "sometimes", why: "sometimes", required: false, missing: ["no-such-command-here"] },
    ])
  })

  it("needs Maven only while there is no TLC", () => {
    const maven = systemNeeds.filter((need) => need.package === "maven")
    const needed = maven[0]?.required
    if (typeof needed !== "function") throw new Error("maven's need is a question")
    const root = scratch({ "my.jar": "PK" })
    expect(needed(root, { PATH: "" })).toBe(true)
    expect(needed(root, { PATH: "", PIKA_TLC_JAR: `${root}/my.jar` })).toBe(false)
  })
})

describe("installCommand", () => {
  it("is one command with all packages", () => {
    expect(installCommand(["a", "b"])).toMatch(/apt-get update && (sudo )?apt-get install .* a b$/)
  })
})

describe("ensureSystem", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  /** A machine whose only command is an apt-get that brings what `brings` names. */
  function machine(brings: readonly string[]) {
    const root = scratch({
      "bin/apt-get": `#!/bin/sh
here=\${0%/*}
echo "$*" >> "$here/../calls"
[ "$1" = install ] || exit 0
for name in ${brings.join(" ")}; do : > "$here/$name"; /bin/chmod +x "$here/$name"; done
`,
      "my.jar": "PK",
    })
    chmodSync(join(root, "bin/apt-get"), 0o755)
    vi.stubEnv("PATH", join(root, "bin"))
    vi.stubEnv("PIKA_TLC_JAR", join(root, "my.jar"))
    return root
  }

  const everything = ["gcc", "curl", "ab", "java", "javac", "mvn", "ip", "tc", "ethtool", "parallel"]

  it("without leave to install, names every package and the one command", async () => {
    const root = machine([])
    const failure = ensureSystem(root, () => {}, false)
    await expect(failure).rejects.toThrow(/needed {3}gcc: .*\n(.*\n)*.*apt-get install .*gcc.*curl/)
  })

  it.runIf(canInstall())("as root on Debian installs what is missing, and says so", async () => {
    const root = machine(everything)
    const said: string[] = []
    await ensureSystem(root, (line) => said.push(line), true)
    expect(said).toEqual([expect.stringMatching(/^installing Debian packages as root: gcc .*maven/)])
    // A server would start with the machine: the set-up never brings one.
    expect(said[0]).not.toContain("nginx")
    const calls = readFileSync(join(root, "calls"), "utf8").trim().split("\n")
    expect(calls).toEqual([
      expect.stringMatching(/^update/),
      expect.stringMatching(/^install .*--no-install-recommends gcc /),
    ])
  })

  it.runIf(canInstall())("says what apt could not bring", async () => {
    const root = machine(everything.filter((name) => name !== "ab"))
    await expect(ensureSystem(root, () => {}, true)).rejects.toThrow(/apache2-utils.*ab not found/)
  })
})

describe("installing without starting services", () => {
  it("has Debian's own policy in place meanwhile, and takes it away whatever happens", async () => {
    const path = join(scratch({}), "policy-rc.d")
    const during = () => Promise.resolve(`${readFileSync(path, "utf8")} ${statSync(path).mode & 0o111}`)
    expect(await withoutServices(during, path)).toBe(`#!/bin/sh\nexit 101\n ${0o111}`)
    expect(existsSync(path)).toBe(false)
    await expect(withoutServices(() => Promise.reject(new Error("no network")), path)).rejects.toThrow()
    expect(existsSync(path)).toBe(false)
  })

  it("leaves a policy that is there already alone", async () => {
    const root = scratch({ "policy-rc.d": "mine" })
    const path = join(root, "policy-rc.d")
    await withoutServices(() => Promise.resolve(), path)
    expect(readFileSync(path, "utf8")).toBe("mine")
  })
})
