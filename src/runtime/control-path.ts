/** Who has the path of a control socket: never two stacks, and never one that was killed. */
import { linkSync, lstatSync, renameSync, unlinkSync } from "node:fs"
import { Schema } from "effect"
import * as native from "../native/native.ts"

/** The path can't be had. */
export class ControlSocketError extends Schema.TaggedError<ControlSocketError>()("ControlSocketError", {
  path: Schema.String,
  /** EADDRINUSE: another stack listens there. ENOTSOCK: it is a file of another kind. Else the system's. */
  code: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `control socket ${this.path}: ${this.problem}: ${this.remedy}`
  }
}

/** What `sun_path` holds, without the zero at its end, and what our own suffix needs. */
const MOST_BYTES = 107 - 12
const ATTEMPTS = 8

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "EIO"

type Found = "nothing" | "live" | "stale" | "other"

/** What is at a path now. */
const look = (path: string): Found => {
  try {
    if (!lstatSync(path).isSocket()) return "other"
    native.close(native.unixConnect(path))
    return "live"
  } catch (error) {
    const code = codeOf(error)
    if (code === "ENOENT") return "nothing"
    // Else somebody is there: its queue of connections is full, it is not ours to speak to, or of another type.
    return code === "ECONNREFUSED" ? "stale" : "live"
  }
}

const fail = (path: string, code: string, problem: string, remedy: string): ControlSocketError =>
  new ControlSocketError({ path, code, problem, remedy })

const inUse = (path: string) =>
  fail(path, "EADDRINUSE", "belongs to a stack that runs", "end that one, or name another path by --socket")

/**
 * Whether a stack could listen at `path`, before anything else is made.
 * @throws {ControlSocketError}
 */
export const checkPath = (path: string): void => {
  if (Buffer.byteLength(path) > MOST_BYTES) {
    throw fail(path, "ENAMETOOLONG", `is longer than ${MOST_BYTES} bytes`, "name a shorter path by --socket")
  }
  const found = look(path)
  if (found === "other") throw fail(path, "ENOTSOCK", "is not a socket", "name another path by --socket")
  if (found === "live") throw inUse(path)
}

/**
 * A socket that listens at `path`. What a killed stack has left there is replaced; nothing at the path ever is a socket that
 * does not listen yet, so that two stacks that start at once can't take each other's for left over.
 * @throws {ControlSocketError}
 */
export const claimPath = (path: string): number => {
  checkPath(path)
  const own = `${path}.${process.pid}`
  let listener: number
  try {
    unlinkQuietly(own)
    listener = native.unixListen(own)
  } catch (error) {
    throw fail(path, codeOf(error), (error as Error).message, "name another path by --socket")
  }
  try {
    place(own, path)
    return listener
  } catch (error) {
    native.close(listener)
    throw error
  } finally {
    unlinkQuietly(own)
  }
}

/** Gives the listening socket `own` the name `path`. */
const place = (own: string, path: string): void => {
  for (let k = 0; k < ATTEMPTS; k++) {
    try {
      linkSync(own, path)
      return
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw fail(path, codeOf(error), (error as Error).message, "name another path by --socket")
      }
    }
    checkPath(path)
    if (look(path) === "stale") setAside(path, `${own}.old`)
  }
  throw inUse(path)
}

/** Removes what is stale at `path`, and nothing that has come there since it was looked at. */
const setAside = (path: string, aside: string): void => {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return
    throw fail(path, codeOf(error), (error as Error).message, "name another path by --socket")
  }
  if (look(aside) === "live") {
    try {
      linkSync(aside, path)
    } catch {
      // A third one is there already; the one set aside has lost its name.
    }
  }
  unlinkQuietly(aside)
}

const unlinkQuietly = (path: string): void => {
  try {
    unlinkSync(path)
  } catch {
    // It was not there.
  }
}
