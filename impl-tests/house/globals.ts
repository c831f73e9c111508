/** Finds a file's uses of the host's globals: the clock, chance, timers, the process. */

import { parseSync } from "oxc-parser"
import type { Source } from "./sources.ts"
import { children, isNode, type Node } from "./tree.ts"

/** Time, chance and the outside world: a pure room is given them as arguments. */
export const impureGlobals: ReadonlySet<string> = new Set([
  "Date",
  "performance",
  "process",
  "crypto",
  "console",
  "fetch",
  "require",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
])

const scopes = new Set([
  "Program",
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "CatchClause",
  "ClassExpression",
])

/** Fields of a node whose identifier is a name, not a use of a value. */
const nameFields: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ["property"],
  Property: ["key"],
  PropertyDefinition: ["key"],
  MethodDefinition: ["key"],
  TSPropertySignature: ["key"],
  TSMethodSignature: ["key"],
  TSAbstractMethodDefinition: ["key"],
  TSAbstractPropertyDefinition: ["key"],
  TSTypeReference: ["typeName"],
  TSTypeParameter: ["name"],
  TSTypeAliasDeclaration: ["id"],
  TSInterfaceDeclaration: ["id"],
  TSTypePredicate: ["parameterName"],
  TSNamedTupleMember: ["label"],
  TSFunctionType: ["params"],
  LabeledStatement: ["label"],
  BreakStatement: ["label"],
  ContinueStatement: ["label"],
  ImportSpecifier: ["imported"],
  ExportSpecifier: ["exported"],
}

/** One sentence for each use of an impure global, and of Math.random. */
export function globalUses({ path, text }: Source): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const found: string[] = []
  const report = (node: Node, what: string) => {
    found.push(`${path}:${text.slice(0, node.start).split("\n").length}: uses ${what}`)
  }
  const walk = (node: Node, known: ReadonlySet<string>): void => {
    const inside = scopes.has(node.type) ? new Set([...known, ...declaredBy(node)]) : known
    if (isMathRandom(node)) report(node, "Math.random")
    if (node.type === "Identifier") {
      const name = node.name as string
      if (impureGlobals.has(name) && !inside.has(name)) report(node, name)
    }
    const names = node.computed === true ? [] : (nameFields[node.type] ?? [])
    for (const { field, child } of children(node)) {
      // A shorthand `{ process }` is key and value at once: its value is seen.
      if (!(names.includes(field) && child.type === "Identifier")) walk(child, inside)
    }
  }
  walk(program as unknown as Node, new Set())
  return found
}

function isMathRandom(node: Node): boolean {
  if (node.type !== "MemberExpression") return false
  const object = node.object as Node
  const property = node.property as Node
  const isRandom = property.name === "random" || property.value === "random"
  return object.type === "Identifier" && object.name === "Math" && isRandom
}

/** Names that a scope declares itself: its parameters, and declarations among its own statements. */
function declaredBy(scope: Node): string[] {
  const own = [scope.id, ...list(scope.params), scope.param, scope.left, scope.init]
  const body = Array.isArray(scope.body) ? scope.body : []
  return [...own, ...body].flatMap((part) => (isNode(part) ? declaredNames(part) : []))
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function declaredNames(node: Node): string[] {
  switch (node.type) {
    case "Identifier":
      return [node.name as string]
    case "VariableDeclaration":
      return (node.declarations as Node[]).flatMap((one) => declaredNames(one.id as Node))
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return isNode(node.id) ? declaredNames(node.id) : []
    case "ExportNamedDeclaration":
      return isNode(node.declaration) ? declaredNames(node.declaration) : []
    case "ImportDeclaration":
      return (node.specifiers as Node[]).flatMap((one) => declaredNames(one.local as Node))
    case "ObjectPattern":
      return (node.properties as Node[]).flatMap((one) => declaredNames((one.value ?? one) as Node))
    case "ArrayPattern":
      return list(node.elements).flatMap((one) => (isNode(one) ? declaredNames(one) : []))
    case "AssignmentPattern":
      return declaredNames(node.left as Node)
    case "RestElement":
      return declaredNames(node.argument as Node)
    default:
      return []
  }
}
