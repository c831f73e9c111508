/**
 * A message-sequence chart as an SVG picture that stands alone: no script, no font but the reader's own, light or dark as
 * the reader has it, its content told in words to who can't see it. Steps are boxes on the lanes, messages arrows that
 * slant from the step that sends to the step that takes; channels are FIFO, so no two of one channel cross.
 */
import { type Chart, type ChartStep, type Passage, passagesOf, wrapped } from "./chart.ts"

/** Of a letter at 12 px, monospaced. */
const LETTER = 7.25
const QUIET = 11 / 12
const LINE = 15
/** Between two lanes, px: at least, and at most, where labels are wrapped instead. */
const NEAREST = 110
const WIDEST = 250
const PAD = 8
const MARGIN = 24

const style = `
text { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
.page { fill: #ffffff }
.title { font-size: 14px; font-weight: 600 }
.name, .head { font-weight: 600 }
.lane { stroke: #9aa4b0; stroke-width: 1.5 }
.head { fill: #eef2f6; stroke: #9aa4b0 }
.box { fill: #f6f8fa; stroke: #57606a }
.message { stroke: #0969da; stroke-width: 1.4; stroke-linejoin: round; fill: none }
.tip { fill: #0969da }
.said { fill: #0550ae; stroke: #ffffff; stroke-width: 4px; paint-order: stroke; stroke-linejoin: round }
.quiet, .number { fill: #57606a; font-size: 11px }
.wait { stroke-dasharray: 5 4 }
.open { fill: #ffffff; stroke: #0969da; stroke-width: 1.4 }
.lost { stroke: #cf222e; stroke-width: 2 }
.wrong { fill: #ffebe9; stroke: #cf222e; stroke-width: 2 }
.verdict { fill: #a40e26; font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.lane, .head { stroke: #545d68 }
.head { fill: #1c2128 }
.box { fill: #161b22; stroke: #8b949e }
.message, .open { stroke: #58a6ff }
.tip { fill: #58a6ff }
.said { fill: #9ecbff; stroke: #0d1117 }
.quiet, .number { fill: #9aa4ae }
.open { fill: #0d1117 }
.lost { stroke: #ff7b72 }
.wrong { fill: #3d1418; stroke: #ff7b72 }
.verdict { fill: #ffa198 }
}`

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const px = (x: number): string => String(Math.round(x * 10) / 10)

type Attributes = Readonly<Record<string, string | number>>

const element = (name: string, attributes: Attributes, content?: string): string => {
  const list = Object.entries(attributes).map(
    ([key, x]) => ` ${key}="${typeof x === "number" ? px(x) : escaped(x)}"`,
  )
  return content === undefined
    ? `<${name}${list.join("")}/>`
    : `<${name}${list.join("")}>${content}</${name}>`
}

const say = (x: number, y: number, text: string, attributes: Attributes = {}): string =>
  element("text", { x, y, ...attributes }, escaped(text))

/** Where everything stands, top down. */
interface Layout {
  readonly lanes: ReadonlyArray<number>
  readonly width: number
  readonly boxes: ReadonlyArray<Box>
  /** By message: the height at which it leaves. */
  readonly leaves: ReadonlyMap<number, number>
  /** Where lanes begin and end. */
  readonly top: number
  readonly bottom: number
}

interface Box {
  readonly step: ChartStep
  readonly lines: ReadonlyArray<{ readonly text: string; readonly quiet: boolean }>
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

const widthOf = (text: string): number => text.length * LETTER

/** As wide as the widest label between neighbours asks for, and all boxes. */
const spacing = (chart: Chart, passages: ReadonlyArray<Passage>): number => {
  const labels = passages.map((x) => widthOf(x.message.label) + 2 * PAD)
  const boxes = chart.steps.flatMap((x) => [x.label, ...(x.notes ?? [])]).map((x) => widthOf(x) + 4 * PAD)
  return Math.min(WIDEST, Math.max(NEAREST, ...labels, ...boxes))
}

const layoutOf = (chart: Chart, passages: ReadonlyArray<Passage>, top: number): Layout => {
  const apart = spacing(chart, passages)
  const letters = Math.floor((apart - 4 * PAD) / LETTER)
  const numbers = Math.max(...chart.steps.map((x) => widthOf(String(x.number))), 0)
  const first = MARGIN + numbers + apart / 2
  const lanes = chart.lanes.map((_, k) => first + k * apart)
  const leaves = new Map<number, number>()
  let y = top + 14
  for (const { message, sent } of passages) if (sent < 0) leaves.set(message.id, y)
  if (leaves.size > 0) y += LINE + 8
  const boxes = chart.steps.map((step): Box => {
    const lines = [
      ...wrapped(step.label, letters).map((text) => ({ text, quiet: false })),
      ...(step.notes ?? [])
        .flatMap((note) => wrapped(note, Math.floor(letters / QUIET)))
        .map((text) => ({ text, quiet: true })),
    ]
    const width = Math.max(...lines.map((x) => widthOf(x.text) * (x.quiet ? QUIET : 1))) + 2 * PAD
    const height = lines.length * LINE + PAD
    const box = { step, lines, left: lanes[step.lane]! - width / 2, top: y, width, height }
    y += height
    for (const message of step.sends ?? []) {
      if (message.direct === true && message.to === step.lane) {
        leaves.set(message.id, box.top + LINE / 2 + PAD / 2)
      } else {
        y += LINE + 5
        leaves.set(message.id, y)
      }
    }
    y += (step.drops ?? []).length * (LINE + 5) + 12
    return box
  })
  const width = lanes.at(-1)! + apart / 2 + MARGIN
  return { lanes, width, boxes, leaves, top, bottom: y + 8 }
}

/** The tip of an arrow that comes from (x, y) to (a, b). */
const tip = (x: number, y: number, a: number, b: number): string => {
  const length = Math.hypot(a - x, b - y) || 1
  const [u, v] = [((a - x) / length) * 9, ((b - y) / length) * 9]
  const point = (p: number, q: number) => `${px(p)},${px(q)}`
  const points = [
    point(a, b),
    point(a - u - v / 2.6, b - v + u / 2.6),
    point(a - u + v / 2.6, b - v - u / 2.6),
  ]
  return element("polygon", { class: "tip", points: points.join(" ") })
}

const cross = (x: number, y: number): string =>
  element("path", { class: "lost", d: `M${px(x - 5)} ${px(y - 5)}l10 10m0 -10l-10 10` })

/** Where an arrow ends, and how. */
interface End {
  readonly x: number
  readonly y: number
  readonly mark: string
  /** Box that it enters. */
  readonly box?: Box
}

const endOf = (layout: Layout, { message, sent, received, dropped }: Passage, from: number): End => {
  const lane = layout.lanes[message.to]!
  const away = lane > from ? 1 : -1
  const middle = (box: Box) => box.top + LINE / 2 + PAD / 2
  if (message.direct === true) {
    const box = layout.boxes[sent]
    const y = layout.leaves.get(message.id)!
    const x = box?.step.lane === message.to ? lane - (away * box.width) / 2 : lane
    return { x, y, mark: tip(from, y, x, y) }
  }
  if (received !== undefined) {
    const box = layout.boxes[received]!
    return { x: lane - (away * box.width) / 2, y: middle(box), mark: "", box }
  }
  const x = lane - away * 14
  if (dropped !== undefined) {
    const box = layout.boxes[dropped]!
    const y = box.top + box.height + 10
    return { x, y, mark: cross(x, y) }
  }
  const y = layout.bottom
  return { x, y, mark: element("circle", { class: "open", cx: x, cy: y, r: 4 }) }
}

/** Whether a straight line would run behind a box. */
const isHidden = ({ boxes }: Layout, x: number, y: number, end: End): boolean =>
  boxes.some((box) => {
    const [top, bottom] = [Math.max(box.top, y), Math.min(box.top + box.height, end.y)]
    if (box === end.box || top >= bottom) return false
    const at = (height: number) => x + ((end.x - x) * (height - y)) / (end.y - y)
    const [left, right] = [at(top), at(bottom)].sort((p, q) => p - q) as [number, number]
    return right > box.left && left < box.left + box.width
  })

/** The points of an arrow: straight, or, around boxes, down between the lanes. */
const routeOf = (layout: Layout, passage: Passage, x: number, y: number, end: End) => {
  if (passage.message.direct === true || !isHidden(layout, x, y, end))
    return [[x, y] as const, [end.x, end.y] as const]
  const lane = layout.lanes[passage.message.to]!
  const apart = (layout.lanes[1] ?? 0) - layout.lanes[0]!
  // Several of them side by side.
  const knee = lane - Math.sign(lane - x) * (apart / 2 + 5 * ((passage.message.id % 5) - 2))
  return [[x, y] as const, [knee, y + 10] as const, [knee, end.y - 12] as const, [end.x, end.y] as const]
}

/** A message's line, and what is said above it. */
const arrow = (layout: Layout, passage: Passage): { readonly line: string; readonly label: string } => {
  const { message, sent, received, dropped } = passage
  const y = layout.leaves.get(message.id)!
  const x = layout.lanes[message.from]!
  const end = endOf(layout, passage, x)
  const route = routeOf(layout, passage, x, y, end)
  const [a, b] = route.at(-2)!
  const waits = received === undefined && dropped === undefined
  const points = route.map(([p, q]) => `${px(p)} ${px(q)}`)
  const away = layout.lanes[message.to]! > x
  const line = [
    element("path", { class: waits ? "message wait" : "message", d: `M${points.join("L")}` }),
    end.mark === "" ? tip(a, b, end.x, end.y) : end.mark,
    sent < 0 ? element("circle", { class: "open", cx: x, cy: y, r: 4 }) : "",
  ]
  const label = say(x + (away ? PAD : -PAD), y - 5, message.label, {
    class: "said",
    "text-anchor": away ? "start" : "end",
  })
  return { line: line.join(""), label }
}

const boxOf = ({ step, lines, left, top, width, height }: Box, numbersAt: number): string => {
  const parts = [
    element("rect", { class: step.wrong === true ? "wrong" : "box", x: left, y: top, width, height, rx: 3 }),
    ...lines.map(({ text, quiet }, k) =>
      say(left + width / 2, top + PAD / 2 + (k + 0.75) * LINE, text, {
        "text-anchor": "middle",
        ...(quiet ? { class: "quiet" } : {}),
      }),
    ),
    say(numbersAt, top + PAD / 2 + 0.75 * LINE, String(step.number), { class: "number" }),
  ]
  return parts.join("")
}

const head = (name: string, x: number, y: number): string => {
  const width = widthOf(name) + 4 * PAD
  return [
    element("rect", { class: "head", x: x - width / 2, y, width, height: 24, rx: 3 }),
    say(x, y + 16, name, { class: "name", "text-anchor": "middle" }),
  ].join("")
}

/** The chart in sentences. */
const description = (chart: Chart, passages: ReadonlyArray<Passage>): string => {
  const byId = new Map(passages.map((x) => [x.message.id, x.message]))
  const name = (lane: number) => chart.lanes[lane]!
  const steps = chart.steps.map((step) => {
    const taken = step.receives === undefined ? undefined : byId.get(step.receives)!
    const from = taken === undefined ? "" : `, taking ${taken.label} from ${name(taken.from)}`
    const to = (step.sends ?? []).map((x) => `, ${x.label} from ${name(x.from)} to ${name(x.to)}`)
    return `${step.number}: ${name(step.lane)} ${step.label}${from}${to.join("")}.`
  })
  return [...steps, ...(chart.verdict ?? [])].join(" ")
}

/** The chart as an SVG document. */
export const chartSvg = (chart: Chart): string => {
  const passages = passagesOf(chart)
  const guess = layoutOf(chart, passages, 0).width
  const titles = wrapped(chart.title, Math.floor((guess - 2 * MARGIN) / (LETTER * 1.2)))
  const heads = MARGIN + titles.length * 20 + 8
  const layout = layoutOf(chart, passages, heads + 24)
  const { lanes, width, bottom } = layout
  const arrows = passages.map((x) => arrow(layout, x))
  const words = (chart.verdict ?? []).flatMap((x) => wrapped(x, Math.floor((width - 4 * MARGIN) / LETTER)))
  const verdict = words.length * LINE + 2 * PAD
  const height = bottom + 14 + (words.length === 0 ? 0 : verdict) + MARGIN
  const end: ReadonlyArray<string> =
    words.length === 0
      ? []
      : [
          element("path", {
            class: "wrong",
            d: `M${px(MARGIN + 12)} ${px(bottom + 14)}H${px(width - MARGIN - 12)}l12 ${px(verdict / 2)}l-12 ${px(verdict / 2)}H${px(MARGIN + 12)}l-12 ${px(-verdict / 2)}z`,
          }),
          ...words.map((text, k) =>
            say(width / 2, bottom + 14 + PAD + (k + 0.75) * LINE, text, {
              class: "verdict",
              "text-anchor": "middle",
            }),
          ),
        ]
  const size = `0 0 ${px(width)} ${px(height)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${size}" width="${px(width)}" height="${px(height)}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(chart.title)}</title>`,
    `<desc id="desc">${escaped(description(chart, passages))}</desc>`,
    `<style>${style}\n</style>`,
    element("rect", { class: "page", width, height }),
    ...titles.map((text, k) => say(MARGIN, MARGIN + 12 + k * 20, text, { class: "title" })),
    ...lanes.map((x) => element("path", { class: "lane", d: `M${px(x)} ${px(layout.top)}V${px(bottom)}` })),
    ...arrows.map((x) => x.line),
    ...arrows.map((x) => x.label),
    ...layout.boxes.map((box) => boxOf(box, MARGIN / 2)),
    ...chart.lanes.map((name, k) => head(name, lanes[k]!, heads)),
    ...end,
    "</svg>",
    "",
  ].join("\n")
}
