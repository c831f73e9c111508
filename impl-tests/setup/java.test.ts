import { execFileSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { compileJava, javaDirectory, javaIsFresh, javaJar } from "../../src/setup/java.mjs"
import { scratch } from "./scratch.ts"

// javac looks at the jar: an empty zip is one.
const emptyZip = Buffer.from(`504b0506${"00".repeat(18)}`, "hex")

function tree(source: string): string {
  const root = scratch({ "src/tla/java/A.java": source })
  const jar = join(root, "tlc.jar")
  writeFileSync(jar, emptyZip)
  process.env.PIKA_TLC_JAR = jar
  return root
}

const classesIn = (jar: string): ReadonlyArray<string> =>
  execFileSync("jar", ["tf", jar], { encoding: "utf8" })
    .split("\n")
    .filter((name) => name.endsWith(".class"))

describe("compileJava", () => {
  const before = process.env.PIKA_TLC_JAR
  const restore = () => {
    if (before === undefined) delete process.env.PIKA_TLC_JAR
    else process.env.PIKA_TLC_JAR = before
  }

  it("compiles, is fresh then, and stale when a source changes", async () => {
    try {
      const root = tree("class A {}")
      expect(javaIsFresh(root)).toBe(false)
      await compileJava(root)
      expect(classesIn(javaJar(root))).toEqual(["A.class"])
      expect(javaIsFresh(root)).toBe(true)
      writeFileSync(join(root, "src/tla/java/A.java"), "class B {}")
      expect(javaIsFresh(root)).toBe(false)
      await compileJava(root)
      expect(classesIn(javaJar(root))).toEqual(["B.class"])
    } finally {
      restore()
    }
  })

  it("keeps the classes for a TLC of one's own apart from those for the known one", () => {
    try {
      const root = tree("class A {}")
      const own = javaDirectory(root)
      delete process.env.PIKA_TLC_JAR
      expect(javaDirectory(root)).not.toBe(own)
    } finally {
      restore()
    }
  })

  it("names the error and leaves no classes behind", async () => {
    try {
      const root = tree("class A { int x = missing; }")
      await expect(compileJava(root)).rejects.toThrow(/cannot find symbol/)
      expect(existsSync(javaDirectory(root))).toBe(false)
    } finally {
      restore()
    }
  })
})
