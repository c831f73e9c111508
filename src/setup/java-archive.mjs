import { mkdtempSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { findCommand, run } from "./command.mjs"
import { fileSha256, readIfThere, writeAtomically } from "./files.mjs"

/** A little of all that a search does: the classes that it needs are what the archive holds. */
const trial = `---- MODULE Trial ----
EXTENDS Integers, Sequences, FiniteSets, TLC
VARIABLES x, s
Init == x = 0 /\\ s = <<>>
Step(n) == x < 4 /\\ x' = x + n /\\ s' = Append(s, [n |-> n, above |-> {k \\in 1 .. 3 : k > n}])
Next == \\E n \\in 1 .. 2 : Step(n)
Spec == Init /\\ [][Next]_<<x, s>> /\\ WF_<<x, s>>(Next)
Small == x \\in 0 .. 5 /\\ Cardinality({s[k] : k \\in 1 .. Len(s)}) <= 2
Grows == [][x' > x]_<<x, s>>
Ends == <>(x >= 4)
====
`
const trialConfig = "SPECIFICATION Spec\nINVARIANT Small\nPROPERTY Grows Ends\nCHECK_DEADLOCK FALSE\n"

/** A JVM that can make no archive goes without. */
const TIMEOUT_MS = 60_000

/**
 * Which JVM it is, as it says itself beside its programs: another one has no use for an archive.
 * @returns {string | undefined} undefined: it does not say
 */
export function javaVersion() {
  const java = findCommand("java")
  return java === undefined ? undefined : readIfThere(join(dirname(dirname(realpathSync(java))), "release"))
}

/**
 * Makes the class-data archive of these jars (JEP 350): what the JVM has read, checked and laid out once. Without one,
 * and wherever it can't be made, all works and a start of TLC takes longer.
 * @param {string} archive
 * @param {readonly string[]} jars as on the class path of every later start
 */
export async function makeArchive(archive, jars) {
  const java = findCommand("java")
  if (java === undefined) return
  const scratch = mkdtempSync(join(tmpdir(), "pika-archive-"))
  const half = `${archive}.${process.pid}.half`
  try {
    writeFileSync(join(scratch, "Trial.tla"), trial)
    writeFileSync(join(scratch, "Trial.cfg"), trialConfig)
    const made = await run(
      java,
      [
        `-XX:ArchiveClassesAtExit=${half}`,
        "-XX:+UseSerialGC",
        `-Djava.io.tmpdir=${scratch}`,
        "-cp",
        jars.join(delimiter),
        "tlc2.TLC",
        "-tool",
        "-metadir",
        join(scratch, "states"),
        "Trial.tla",
      ],
      { cwd: scratch, timeoutMs: TIMEOUT_MS },
    )
    if (made.code !== 0) return
    const sum = fileSha256(half)
    renameSync(half, archive)
    writeAtomically(`${archive}.sha256`, `${sum}\n`)
  } catch {
    // This JVM has written none.
  } finally {
    rmSync(half, { force: true })
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What was found of an archive, as long as it is the same file. @type {Map<string, {file: string, sound: boolean}>} */
const looked = new Map()

/**
 * Whether the archive is there as it was made. The JVM itself passes over one of other jars, or of another JVM, but a
 * damaged one can end it.
 * @param {string} archive
 */
export function isSoundArchive(archive) {
  try {
    const { size, mtimeMs } = statSync(archive)
    const file = `${size} ${mtimeMs}`
    const before = looked.get(archive)
    if (before?.file === file) return before.sound
    const sound = readIfThere(`${archive}.sha256`)?.trim() === fileSha256(archive)
    looked.set(archive, { file, sound })
    return sound
  } catch {
    return false
  }
}
