/**
 * A message-sequence chart in characters: lanes to the left, words to the right. A message leaves its sender's lane in a
 * row of its own, waits beside its receiver's lane, and enters it at the step that takes it:
 *
 *       app0      ts0
 *        ●         │     2  app0  Attach
 *        ├──────╮  │           ATTACH to ts0
 *        │      ╰─▶●     3  ts0   ReceiveAttach
 */
import { type Chart, type ChartStep, type Passage, passagesOf, wrapped } from "./chart.ts"
import { type Places, placesOf } from "./tracks.ts"

/** Columns in all. */
export const TEXT_WIDTH = 110
/** Words have this much at least, however wide the lanes are. */
const LEAST_WORDS = 48
/** Messages under way at the beginning, and at the end, that are named. */
const MOST_WAITING = 8

const UP = 1
const DOWN = 2
const LEFT = 4
const RIGHT = 8
/** By the directions that meet in it. */
const lines = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"

interface Row {
  readonly ways: Uint8Array
  readonly signs: Map<number, string>
  readonly words: string
}

class Grid {
  readonly rows: Array<Row> = []
  readonly #places: Places
  /** Columns of messages that wait, by id. */
  readonly #waiting = new Map<number, number>()

  constructor(places: Places) {
    this.#places = places
  }

  /** A row in which every lane and every message that waits goes on. */
  row(words: string): Row {
    const row: Row = { ways: new Uint8Array(this.#places.width), signs: new Map(), words }
    for (const x of this.#places.lanes) row.ways[x]! |= UP | DOWN
    for (const x of this.#waiting.values()) {
      row.ways[x]! |= UP | DOWN
      row.signs.set(x, "┊")
    }
    this.rows.push(row)
    return row
  }

  /** A line from column `x` to column `y`. */
  across(row: Row, x: number, y: number): void {
    const [left, right] = x < y ? [x, y] : [y, x]
    row.ways[left]! |= RIGHT
    row.ways[right]! |= LEFT
    for (let k = left + 1; k < right; k++) {
      row.ways[k]! |= LEFT | RIGHT
      row.signs.delete(k)
    }
  }

  /** From the sender's lane to where the message waits. */
  send({ message }: Passage, words: string): void {
    const row = this.row(words)
    const x = this.#places.lanes[message.from]!
    const y = this.#places.track(message.id)
    this.across(row, x, y)
    row.ways[y]! |= DOWN
    row.signs.delete(y)
    this.#waiting.set(message.id, y)
  }

  /** A message that takes no time: from lane to lane. */
  direct(row: Row, { message }: Passage): void {
    const x = this.#places.lanes[message.from]!
    const y = this.#places.lanes[message.to]!
    this.across(row, x, y)
    row.signs.set(x < y ? y - 1 : y + 1, x < y ? "▶" : "◀")
  }

  /** From where it waits into the receiver's lane. */
  receive(row: Row, { message }: Passage): void {
    const x = this.#places.track(message.id)
    const y = this.#places.lanes[message.to]!
    this.#waiting.delete(message.id)
    row.ways[x]! &= ~DOWN
    row.signs.delete(x)
    this.across(row, x, y)
    row.signs.set(x < y ? y - 1 : y + 1, x < y ? "▶" : "◀")
  }

  drop(row: Row, id: number): void {
    row.signs.set(this.#places.track(id), "✕")
    this.#waiting.delete(id)
  }

  wait(id: number): void {
    this.#waiting.set(id, this.#places.track(id))
  }
}

/** The lanes' names, each about its lane. */
const heading = ({ lanes, width }: Places, names: ReadonlyArray<string>): string => {
  const cells = Array.from({ length: width + 20 }, () => " ")
  names.forEach((name, k) => {
    const first = Math.max(0, lanes[k]! - Math.floor(name.length / 2))
    for (const [j, letter] of [...name].entries()) cells[first + j] = letter
  })
  return cells.join("").trimEnd()
}

const textOf = (row: Row): string => {
  const cells = [...row.ways].map((way, x) => row.signs.get(x) ?? lines[way]!)
  return `${cells.join("")}${row.words}`.trimEnd()
}

/** The chart, as lines of at most `width` columns, unless its lanes alone take more. */
export const chartText = (chart: Chart, width = TEXT_WIDTH): string => {
  const passages = passagesOf(chart)
  const places = placesOf(chart.lanes, passages)
  const room = Math.max(LEAST_WORDS, width - places.width - 1)
  const grid = new Grid(places)
  const byId = new Map(passages.map((x) => [x.message.id, x]))
  const numbers = Math.max(3, ...chart.steps.map((step) => String(step.number).length))
  const names = Math.max(...chart.lanes.map((name) => name.length))
  const head = (step: ChartStep) =>
    ` ${String(step.number).padStart(numbers)}  ${chart.lanes[step.lane]!.padEnd(names)}  `
  const indent = " ".repeat(numbers + names + 5)
  const put = (first: string, text: string): ReadonlyArray<string> =>
    wrapped(text, Math.max(20, room - first.length)).map((line, k) => `${k === 0 ? first : indent}${line}`)
  const toText = ({ message }: Passage) => `${message.label} to ${chart.lanes[message.to]}`

  const some = (what: string, list: ReadonlyArray<Passage>) => {
    for (const x of list.slice(0, MOST_WAITING))
      for (const line of put(indent, `${what}: ${toText(x)}`)) grid.row(line)
    if (list.length > MOST_WAITING) grid.row(`${indent}… and ${list.length - MOST_WAITING} more`)
  }

  const early = passages.filter((x) => x.sent < 0)
  for (const x of early) grid.wait(x.message.id)
  if (early.length === 0) grid.row("")
  some("under way", early)
  for (const step of chart.steps) {
    const sends = (step.sends ?? []).map((message) => byId.get(message.id)!)
    const input = sends.find(({ message }) => message.direct === true && message.to === step.lane)
    const label = input === undefined ? step.label : `${step.label}  ← ${input.message.label}`
    const [words, ...more] = put(head(step), label)
    const row = grid.row(words!)
    if (input !== undefined) grid.direct(row, input)
    if (step.receives !== undefined) grid.receive(row, byId.get(step.receives)!)
    row.signs.set(places.lanes[step.lane]!, step.wrong === true ? "✗" : "●")
    for (const line of more) grid.row(line)
    const notes = (step.notes ?? []).join(" · ")
    if (notes !== "") for (const line of put(indent, notes)) grid.row(line)
    for (const passage of sends) {
      if (passage === input) continue
      const { message } = passage
      const [said, ...rest] = put(indent, `→ ${chart.lanes[message.to]}  ${message.label}`)
      if (message.direct === true) grid.direct(grid.row(said!), passage)
      else grid.send(passage, said!)
      for (const line of rest) grid.row(line)
    }
    for (const id of step.drops ?? []) {
      const [said, ...rest] = put(indent, `✕ lost: ${toText(byId.get(id)!)}`)
      grid.drop(grid.row(said!), id)
      for (const line of rest) grid.row(line)
    }
  }
  some(
    "still under way",
    passages.filter((x) => x.received === undefined && x.dropped === undefined),
  )
  const verdict = (chart.verdict ?? []).flatMap((text) => wrapped(text, width - 2).map((line) => `✗ ${line}`))
  return [
    ...wrapped(chart.title, width),
    "",
    heading(places, chart.lanes),
    ...grid.rows.map(textOf),
    ...(verdict.length === 0 ? [] : ["", ...verdict]),
    "",
  ].join("\n")
}
