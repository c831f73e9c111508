/** Mutants of a TypeScript module, made from its syntax tree: one small change each. */
import { parseSync } from "oxc-parser"

export interface Mutant {
  /** `transport.ts:52 drop-property phase: "Waiting"`: the same from run to run as long as the source is. */
  readonly name: string
  readonly operator: string
  readonly line: number
  /** In a condition under which a step is refused: a weaker one shows only where something illegal happens. */
  readonly assertion: boolean
  /** What stood there, and what stands there now. */
  readonly before: string
  readonly after: string
  readonly source: string
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

const childrenOf = (node: Node): ReadonlyArray<Node> =>
  Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode))

const comparisons: Readonly<Record<string, ReadonlyArray<string>>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
}

export interface Scope {
  /** Names whose declarations, assignments and properties are left alone. */
  readonly except: ReadonlySet<string>
  /** Functions that only assertions call. */
  readonly assertions: ReadonlySet<string>
}

/** Every mutant of `source` within `scope`; types and imports run nothing. */
export const mutantsOf = (file: string, source: string, scope: Scope): ReadonlyArray<Mutant> => {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]!.message}`)
  const text = (node: Node) => source.slice(node.start, node.end)
  const found: Array<Mutant> = []
  let asserting = 0
  const put = (operator: string, node: Node, after: string) => {
    const line = source.slice(0, node.start).split("\n").length
    const before = text(node)
    if (before === after) return
    const brief = (x: string) => x.replace(/\s+/g, " ").slice(0, 60)
    found.push({
      name: `${file}:${line} ${operator}: ${brief(before)} → ${after === "" ? "nothing" : brief(after)}`,
      operator,
      line,
      assertion: asserting > 0,
      before,
      after,
      source: `${source.slice(0, node.start)}${after}${source.slice(node.end)}`,
    })
  }
  /** The words that a literal of the protocol may be confused with. */
  const phases = new Set<string>()
  const visit = (node: Node): void => {
    // Types run nothing.
    if (node.type.startsWith("TS") && node.type !== "TSAsExpression" && node.type !== "TSNonNullExpression")
      return
    if (node.type === "ImportDeclaration") return
    if (scope.except.has(nameOf(node) ?? "")) return
    const { test } = node as unknown as Fields
    const refuses =
      node.type === "IfStatement" &&
      /^(\{\s*)?return illegal\(/.test(text((node as unknown as Fields).consequent))
    const only = node.type === "VariableDeclarator" && scope.assertions.has(nameOf(node) ?? "")
    if (only) asserting++
    if (refuses) asserting++
    mutate(node, text, put, phases, scope.except)
    if (refuses) visit(test)
    if (refuses) asserting--
    for (const child of childrenOf(node)) if (!refuses || child !== test) visit(child)
    if (only) asserting--
  }
  const collect = (node: Node): void => {
    const { left, right, operator } = node as unknown as { left: Node; right: Node; operator: string }
    if (node.type === "BinaryExpression" && operator === "===" && isNode(left) && isNode(right)) {
      if (right.type === "Literal" && typeof right.value === "string") phases.add(right.value)
    }
    for (const child of childrenOf(node)) collect(child)
  }
  collect(program as unknown as Node)
  visit(program as unknown as Node)
  return found
}

/** The fields that the node types below have. */
interface Fields {
  readonly operator: string
  readonly left: Node
  readonly right: Node
  readonly test: Node
  readonly consequent: Node
  readonly alternate: Node
  readonly argument: Node
  readonly properties: ReadonlyArray<Node>
}

/** What a declaration declares, an assignment assigns, a property is called. */
const nameOf = (node: Node): string | undefined => {
  const { id, key, expression } = node as unknown as Record<string, Node | undefined>
  if (node.type === "VariableDeclarator") return id?.name as string | undefined
  if (node.type === "Property") return key?.name as string | undefined
  if (node.type !== "ExpressionStatement" || expression?.type !== "AssignmentExpression") return undefined
  const left = expression.left as Node
  return (left.property as Node | undefined)?.name as string | undefined
}

type Put = (operator: string, node: Node, after: string) => void

const mutate = (
  node: Node,
  text: (node: Node) => string,
  put: Put,
  phases: ReadonlySet<string>,
  except: ReadonlySet<string>,
): void => {
  const x = node as unknown as Fields
  switch (node.type) {
    case "BinaryExpression":
      for (const operator of comparisons[x.operator] ?? []) {
        put("operator", node, `${text(x.left)} ${operator} ${text(x.right)}`)
      }
      break
    case "LogicalExpression":
      if (x.operator === "??") break
      put("and-or", node, `(${text(x.left)} ${x.operator === "&&" ? "||" : "&&"} ${text(x.right)})`)
      put("drop-operand", node, text(x.left))
      put("drop-operand", node, text(x.right))
      break
    case "IfStatement":
      put("guard-false", x.test, "false")
      put("guard-true", x.test, "true")
      break
    case "ConditionalExpression":
      put("branch", node, `(${text(x.consequent)})`)
      put("branch", node, `(${text(x.alternate)})`)
      break
    case "UnaryExpression":
      if (x.operator === "!") put("negation", node, text(x.argument))
      break
    case "Literal":
      literal(node, text, put, phases)
      break
    case "ExpressionStatement":
      put("drop-statement", node, "{}")
      break
    case "ObjectExpression":
      properties(x.properties, text, put, except)
      break
    default:
  }
}

const literal = (node: Node, text: (node: Node) => string, put: Put, phases: ReadonlySet<string>): void => {
  const value = node.value
  if (typeof value === "boolean") put("boolean", node, String(!value))
  if (typeof value === "number") put("off-by-one", node, `${text(node)} + 1`)
  if (typeof value === "string" && phases.has(value)) {
    const others = [...phases].sort()
    const other = others[(others.indexOf(value) + 1) % others.length]!
    if (other !== value) put("literal", node, JSON.stringify(other))
  }
}

/** After a spread, a property is an update: without it the old value stays. */
const properties = (
  list: ReadonlyArray<Node>,
  text: (node: Node) => string,
  put: Put,
  except: ReadonlySet<string>,
): void => {
  if (list[0]?.type !== "SpreadElement") return
  list.slice(1).forEach((property) => {
    if (except.has(nameOf(property) ?? "")) return
    const whole = list.map((x) => (x === property ? undefined : text(x))).filter((x) => x !== undefined)
    const object = { ...property, start: list[0]!.start, end: list.at(-1)!.end }
    put("drop-update", object, whole.join(", "))
  })
}
