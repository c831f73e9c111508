/** Just enough of a walk over an ESTree. */

export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
}

/** Child nodes with the field that holds them, in source order of the fields. */
export function children(node: Node): { field: string; child: Node }[] {
  return Object.entries(node).flatMap(([field, value]) => {
    const values = Array.isArray(value) ? value : [value]
    return values.filter(isNode).map((child) => ({ field, child }))
  })
}

/** Calls `see` on every node, parents first. */
export function visit(node: Node, see: (node: Node) => void): void {
  see(node)
  for (const { child } of children(node)) visit(child, see)
}
