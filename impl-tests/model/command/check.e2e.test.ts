import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, describe, expect, test, vi } from "vitest"
import { models } from "../../../model-tests/manifest.ts"
import { parseArguments } from "../../../src/model/command/arguments.ts"
import { checkModels } from "../../../src/model/command/command.ts"
import { specDirectory } from "../../../src/model/spec.ts"
import { pika, start } from "../../cli/pika.ts"
import { ending, processesWith, Specs, unbounded } from "../../tla/specs.ts"

const specs = new Specs()
afterAll(() => specs.remove())

const run = async (...args: ReadonlyArray<string>) => {
  const running = start(pika("check", ...args))
  const code = await running.exit
  return { code, text: running.text() }
}

const own = (body: string, config?: string): string => specs.body(body, config).module

describe("pika check --spec", () => {
  test("0 when it holds", async () => {
    const module = own(ending, "SPECIFICATION Spec\nCHECK_DEADLOCK FALSE\n")
    const { code, text } = await run("--spec", module)
    expect(text).toMatch(/^Spec\.tla: holds: 4 states generated, 4 distinct, depth 4, \d+\.\d s\n$/)
    expect(code).toBe(0)
  })

  test("1 when it does not, with the behaviour that shows it", async () => {
    const module = own(ending)
    const config = join(specs.directory, "Other.cfg")
    writeFileSync(config, "SPECIFICATION Spec\nINVARIANT Small\n")
    const { code, text } = await run("--spec", module, "--config", config)
    expect(text).toMatch(/^Spec\.tla: invariant Small is violated after 3 states: /)
    expect(text).toContain(
      "   1  Initial predicate\n      x = 0\n   2  Next\n      x = 1\n   3  Next\n      x = 2\n",
    )
    expect(code).toBe(1)
  })

  test("2 when TLC can't judge it: place, word and remedy", async () => {
    const module = own("Init == x = 0\nNext == x' = Foo(x)")
    const { code, text } = await run("--spec", module)
    expect(text).toContain(`${module}:5:14: Unknown operator: \`Foo'.\ndefine Foo,`)
    expect(code).toBe(2)
  })

  test("2 when it has no end, said at the limit", async () => {
    const { code, text } = await run("--spec", own(unbounded), "--states", "10000")
    expect(text).toContain("more than 10000 distinct states\nthe state space is unbounded")
    expect(code).toBe(2)
  })

  test.each([
    [["--spec", "/nowhere/Spec.tla"], /\/nowhere\/Spec\.tla: there is no such file/],
    [["nothing"], /no model nothing\nusage: pika check/],
    [["--full", "--spec", "x"], /usage: pika check/],
  ])("2 for %j", async (args, message) => {
    const { code, text } = await run(...args)
    expect(text).toMatch(message)
    expect(code).toBe(2)
  })

  test("at Ctrl-C nothing stays behind", async () => {
    const { module } = specs.body(unbounded)
    const running = start(pika("check", "--spec", module))
    const config = module.replace(".tla", ".cfg")
    await vi.waitUntil(() => processesWith(config).length > 0, { timeout: 20_000, interval: 50 })
    running.child.kill("SIGINT")
    expect(await running.exit).toBe(130)
    expect(processesWith(config)).toEqual([])
  })
})

describe("a model of the manifest", () => {
  const model = models[0]!
  const edited = (name: string, from: string, to: string): string => {
    const directory = join(specs.directory, name)
    cpSync(specDirectory, directory, { recursive: true })
    const file = join(directory, "MC.tla")
    const text = readFileSync(file, "utf8")
    expect(text).toContain(from)
    writeFileSync(file, text.replace(from, to))
    return directory
  }
  const check = async (directory: string, ...args: Array<string>) => {
    const said: Array<string> = []
    const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0)
    const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0)
    try {
      const code = await Effect.runPromise(
        checkModels(parseArguments(args), [model, models[1]!], {
          specs: directory,
          state: join(specs.directory, "state"),
        }),
      )
      return { code, said: said.join("") }
    } finally {
      out.mockRestore()
      err.mockRestore()
    }
  }

  test("1 when it ends otherwise: a step less", async () => {
    const directory = edited("less", "MCClaim(a) == Free /\\", "MCClaim(a) == FALSE /\\ Free /\\")
    const { code, said } = await check(directory)
    expect(said).toMatch(/expected 977 distinct states/)
    expect(code).toBe(1)
  })

  test("2 and no more models when the specification can't be read", async () => {
    const directory = edited("bad", "MCClaim(a) == Free /\\", "MCClaim(a) == Free /\\ Nonsense /\\")
    const { code, said } = await check(directory)
    expect(said).toMatch(/\/MC\.tla:\d+:\d+: Unknown operator: `Nonsense'/)
    expect(said).not.toContain(models[1]!.name)
    expect(code).toBe(2)
  })

  test("2 at a limit, and the other models all the same", async () => {
    const { code, said } = await check(specDirectory, "--states", "500")
    expect(said.match(/^more than 500 distinct states$/gm)).toHaveLength(2)
    expect(said).toContain(models[1]!.name)
    expect(code).toBe(2)
  })
})
