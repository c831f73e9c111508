/** Whether two state graphs are the same, state by state and edge by edge; if not, the nearest difference. */
import type { StateGraph } from "./graph.ts"

/** Where two graphs part: a state that both reach the same way, and what each can do there. */
export interface GraphDifference {
  /** Labels of a shortest path, the same in both graphs, to the state where they part. */
  readonly path: ReadonlyArray<string>
  /** What only the first graph can do there, what only the second can, and what leads to different states. */
  readonly onlyLeft: ReadonlyArray<string>
  readonly onlyRight: ReadonlyArray<string>
  readonly elsewhere: ReadonlyArray<{
    readonly label: string
    /** Parts of the state after it that differ: path, left's and right's value. */
    readonly parts: ReadonlyArray<readonly [string, string | undefined, string | undefined]>
  }>
  /** The state where they part, by part; undefined: the initial states differ. */
  readonly state: ReadonlyMap<string, string> | undefined
}

/** States by print: an open hash table. */
class ByPrint {
  readonly #graph: StateGraph
  readonly #slots: Int32Array
  readonly #mask: number

  constructor(graph: StateGraph) {
    this.#graph = graph
    let size = 16
    while (size < 2 * graph.states) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    for (let s = 0; s < graph.states; s++) {
      let k = graph.prints[2 * s + 1]! & this.#mask
      while (this.#slots[k]! >= 0) k = (k + 1) & this.#mask
      this.#slots[k] = s
    }
  }

  find(high: number, low: number): number {
    const { prints } = this.#graph
    for (let k = low & this.#mask; ; k = (k + 1) & this.#mask) {
      const s = this.#slots[k]!
      if (s < 0 || (prints[2 * s] === high && prints[2 * s + 1] === low)) return s
    }
  }
}

/**
 * Walks both graphs together from their initial states, breadth first.
 * @returns undefined when they are equal: the same states by print, the same labelled edges between them
 */
export const compareGraphs = (left: StateGraph, right: StateGraph): GraphDifference | undefined => {
  const byPrint = new ByPrint(right)
  const twin = new Int32Array(left.states).fill(-1)
  const parent = new Int32Array(left.states).fill(-1)
  const via = new Int32Array(left.states).fill(-1)
  const queue: Array<number> = []
  const pair = (s: number): number => byPrint.find(left.prints[2 * s]!, left.prints[2 * s + 1]!)
  for (const s of left.initial) {
    twin[s] = pair(s)
    if (twin[s]! < 0 || !right.initial.includes(twin[s]!)) return initialDifference(left, right)
    queue.push(s)
  }
  if (left.initial.length !== right.initial.length) return initialDifference(left, right)
  // Labels in common, so that two ascending lists of edges can be merged.
  const names = [...new Set([...left.labelNames, ...right.labelNames])].sort()
  const place = new Map(names.map((name, k) => [name, k]))
  const leftRank = left.labelNames.map((name) => place.get(name)!)
  const rightRank = right.labelNames.map((name) => place.get(name)!)
  for (let head = 0; head < queue.length; head++) {
    const s = queue[head]!
    const r = twin[s]!
    let i = left.first[s]!
    let j = right.first[r]!
    const iEnd = left.first[s + 1]!
    const jEnd = right.first[r + 1]!
    let same = iEnd - i === jEnd - j
    while (same && i < iEnd) {
      const label = leftRank[left.labels[i]!]!
      // The edges of one label, as sets of targets.
      let n = 1
      while (i + n < iEnd && leftRank[left.labels[i + n]!] === label) n++
      for (let k = 0; k < n && same; k++) {
        const target = left.targets[i + k]!
        const t = pair(target)
        let found = false
        for (let x = j; x < j + n; x++) {
          if (right.targets[x] === t && rightRank[right.labels[x]!] === label) found = true
        }
        same = t >= 0 && found
        if (same && twin[target]! < 0) {
          twin[target] = t
          parent[target] = s
          via[target] = left.labels[i + k]!
          queue.push(target)
        }
      }
      i += n
      j += n
    }
    if (!same) {
      const path: Array<string> = []
      for (let x = s; parent[x]! >= 0; x = parent[x]!) path.unshift(left.labelNames[via[x]!]!)
      return { path, state: left.describe(s), ...edgesApart(left, s, right, r) }
    }
  }
  // All of left's reachable states have twins with the same edges: right can reach no other from the same beginning.
  return undefined
}

const initialDifference = (left: StateGraph, right: StateGraph): GraphDifference => ({
  path: [],
  onlyLeft: [],
  onlyRight: [],
  elsewhere: [
    {
      label: "initially",
      parts: partsApart(left.describe(left.initial[0]!), right.describe(right.initial[0]!)),
    },
  ],
  state: undefined,
})

/** Parts whose values differ: path, first and second value; undefined: it has no such part. */
export const partsApart = (x: ReadonlyMap<string, string>, y: ReadonlyMap<string, string>) =>
  [...new Set([...x.keys(), ...y.keys()])]
    .filter((part) => x.get(part) !== y.get(part))
    .map((part) => [part, x.get(part), y.get(part)] as const)

const edgesApart = (left: StateGraph, s: number, right: StateGraph, r: number) => {
  const edges = (graph: StateGraph, x: number) => {
    const list: Array<{ label: string; target: number; print: string }> = []
    for (let k = graph.first[x]!; k < graph.first[x + 1]!; k++) {
      const target = graph.targets[k]!
      const print = `${graph.prints[2 * target]} ${graph.prints[2 * target + 1]}`
      list.push({ label: graph.labelNames[graph.labels[k]!]!, target, print })
    }
    return list
  }
  const mine = edges(left, s)
  const theirs = edges(right, r)
  const lacking = (from: typeof mine, other: typeof mine) =>
    from.filter((x) => !other.some((y) => y.label === x.label && y.print === x.print))
  const onlyMine = lacking(mine, theirs)
  const onlyTheirs = lacking(theirs, mine)
  const elsewhere: Array<GraphDifference["elsewhere"][number]> = []
  for (const x of onlyMine) {
    const y = onlyTheirs.find((other) => other.label === x.label)
    if (y === undefined) continue
    elsewhere.push({ label: x.label, parts: partsApart(left.describe(x.target), right.describe(y.target)) })
  }
  const isElsewhere = (label: string) => elsewhere.some((x) => x.label === label)
  return {
    onlyLeft: onlyMine.map((x) => x.label).filter((label) => !isElsewhere(label)),
    onlyRight: onlyTheirs.map((x) => x.label).filter((label) => !isElsewhere(label)),
    elsewhere,
  }
}

/** In words. `left`, `right`: what the two sides are called. */
export const differenceText = (difference: GraphDifference, left: string, right: string): string => {
  const { path, onlyLeft, onlyRight, elsewhere, state } = difference
  const lines = [
    path.length === 0 ? "Initially:" : `After ${path.length} step${path.length === 1 ? "" : "s"}:`,
  ]
  path.forEach((label, k) => {
    lines.push(`  ${String(k + 1).padStart(3)}  ${label}`)
  })
  for (const label of onlyLeft) lines.push(`${left} can do ${label}, ${right} can not.`)
  for (const label of onlyRight) lines.push(`${right} can do ${label}, ${left} can not.`)
  for (const { label, parts } of elsewhere) {
    lines.push(`${label} leads elsewhere:`)
    for (const [part, x, y] of parts) {
      lines.push(`  ${part}: ${left} has ${x ?? "nothing"}, ${right} has ${y ?? "nothing"}`)
    }
  }
  if (state !== undefined) {
    lines.push("The state where they part:")
    for (const [part, value] of state) lines.push(`  ${part} = ${value}`)
  }
  return `${lines.join("\n")}\n`
}
