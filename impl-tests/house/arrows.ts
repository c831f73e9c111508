/** The arrows between rooms: who may import whom, after the table in docs/architecture.md. */

import { dirname, join } from "node:path/posix"
import { parseSync } from "oxc-parser"
import type { Source } from "./sources.ts"
import { type Node, visit } from "./tree.ts"

interface Room {
  /** Rooms it may import; what those may import themselves, it may too. "any": an edge. */
  readonly rooms: readonly string[] | "any"
  /** Rooms of which it may name types, and nothing that runs. */
  readonly types?: readonly string[]
  /** npm packages it may import, by name. */
  readonly packages: readonly string[]
  /** Whether it may import Node's own modules. */
  readonly node: boolean
}

export const arrows: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: ["effect"], node: false },
  memory: { rooms: [], packages: [], node: false },
  net: { rooms: ["memory"], packages: [], node: false },
  codec: { rooms: ["core", "memory"], packages: ["effect"], node: false },
  // The Recorder port is handed the core's events, so it names their types.
  ports: { rooms: ["memory"], types: ["core"], packages: ["effect"], node: false },
  server: { rooms: ["core", "net", "codec", "memory", "ports"], packages: ["effect"], node: false },
  application: { rooms: ["core", "codec", "memory"], packages: [], node: false },
  native: { rooms: ["memory", "setup"], packages: ["node-api-headers"], node: true },
  trace: { rooms: ["core", "codec", "memory"], packages: ["effect"], node: true },
  runtime: {
    rooms: ["server", "ports", "native", "trace", "setup"],
    packages: ["effect", "esbuild"],
    node: true,
  },
  socket: { rooms: ["application", "codec", "memory", "native"], packages: ["effect"], node: true },
  sim: { rooms: ["server", "ports", "application", "trace"], packages: ["effect"], node: false },
  tla: { rooms: ["setup"], packages: ["effect"], node: true },
  model: { rooms: ["core", "trace", "tla", "setup"], packages: ["effect"], node: true },
  experiment: {
    rooms: ["server", "ports", "sim", "trace", "setup"],
    packages: ["effect", "hdr-histogram-js", "vega", "vega-lite"],
    node: true,
  },
  setup: { rooms: [], packages: ["typescript-json-schema"], node: true },
  bench: { rooms: "any", packages: ["effect"], node: true },
  cli: { rooms: "any", packages: ["effect"], node: true },
  dashboard: { rooms: "any", packages: ["effect"], node: true },
}

/** Effect's own clock and chance, which a pure room takes as arguments instead. */
const impureEffect = new Set(["Clock", "Random", "DateTime"])
const pureOfEffect = new Set(["core"])

/** Everything a room may import, its rooms' own permissions included. */
export function reachable(room: string): Set<string> {
  const seen = new Set<string>()
  const open = [room]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const allowed = arrows[name]?.rooms ?? []
    open.push(...(allowed === "any" ? Object.keys(arrows) : allowed))
  }
  return seen
}

export interface Import {
  /** As written, or undefined where it is computed. */
  readonly specifier: string | undefined
  /** Names taken by a static import; empty for the other kinds. */
  readonly names: readonly string[]
  /** Whether it vanishes when types are stripped. */
  readonly typeOnly: boolean
  readonly line: number
}

/** Every import of a file: static, re-export, dynamic, and in types. Throws where the file can't be parsed. */
export function importsOf({ path, text }: Source): Import[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const found: Import[] = []
  visit(program as unknown as Node, (node) => {
    const source = importSource(node)
    if (source === undefined) return
    const value = source.type === "Literal" ? source.value : undefined
    found.push({
      specifier: typeof value === "string" ? value : undefined,
      names: importedNames(node),
      typeOnly: node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type",
      line: text.slice(0, node.start).split("\n").length,
    })
  })
  return found
}

function importSource(node: Node): Node | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ImportExpression":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
    case "TSImportType":
      return (node.source ?? undefined) as Node | undefined
    case "TSExternalModuleReference":
      return node.expression as Node
    default:
      return undefined
  }
}

function importedNames(node: Node): string[] {
  if (node.type !== "ImportDeclaration") return []
  return (node.specifiers as Node[]).flatMap((specifier) => {
    const imported = specifier.imported as { name?: string } | undefined
    return imported?.name === undefined ? [] : [imported.name]
  })
}

/** What is wrong with a file's imports, one sentence each. The path says which room it is in. */
export function arrowViolations(source: Source): string[] {
  const room = roomOf(source.path)
  const rule = room === undefined ? undefined : arrows[room]
  if (room === undefined || rule === undefined) return [`${source.path}: not in a room of the table`]
  const allowed = reachable(room)
  return importsOf(source).flatMap((one) => {
    const where = `${source.path}:${one.line}`
    const { specifier } = one
    if (specifier === undefined) return rule.node ? [] : [`${where}: ${room} has a computed import`]
    if (specifier.startsWith(".")) {
      const target = roomOf(join(dirname(source.path), specifier))
      if (target === undefined) return [`${where}: ${specifier} leaves src/`]
      const named = one.typeOnly && (rule.types ?? []).includes(target)
      return named || allowed.has(target) ? [] : [`${where}: ${room} may not import ${target} (${specifier})`]
    }
    if (specifier.startsWith("node:"))
      return rule.node ? [] : [`${where}: ${room} may not import ${specifier}`]
    const name = packageName(specifier)
    if (!rule.packages.includes(name)) return [`${where}: ${room} may not import the package ${specifier}`]
    if (name !== "effect" || !pureOfEffect.has(room)) return []
    const impure = [...one.names, specifier.split("/")[1] ?? ""].filter((taken) => impureEffect.has(taken))
    return impure.map((taken) => `${where}: ${room} takes time and chance as arguments, not from ${taken}`)
  })
}

function roomOf(path: string): string | undefined {
  const parts = path.split("/")
  return parts[0] === "src" && parts.length > 2 ? parts[1] : undefined
}

function packageName(specifier: string): string {
  const parts = specifier.split("/")
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "")
}
