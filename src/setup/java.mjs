import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { findCommand, outputOf, run } from "./command.mjs"
import { SetupError } from "./errors.mjs"
import { digest, filesUnder, readIfThere, writeAtomically } from "./files.mjs"
import { locateTlc, userTlc } from "./tlc.mjs"

/**
 * Where our Java classes are, to stand before TLC's jar on the class path. A TLC of the user's own has a place of its own
 * for them, so that one run with it undoes nothing.
 * @param {string} root
 */
export function javaClasses(root) {
  const own = userTlc(process.env)
  const name = own === undefined ? "java" : `java-${digest([own.jar]).slice(0, 12)}`
  return join(root, "build", name)
}

/** @param {string} root */
function javaSources(root) {
  return filesUnder(join(root, "src", "tla", "java"), ".java")
}

/**
 * Key of what the classes are made from: every source, and which TLC they are compiled against.
 * @param {string} root
 * @param {string} jar
 */
function javaKey(root, jar) {
  const sources = javaSources(root).flatMap((path) => [relative(root, path), readFileSync(path)])
  const { size, mtimeMs } = statSync(jar)
  return digest([basename(jar), `${size} ${mtimeMs}`, ...sources])
}

/**
 * Whether the classes are there and made from today's sources.
 * @param {string} root
 */
export function javaIsFresh(root) {
  const tlc = locateTlc(root)
  if (tlc === undefined) return false
  return readIfThere(join(javaClasses(root), ".key")) === javaKey(root, tlc.jar)
}

/**
 * Compiles the Java sources of `src/tla/java` against TLC into `build/java`.
 * @param {string} root
 */
export async function compileJava(root) {
  const tlc = locateTlc(root)
  if (tlc === undefined) throw new SetupError("there is no TLC to compile against", "npm start fetches it")
  const sources = javaSources(root)
  const classes = javaClasses(root)
  const half = `${classes}.${process.pid}.half`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  try {
    if (sources.length > 0) {
      const javac = findCommand("javac")
      if (javac === undefined)
        throw new SetupError(
          "javac is not on the PATH",
          "install a JDK (Debian: apt-get install default-jdk-headless)",
        )
      const result = await run(javac, [
        "-proc:none",
        "-nowarn",
        "-encoding",
        "UTF-8",
        "-cp",
        tlc.jar,
        "-d",
        half,
        ...sources,
      ])
      if (result.code !== 0) {
        throw new SetupError(
          `javac failed against ${tlc.jar} (${tlc.origin}): ${outputOf(result)}`,
          "a TLC of another version may lack what our classes use: unset PIKA_TLC_JAR to take the known one",
        )
      }
    }
    writeAtomically(join(half, ".key"), javaKey(root, tlc.jar))
    if (existsSync(classes)) rmSync(classes, { recursive: true })
    renameSync(half, classes)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}
