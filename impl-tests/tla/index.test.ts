/** What the bridge offers is documented where it is declared. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"

const index = join(projectRoot, "src/tla/index.ts")

/** Every name that the index exports, with the file that declares it. */
const exported = [...readFileSync(index, "utf8").matchAll(/^export \{([^}]*)\} from "([^"]*)"/gm)].flatMap(
  ([, names = "", file = ""]) =>
    names
      .split(",")
      .map((x) => x.trim().replace(/^type /, ""))
      .filter((x) => x !== "")
      .map((name) => ({ name, file: join(dirname(index), file) })),
)

/** Whether the line above the declaration ends a comment. */
const isDocumented = (text: string, name: string): boolean => {
  const lines = text.split("\n")
  const at = lines.findIndex((x) =>
    new RegExp(`^export (?:const|class|interface|type|function) ${name}\\b`).test(x),
  )
  return at > 0 && lines[at - 1]!.endsWith("*/")
}

test("every export has a comment of its own", () => {
  expect(exported.length).toBeGreaterThan(60)
  const bare = exported.filter(({ name, file }) => !isDocumented(readFileSync(file, "utf8"), name))
  expect(bare.map(({ name }) => name)).toEqual([])
})

test("a bare one is seen", () => {
  expect(isDocumented("\nexport const a = 1\n/** x */\nexport type B = 2\n", "a")).toBe(false)
  expect(isDocumented("\nexport const a = 1\n/** x */\nexport type B = 2\n", "B")).toBe(true)
})
