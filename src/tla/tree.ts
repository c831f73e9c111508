/** A module's syntax tree as SANY has it (`pika.SpecTree`). */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { javaLine, TlcUnavailable } from "./java-line.ts"

/** Java heap, MiB. */
const HEAP = 512

/** A node of a module's syntax tree, as SANY has it. */
export interface SpecNode {
  /** The definition that it is part of. */
  readonly definition: string
  /** Its operator: `app`, `=`, `$ConjList`; or `$Number`, `$String`, `$Let`, `$Other`. */
  readonly kind: string
  /** 0 constant, 1 of a state, 2 of a step, 3 temporal; −1 where it has none. */
  readonly level: number
  /** Offsets in the module's text. */
  readonly start: number
  readonly end: number
  /** A quantifier's sets stand before its body, a LET's definitions before its. */
  readonly children: Array<SpecNode>
}

/**
 * The bodies of the definitions of the module `directory/module.tla` itself.
 * @throws {TlcUnavailable} TLC can't be run here
 * @throws {Error} what SANY says of a module that it can't parse
 */
export const treeOf = (directory: string, module: string): ReadonlyArray<SpecNode> => {
  const scratch = mkdtempSync(join(tmpdir(), "pika-sany-"))
  try {
    const vm = { heap: HEAP, threads: 1, brief: true, properties: { "java.io.tmpdir": scratch } }
    const line = javaLine({ ...vm, main: "pika.SpecTree" }, [`${module}.tla`])
    if (line instanceof TlcUnavailable) throw line
    const printed = execFileSync(line.java, line.args, { cwd: directory, encoding: "utf8", stdio: "pipe" })
    const lines = readFileSync(join(directory, `${module}.tla`), "utf8").split("\n")
    const starts = [0]
    for (const line of lines) starts.push(starts.at(-1)! + line.length + 1)
    const roots: Array<SpecNode> = []
    const path: Array<SpecNode> = []
    for (const row of printed.split("\n").filter((x) => x.includes("\t"))) {
      const [definition = "", kind = "", ...numbers] = row.split("\t")
      const [depth = 0, level = 0, line = 0, column = 0, endLine = 0, endColumn = 0] = numbers.map(Number)
      const start = starts[line - 1]! + column - 1
      const node = { definition, kind, level, start, end: starts[endLine - 1]! + endColumn, children: [] }
      path.length = depth
      if (depth === 0) roots.push(node)
      else path[depth - 1]!.children.push(node)
      path[depth] = node
    }
    return roots
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
