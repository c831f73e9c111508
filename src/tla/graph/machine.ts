/** The state graph of a pure state machine in TypeScript, in the form in which TLC's own is read. */
import type { Schema } from "effect"
import { type TlaMapping, tlaMapping } from "../schema.ts"
import { eventShapes } from "../trace/shapes.ts"
import { printValue } from "../value.ts"
import { type Explorable, explore, type Visit } from "./explore.ts"
import type { StateGraph } from "./graph.ts"
import { atomsOf, type Print, sumOf } from "./print.ts"

/** States are immutable structs with a field for each variable of the specification, events are tagged structs. */
export interface Machine<State extends object, Event> {
  readonly state: Schema.Codec<State, unknown>
  readonly events: Schema.Codec<Event, unknown>
  readonly initial: State
  /** Every event that may happen in some state. */
  readonly alphabet: ReadonlyArray<Event>
  /** The state after `event`; undefined: it can't happen in this one. */
  readonly step: (state: State, event: Event) => State | undefined
}

/** As TLC labels a step: `Ask(c1)`; `_tag` is the action, the other fields its parameters as they are declared. */
const labeller = <E>(events: Schema.Codec<E, unknown>): ((event: E) => string) => {
  const { toTla } = tlaMapping(events) as TlaMapping<E>
  const shapes = new Map(eventShapes(events).map((x) => [x.tag, x]))
  return (event) => {
    const { tag, fields } = shapes.get((event as { readonly _tag: string })._tag)!
    const tla = toTla(event)
    const values = new Map(tla._tag === "Record" ? tla.fields : [])
    const parameters = fields.map(({ name }) => printValue(values.get(name)!))
    return parameters.length === 0 ? tag : `${tag}(${parameters.join(", ")})`
  }
}

/** One variable's values, numbered as they come. */
class Variable {
  readonly name: string
  readonly texts: Array<string> = []
  readonly prints: Array<Print> = []
  readonly #numbers = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  number(text: string, print: () => Print): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.texts.length)
    this.prints.push(print())
    this.texts.push(text)
    return this.texts.length - 1
  }
}

class Explored<State extends object, Event> implements Explorable {
  readonly width: number
  readonly labelNames: ReadonlyArray<string>
  readonly #machine: Machine<State, Event>
  readonly #mapping: TlaMapping<State>
  readonly #variables: ReadonlyArray<Variable>
  /** By the state's numbers. */
  readonly #states = new Map<string, State>()

  constructor(machine: Machine<State, Event>) {
    const label = labeller(machine.events)
    this.#machine = machine
    this.#mapping = tlaMapping(machine.state) as TlaMapping<State>
    const first = this.#mapping.toTla(machine.initial)
    this.#variables = (first._tag === "Record" ? first.fields : []).map(([name]) => new Variable(name))
    this.width = this.#variables.length
    this.labelNames = machine.alphabet.map(label)
  }

  initial(): Int32Array {
    return this.#numbered(this.#machine.initial)
  }

  steps(vector: Int32Array, visit: Visit): void {
    const state = this.#states.get(vector.join())!
    this.#machine.alphabet.forEach((event, label) => {
      const next = this.#machine.step(state, event)
      if (next !== undefined) visit(label, this.#numbered(next))
    })
  }

  print(k: number, value: number): Print {
    return this.#variables[k]!.prints[value]!
  }

  describe(vector: Int32Array): ReadonlyMap<string, string> {
    return new Map(this.#variables.map(({ name, texts }, k) => [name, texts[vector[k]!]!]))
  }

  #numbered(state: State): Int32Array {
    const tla = this.#mapping.toTla(state)
    const fields = tla._tag === "Record" ? tla.fields : []
    const vector = Int32Array.from(fields, ([name, value], k) =>
      this.#variables[k]!.number(printValue(value), () => sumOf(atomsOf(name, value, 0))),
    )
    const key = vector.join()
    if (!this.#states.has(key)) this.#states.set(key, state)
    return vector
  }
}

/**
 * The complete graph of `machine`, to be compared with TLC's (`tlcGraph`, no variable taken apart).
 * @throws {TooManyStates} beyond `limit` states
 * @throws {TlaMismatch} a state that is not as its schema says
 */
export const exploreMachine = <State extends object, Event>(
  machine: Machine<State, Event>,
  limit: number,
): StateGraph => explore(new Explored(machine), limit)
