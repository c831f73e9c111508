/** Why a run of TLC judged nothing: its messages, put into a place, a word and a remedy. */
import { existsSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { Place, TlcTrouble } from "./outcome.ts"

/** What the run was about. */
export interface RunContext {
  /** Files, absolute. */
  readonly module: string
  readonly config: string
  /** MiB. */
  readonly heap: number
}

/** What a run said that ended without a verdict. */
export interface Said {
  /** Messages of errors, those nested in others before them. */
  readonly errors: ReadonlyArray<{ readonly code: number; readonly text: string }>
  /** Lines outside of messages, and standard error. */
  readonly unframed: string
  /** Where the action stands that made the last state. */
  readonly action: { readonly module: string; readonly line: number; readonly column: number } | undefined
  readonly exitCode: number
  readonly signal: string | undefined
}

const ParseExit = 150
const ConfigurationExit = 151
const nestedPositions = 2103
const tooLong = 2282
const MAX_BEHAVIOUR = 65_535
const outOfMemory = new Set([1001, 1002, 1003])
const corrupt = new Set([2123, 2124, 2125, 2126, 2174])
const sanyErrors = /^\*\*\* (?:Errors|Abort messages): [1-9]|^\*\*\*\s*Parse Error\s*\*\*\*/m
const isConfiguration = (code: number): boolean =>
  (code >= 5001 && code <= 5006) || (code >= 2222 && code <= 2248) || code === 2280 || code === 2281

/** TLC's own words around what matters. */
const stripped = (text: string): string =>
  text
    .replace(/^TLC threw an unexpected exception\.\n[\s\S]*?\nThe exception was a [^\n]*\n?(: ?)?/, "")
    .replace(/^java\.\w+(\.\w+)*(Exception|Error): /, "")
    .replace(/\n\tat [\s\S]*$/, "")
    .trim()

/** Definitions and the like are found by their word, since TLC says only which. */
const lineOf = (file: string, word: string): number | undefined => {
  if (!existsSync(file)) return undefined
  const pattern = new RegExp(`(?<![\\w])${word.replace(/[^\w]/g, "\\$&")}(?![\\w])`)
  const line = readFileSync(file, "utf8")
    .split("\n")
    .findIndex((text) => pattern.test(text.replace(/\\\*.*$/, "")))
  return line < 0 ? undefined : line + 1
}

const inFile = (file: string, line?: number, column?: number): Place => ({
  file,
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
})

const fileOf = (context: RunContext, module: string): string => {
  const beside = join(dirname(context.module), `${module}.tla`)
  return module === basename(context.module, ".tla") || existsSync(beside) ? beside : `${module}.tla`
}

const positions = /line (\d+), col(?:umn)? (\d+) to line \d+, col(?:umn)? \d+ (?:of module|in) (\w+)/gi

const positionsIn = (context: RunContext, text: string): ReadonlyArray<Place> =>
  [...text.matchAll(positions)].map(([, line, column, module]) =>
    inFile(fileOf(context, module!), Number(line), Number(column)),
  )

export const firstPosition = (context: RunContext, text: string): Place | undefined =>
  positionsIn(context, text)[0]

const parseTrouble = (context: RunContext, text: string): TlcTrouble => {
  const files = [...text.matchAll(/^Parsing file (.+)$/gm)].map((match) => match[1]!)
  const root = inFile(context.module)
  const missing = /Cannot find source file for module (\w+)(?: imported in module (\w+))?/.exec(text)
  if (missing !== null) {
    const [message, module, importer] = missing
    const file = importer === undefined ? undefined : fileOf(context, importer)
    const place = file === undefined ? root : inFile(file, lineOf(file, module!))
    const where = join(dirname(context.module), `${module}.tla`)
    return { _tag: "Parse", message, place, remedy: `write ${where}, or correct the name` }
  }
  const other = /File name '(\w+)' does not match the name '(\w+)' of the top level module/.exec(text)
  if (other !== null) {
    const [message, file, module] = other
    const path = fileOf(context, file!)
    const remedy = `call the file ${module}.tla, or the module ${file}`
    return { _tag: "Parse", message, place: inFile(path, lineOf(path, module!)), remedy }
  }
  const syntax = /\*\*\*\s*Parse Error\s*\*\*\*\n([\s\S]*?)\n\s*(?:Residual stack trace|$)/.exec(text)
  const at = /at line (\d+), column (\d+)/.exec(syntax?.[1] ?? text)
  if (syntax !== null || (at !== null && /Lexical error/.test(text))) {
    const named = /In module (\w+)/.exec(text)?.[1]
    const file = named === undefined ? (files.at(-1) ?? context.module) : fileOf(context, named)
    const lexical = /Lexical error[^\n]*/.exec(text)?.[0]
    const message = (syntax?.[1]?.trim() || lexical || "no TLA+").replace(/\s*\n\s*/g, " ")
    const place = at === null ? inFile(file) : inFile(file, Number(at[1]), Number(at[2]))
    return { _tag: "Parse", message, place, remedy: "what stands before it, or there, is not complete" }
  }
  const semantic = /\*\*\* (?:Errors|Abort messages): \d+\s+([\s\S]*)/.exec(text)?.[1] ?? text
  const place = firstPosition(context, semantic) ?? root
  // The first of them: the others may follow from it.
  const message =
    semantic
      .replace(positions, "")
      .trim()
      .split(/\n\s*\n/)[0]
      ?.trim() ?? ""
  const unknown = /Unknown operator: `(\w+)'/.exec(message)?.[1]
  const remedy =
    unknown === undefined
      ? "correct it there"
      : `define ${unknown}, or EXTENDS the module that does; or correct the name`
  return { _tag: "Parse", message: message || "TLC could not parse the module", place, remedy }
}

const configurationTrouble = (context: RunContext, message: string): TlcTrouble => {
  const { module, config } = context
  const trouble = (place: Place, remedy: string): TlcTrouble => ({
    _tag: "Configuration",
    message,
    place,
    remedy,
  })
  const name = (pattern: RegExp): string | undefined => pattern.exec(message)?.[1]
  const constant = name(/constant parameter (\S+) is not assigned/)
  if (constant !== undefined) {
    return trouble(inFile(module, lineOf(module, constant)), `give ${constant} a value in ${config}`)
  }
  if (/File not found/.test(message)) return trouble(inFile(config), "write it, or name another")
  const undefinedName = name(/undefined identifier (\w+)/) ?? name(/^The \w+ (\S+) specified/)
  if (undefinedName !== undefined) {
    const remedy = `define ${undefinedName} in ${module}, or correct the name`
    return trouble(inFile(config, lineOf(config, undefinedName)), remedy)
  }
  const line = name(/at line (\d+)/)
  if (line !== undefined) return trouble(inFile(config, Number(line)), "correct that line")
  if (/did not specify/.test(message)) {
    return trouble(inFile(config), "say SPECIFICATION and its name there, or INIT and NEXT")
  }
  const word = message.split(/[^\w!]+/).find((x) => /^[A-Z]\w+$/.test(x) && lineOf(config, x) !== undefined)
  return trouble(
    inFile(config, word === undefined ? undefined : lineOf(config, word)),
    `make ${config} and ${module} fit each other`,
  )
}

const evaluationTrouble = (context: RunContext, said: Said, message: string): TlcTrouble => {
  const nested = said.errors.filter(({ code }) => code === nestedPositions)
  const within = nested.flatMap(({ text }) => positionsIn(context, text)).reverse()
  const action =
    said.action === undefined
      ? undefined
      : inFile(fileOf(context, said.action.module), said.action.line, said.action.column)
  const unassigned = /variables? (?:is|are) not (?:assigned|defined): ([^.]+)\./.exec(message)?.[1]
  const recursion = /StackOverflow/.test(message)
  // Its stack lost, TLC may not know any more where it was.
  const declared = recursion ? inFile(context.module, lineOf(context.module, "RECURSIVE")) : undefined
  const place = within[0] ?? firstPosition(context, message) ?? declared ?? action ?? inFile(context.module)
  const remedy =
    unassigned !== undefined
      ? `say there what becomes of ${unassigned}, or UNCHANGED`
      : recursion
        ? "a recursive definition there goes on without end"
        : "the behaviour leads to a state in which it has no value: restrict it, or correct the state"
  return { _tag: "Evaluation", message, place, remedy, within: within.slice(1) }
}

/** @throws never: what it can't make out is `Killed` */
export const troubleOf = (context: RunContext, said: Said, checkedNothing: boolean): TlcTrouble => {
  const { errors, unframed, exitCode, signal } = said
  const texts = errors.filter(({ code }) => code !== nestedPositions).map(({ text }) => stripped(text))
  const message = texts.filter((text) => text !== "").join("\n")
  const all = `${errors.map(({ text }) => text).join("\n")}\n${unframed}`
  const has = (codes: ReadonlySet<number>): boolean => errors.some(({ code }) => codes.has(code))
  if (
    has(outOfMemory) ||
    /OutOfMemoryError|GC overhead limit|insufficient memory for the Java|Could not reserve enough/.test(all)
  ) {
    return {
      _tag: "OutOfMemory",
      message: `${context.heap} MiB of heap were not enough, or more than the machine has`,
      remedy: "give it another heap, smaller constants, or sets that need not be enumerated whole",
    }
  }
  if (signal !== undefined) {
    return {
      _tag: "Killed",
      message: `signal ${signal} ended TLC`,
      remedy: "if nobody sent it, the machine was out of memory: give it less heap, or run less beside it",
      signal,
    }
  }
  if (/No space left on device|File too large|Disk quota exceeded|not enough space/i.test(all)) {
    return {
      _tag: "DiskFull",
      message: message || "nothing more could be written",
      remedy: "free some of the disk that holds the directory for temporary files (TMPDIR), or name another",
    }
  }
  const most = /the state graph has more than (\d+) states/.exec(all)?.[1]
  if (most !== undefined) return limitTrouble("states", Number(most))
  if (errors.some(({ code }) => code === tooLong)) return limitTrouble("depth", MAX_BEHAVIOUR)
  if (has(corrupt)) {
    return { _tag: "Corrupt", message, remedy: "remove the checkpoint: the run begins anew" }
  }
  // TLC's server doesn't tell it by its exit code.
  if (exitCode === ParseExit || sanyErrors.test(unframed)) return parseTrouble(context, unframed)
  if (errors.some(({ code }) => isConfiguration(code)) || exitCode === ConfigurationExit) {
    return configurationTrouble(context, message || unframed.trim())
  }
  if (message !== "") return evaluationTrouble(context, said, message)
  if (checkedNothing) {
    return {
      _tag: "Configuration",
      message: "TLC checked nothing",
      place: { file: context.config },
      remedy: "say SPECIFICATION and its name there, or INIT and NEXT",
    }
  }
  return {
    _tag: "Killed",
    message: `TLC ended with exit code ${exitCode}\n${unframed.trim()}`.trim(),
    remedy: "run it again; TLC's own words stand above",
  }
}

const limitWords = {
  seconds: (most: number) => `not finished after ${most} s`,
  states: (most: number) => `more than ${most} distinct states`,
  disk: (most: number) => `would write more than ${most} MiB`,
  depth: (most: number) => `behaviours of more than ${most} states`,
} as const

/** A run that was ended because it would go on beyond its bound. */
export const limitTrouble = (limit: keyof typeof limitWords, most: number): TlcTrouble => ({
  _tag: "Limit",
  limit,
  most,
  message: limitWords[limit](most),
  remedy:
    "the state space is unbounded, or larger than that: bound it by a CONSTRAINT or smaller constants, or raise the limit",
})
