/** A run of processes that talk by messages, as a message-sequence chart (ITU-T Z.120): what is to be drawn. */

/** A message between two lanes. */
export interface ChartMessage {
  /** Of its own in the chart: the step that receives it names it. */
  readonly id: number
  /** Index of a lane. */
  readonly from: number
  readonly to: number
  readonly label: string
  /** It takes no time: no channel holds it. */
  readonly direct?: boolean
}

/** One step of one process. */
export interface ChartStep {
  readonly lane: number
  /** What the reader knows it by: the number of a state, the line of a recording. */
  readonly number: number
  readonly label: string
  /** The message that it takes in. */
  readonly receives?: number
  /** Messages that it sends, in their order; direct ones to it as well. */
  readonly sends?: ReadonlyArray<ChartMessage>
  /** Messages under way that nobody will receive after it. */
  readonly drops?: ReadonlyArray<number>
  /** What it changes, or otherwise is worth a line. */
  readonly notes?: ReadonlyArray<string>
  /** The step is what the chart is about: it breaks a property, or could not be taken. */
  readonly wrong?: boolean
}

/** A run of processes that exchange messages, step by step. */
export interface Chart {
  readonly title: string
  /** Names of the processes, from left to right. */
  readonly lanes: ReadonlyArray<string>
  /** Messages that were under way before the first step. */
  readonly before?: ReadonlyArray<ChartMessage>
  readonly steps: ReadonlyArray<ChartStep>
  /** What is to be said at the end: the property that does not hold, why a step is not allowed. */
  readonly verdict?: ReadonlyArray<string>
}

/** A message's way through a chart. Steps are told by index. */
export interface Passage {
  readonly message: ChartMessage
  /** -1: before the first one. */
  readonly sent: number
  /** It is consumed here, if ever. */
  readonly received: number | undefined
  /** It is lost here, if ever. */
  readonly dropped: number | undefined
}

/** A chart that draws nothing sensible: a mistake of who made it. */
export class ChartError extends Error {}

/**
 * Every message of the chart, in the order of their sending.
 * @throws {ChartError} an id that is used twice, or named by a step before or without its sending; a lane that is none
 */
export const passagesOf = ({ lanes, before = [], steps }: Chart): ReadonlyArray<Passage> => {
  const passages = new Map<number, { -readonly [K in keyof Passage]: Passage[K] }>()
  const lane = (k: number, what: string) => {
    if (!(k in lanes)) throw new ChartError(`${what} is of lane ${k}, of ${lanes.length}`)
  }
  const send = (message: ChartMessage, sent: number) => {
    if (passages.has(message.id)) throw new ChartError(`two messages have the id ${message.id}`)
    lane(message.from, message.label)
    lane(message.to, message.label)
    const received = message.direct === true ? sent : undefined
    passages.set(message.id, { message, sent, received, dropped: undefined })
  }
  const underWay = (id: number, step: ChartStep) => {
    const passage = passages.get(id)
    if (passage === undefined || passage.received !== undefined || passage.dropped !== undefined) {
      throw new ChartError(`no message ${id} is under way at step ${step.number}, ${step.label}`)
    }
    return passage
  }
  for (const message of before) send(message, -1)
  steps.forEach((step, k) => {
    lane(step.lane, step.label)
    for (const message of step.sends ?? []) send(message, k)
    if (step.receives !== undefined) underWay(step.receives, step).received = k
    for (const id of step.drops ?? []) underWay(id, step).dropped = k
  })
  return [...passages.values()]
}

/** The text in lines of at most `width` characters, broken at spaces where that can be. */
export const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  const put = () => {
    lines.push(line)
    line = ""
  }
  for (let word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) put()
    while (word.length > width) {
      if (line !== "") put()
      line = word.slice(0, width)
      word = word.slice(width)
      put()
    }
    line = line === "" ? word : `${line} ${word}`
  }
  if (line !== "" || lines.length === 0) lines.push(line)
  return lines
}
