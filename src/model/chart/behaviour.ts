/** The chart of a behaviour: its steps are known by the states around them. */
import type { Chart, ChartMessage, ChartStep } from "../../tla/chart/chart.ts"
import type { TlaValue } from "../../tla/value.ts"
import type { Channel, Outside, Rules, Taken, Variables } from "./rules.ts"
import { type Change, changesOf, same } from "./values.ts"

/** A state, and the step that led to it. */
export interface ChartedState {
  /** What the reader knows the step by: of a counterexample, the number of the state. */
  readonly number: number
  readonly action: string
  readonly variables: Variables
  /** The state that the step began in, where steps before it were left out; otherwise it is the one before. */
  readonly from?: Variables
  /** Of a step that is known by more than the states around it. */
  readonly process?: string
  readonly label?: string
}

export interface ChartOptions {
  readonly title: string
  readonly verdict?: ReadonlyArray<string>
  /** The last step is what is wrong. */
  readonly wrong?: boolean
  /** A step that could not be taken, after the last state. */
  readonly refused?: Omit<ChartStep, "lane" | "wrong"> & { readonly process: string }
}

/** Changes that are told of one step. */
const MOST_NOTES = 4

/** How many of `before` were taken out so that the rest begins `after`; what is left of `after` was appended. */
const consumedOf = (before: ReadonlyArray<TlaValue>, after: ReadonlyArray<TlaValue>): number => {
  for (let k = 0; k < before.length; k++) {
    const rest = before.slice(k)
    if (rest.length <= after.length && rest.every((x, j) => same(x, after[j]!))) return k
  }
  return before.length
}

/** Follows the channels from state to state. */
class Follower {
  readonly before: Array<ChartMessage & { readonly names: readonly [string, string] }> = []
  readonly #rules: Rules
  readonly #lane: (process: string) => number
  /** Ids of what each channel holds. */
  readonly #held = new Map<string, ReadonlyArray<number>>()
  #next = 1

  constructor(rules: Rules, lane: (process: string) => number) {
    this.#rules = rules
    this.#lane = lane
  }

  message({ from, to }: Pick<Channel, "from" | "to">, label: string): ChartMessage {
    return { id: this.#next++, from: this.#lane(from), to: this.#lane(to), label }
  }

  begin(state: Variables): ReadonlyArray<ChartMessage> {
    return this.#rules.channels(state).flatMap((channel) => {
      const messages = channel.messages.map((x) => this.message(channel, this.#rules.messageLabel(x)))
      this.#held.set(
        channel.path,
        messages.map((x) => x.id),
      )
      return messages
    })
  }

  /** What the step from one state to the next took out of the channels, and put into them. */
  step(before: Variables, after: Variables) {
    const old = new Map(this.#rules.channels(before).map((x) => [x.path, x]))
    const consumed: Array<{ readonly channel: Channel; readonly ids: ReadonlyArray<number> }> = []
    const sent: Array<{ readonly channel: Channel; readonly messages: ReadonlyArray<ChartMessage> }> = []
    for (const channel of this.#rules.channels(after)) {
      const held = this.#held.get(channel.path) ?? []
      const past = old.get(channel.path)?.messages ?? []
      const gone = consumedOf(past, channel.messages)
      const messages = channel.messages
        .slice(past.length - gone)
        .map((x) => this.message(channel, this.#rules.messageLabel(x)))
      if (gone > 0) consumed.push({ channel, ids: held.slice(0, gone) })
      if (messages.length > 0) sent.push({ channel, messages })
      this.#held.set(channel.path, [...held.slice(gone), ...messages.map((x) => x.id)])
    }
    return { consumed, sent }
  }
}

/** A text of one word needs no quotes here. */
const unquoted = (value: string): string => value.replace(/^"(\w+)"$/, "$1")

/** A longer change of a set or sequence is told by what came and went. */
const LONG = 60

const noteOf = ({ path, before, after, members }: Change): string => {
  if (members !== undefined && before.length + after.length > LONG) {
    const added = members.added.map((x) => `+ ${x}`)
    const removed = members.removed.map((x) => `− ${x}`)
    // Where there are none the order has changed.
    if (added.length + removed.length > 0) return `${path}: ${[...added, ...removed].join(", ")}`
  }
  return `${path}: ${unquoted(before)} → ${unquoted(after)}`
}

const notesOf = (changes: ReadonlyArray<Change>): ReadonlyArray<string> => {
  const notes = changes.slice(0, MOST_NOTES).map(noteOf)
  return changes.length > MOST_NOTES ? [...notes, `… and ${changes.length - MOST_NOTES} more`] : notes
}

const outsideMessage = (follower: Follower, process: string, outside: Outside): ChartMessage => {
  const ends = outside.input ? { from: outside.process, to: process } : { from: process, to: outside.process }
  return { ...follower.message(ends, outside.label), direct: true }
}

/** The chart with the lanes that have a part in it. */
const narrowed = (chart: Chart): Chart => {
  const used = new Set<number>()
  for (const step of chart.steps) {
    used.add(step.lane)
    for (const x of step.sends ?? []) used.add(x.from).add(x.to)
  }
  for (const x of chart.before ?? []) used.add(x.from).add(x.to)
  // A first state that is wrong has no step.
  if (used.size === 0) used.add(0)
  const kept = [...used].sort((x, y) => x - y)
  const place = new Map(kept.map((lane, k) => [lane, k]))
  const moved = (x: ChartMessage) => ({ ...x, from: place.get(x.from)!, to: place.get(x.to)! })
  return {
    ...chart,
    lanes: kept.map((lane) => chart.lanes[lane]!),
    before: (chart.before ?? []).map(moved),
    steps: chart.steps.map((step) => ({
      ...step,
      lane: place.get(step.lane)!,
      sends: (step.sends ?? []).map(moved),
    })),
  }
}

/** What was under way before the first step and still is after the last has no part in the chart. */
const withoutBystanders = (chart: Chart): Chart => {
  const named = new Set(chart.steps.flatMap((x) => [x.receives, ...(x.drops ?? [])]))
  return { ...chart, before: (chart.before ?? []).filter((x) => named.has(x.id)) }
}

/** The chart of a behaviour by `rules`, from its first state on. */
export const behaviourChart = (
  states: ReadonlyArray<ChartedState>,
  rules: Rules,
  { title, verdict, wrong = true, refused }: ChartOptions,
): Chart => {
  const [first] = states
  if (first === undefined) return { title, lanes: ["(no state)"], steps: [], verdict: verdict ?? [] }
  const lanes = rules.lanes(first.variables)
  const laneOf = (process: string) => Math.max(0, lanes.indexOf(process))
  const follower = new Follower(rules, laneOf)
  const before = follower.begin(first.variables)
  /** Messages that come from steps left out, and those that went to such. */
  const strangers: Array<ChartMessage> = []
  const vanished = new Set<number>()
  const skip = (last: Variables, from: Variables) => {
    const { consumed, sent } = follower.step(last, from)
    for (const id of consumed.flatMap((x) => x.ids)) vanished.add(id)
    strangers.push(...sent.flatMap((x) => x.messages))
  }
  const steps = states.slice(1).map((state, k): ChartStep => {
    const old = state.from ?? states[k]!.variables
    if (state.from !== undefined) skip(states[k]!.variables, state.from)
    const { consumed, sent } = follower.step(old, state.variables)
    const changes = [...state.variables].flatMap(([name, value]) =>
      rules.hidden.has(name) || !old.has(name) ? [] : changesOf(name, old.get(name)!, value),
    )
    const taken: Taken = {
      action: state.action,
      after: state.variables,
      changes,
      consumed: consumed.map((x) => x.channel),
      sent: sent.map((x) => x.channel),
    }
    const process = state.process ?? rules.actor(taken)
    const own = consumed.find((x) => x.channel.to === process)
    const outside = rules.outside(taken).map((x) => outsideMessage(follower, process, x))
    const [received, ...more] = own?.ids ?? []
    const others = consumed.filter((x) => x !== own).flatMap((x) => x.ids)
    return {
      lane: laneOf(process),
      number: state.number,
      label: state.label ?? state.action,
      ...(received === undefined ? {} : { receives: received }),
      sends: [...outside, ...sent.flatMap((x) => x.messages)],
      drops: [...more, ...others],
      notes: notesOf(changes),
    }
  })
  const last: ReadonlyArray<ChartStep> =
    refused === undefined ? [] : [{ ...refused, lane: laneOf(refused.process), wrong: true }]
  const shown = steps.map((x, k) =>
    wrong && refused === undefined && k === steps.length - 1 ? { ...x, wrong } : x,
  )
  const kept = shown.map((x) => ({ ...x, sends: (x.sends ?? []).filter(({ id }) => !vanished.has(id)) }))
  const all = [...before, ...strangers]
  const chart = { title, lanes, before: all, steps: [...kept, ...last], verdict: verdict ?? [] }
  return narrowed(withoutBystanders(chart))
}
