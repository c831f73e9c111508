import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { findCommand, outputOf, run } from "./command.mjs"
import { SetupError } from "./errors.mjs"
import { digest, filesUnder, readIfThere, writeAtomically } from "./files.mjs"
import { isSoundArchive, javaVersion, makeArchive } from "./java-archive.mjs"
import { locateTlc, userTlc } from "./tlc.mjs"

/**
 * Where what is made of our Java sources is. A TLC of the user's own has a place of its own for it, so that one run with
 * it undoes nothing.
 * @param {string} root
 */
export function javaDirectory(root) {
  const own = userTlc(process.env)
  const name = own === undefined ? "java" : `java-${digest([own.jar]).slice(0, 12)}`
  return join(root, "build", name)
}

/**
 * Our Java classes, to stand before TLC's jar on the class path. (A jar, since an archive can be of jars only.)
 * @param {string} root
 */
export function javaJar(root) {
  return join(javaDirectory(root), "pika.jar")
}

/** @param {string} root */
function archivePath(root) {
  return join(javaDirectory(root), "pika.jsa")
}

/**
 * The class-data archive of our jar and TLC's; undefined where there is none that can be trusted.
 * @param {string} root
 */
export function javaArchive(root) {
  const archive = archivePath(root)
  return isSoundArchive(archive) ? archive : undefined
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
 * Whether the classes are there and made from today's sources, and their archive by today's JVM.
 * @param {string} root
 */
export function javaIsFresh(root) {
  const tlc = locateTlc(root)
  if (tlc === undefined) return false
  const directory = javaDirectory(root)
  const version = javaVersion()
  return (
    readIfThere(join(directory, ".key")) === javaKey(root, tlc.jar) &&
    (version === undefined || readIfThere(join(directory, ".jvm")) === version)
  )
}

/**
 * Compiles the Java sources of `src/tla/java` against TLC into `build/java/pika.jar`, and makes the archive of both.
 * @param {string} root
 */
export async function compileJava(root) {
  const tlc = locateTlc(root)
  if (tlc === undefined) throw new SetupError("there is no TLC to compile against", "npm start fetches it")
  const sources = javaSources(root)
  const directory = javaDirectory(root)
  const half = `${directory}.${process.pid}.half`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  try {
    if (sources.length > 0) {
      const classes = join(half, "classes")
      const result = await run(jdk("javac"), [
        "-proc:none",
        "-nowarn",
        "-encoding",
        "UTF-8",
        "-cp",
        tlc.jar,
        "-d",
        classes,
        ...sources,
      ])
      if (result.code !== 0) {
        throw new SetupError(
          `javac failed against ${tlc.jar} (${tlc.origin}): ${outputOf(result)}`,
          "a TLC of another version may lack what our classes use: unset PIKA_TLC_JAR to take the known one",
        )
      }
      const packed = await run(jdk("jar"), ["cf", join(half, basename(javaJar(root))), "-C", classes, "."])
      if (packed.code !== 0)
        throw new SetupError(`jar failed: ${outputOf(packed)}`, "mend what it names (a full disk, the JDK)")
      rmSync(classes, { recursive: true })
    }
    writeAtomically(join(half, ".key"), javaKey(root, tlc.jar))
    if (existsSync(directory)) rmSync(directory, { recursive: true })
    renameSync(half, directory)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
  // In its place: an archive knows its jars by their paths.
  const version = javaVersion()
  if (version === undefined) return
  if (sources.length > 0) await makeArchive(archivePath(root), [javaJar(root), tlc.jar])
  // Whether it could or not: it is not tried again.
  writeAtomically(join(directory, ".jvm"), version)
}

/** @param {string} name */
function jdk(name) {
  const command = findCommand(name)
  if (command !== undefined) return command
  throw new SetupError(
    `${name} is not on the PATH`,
    "install a JDK (Debian: apt-get install default-jdk-headless)",
  )
}
