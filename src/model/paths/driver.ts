/**
 * The shipped core, driven by the names of a model's steps: machines over FIFO channels as `core/system.ts` has them, their
 * state read as the specification's variables after each step. Nothing is explored here: what may come next is not asked,
 * only whether the core takes the step that it is told, and where it comes to.
 */
import { Outbox } from "../../core/outbox.ts"
import { apply, initialSystem, type Machines, machines, type Step, type System } from "../../core/system.ts"
import { Table } from "../../core/table.ts"
import { connectionIds, type Topology } from "../../core/topology.ts"
import { nothingUnderWay } from "../../core/under-way.ts"
import { emptyWindow } from "../../core/window.ts"
import type { Print } from "../../tla/graph/print.ts"
import type { StackConstants } from "../stack/constants.ts"
import { DRAWS, topologyOf } from "../stack/step.ts"
import type { Label } from "./label.ts"
import { limitsOf, spent } from "./limits.ts"
import { choiceOf, stepOf } from "./step-of.ts"
import { bornAfter, Variables } from "./variables.ts"

/** Between two steps, µs. */
const TICK = 10

export class Driver {
  readonly topology: Topology
  /** Steps whose choice only other service times lead to: the specification knows none, so these were forgotten first. */
  weightsForgotten = 0
  /** What the last step sent and decided. */
  readonly out = new Outbox()
  readonly #machines: Machines
  readonly #constants: StackConstants
  readonly #variables: Variables
  #now = 0

  /** `variant`: the shipped machines, or mutants of them. */
  constructor(constants: StackConstants, variant: Machines = machines) {
    this.topology = topologyOf(constants)
    this.#constants = constants
    this.#machines = variant
    this.#variables = new Variables(this.topology)
    this.restart()
  }

  /** Begins again at the beginning. */
  restart(): void {
    this.#now = 0
    this.#variables.set({
      system: initialSystem(this.topology),
      born: new Array<number>(connectionIds(this.topology)).fill(0),
      limits: limitsOf(this.#constants),
    })
  }

  get system(): System {
    return this.#variables.state.system
  }

  /** The fingerprint of all variables, the model's limits among them. */
  print(): Print {
    return this.#variables.print()
  }

  /** All variables, by part, as TLA+. */
  describe(): ReadonlyMap<string, string> {
    return this.#variables.describe()
  }

  /** Takes the step of that name; otherwise says why the core can't, and stays where it is. */
  take(label: Label): string | undefined {
    const { system, born, limits } = this.#variables.state
    const step = stepOf(system, label)
    if (typeof step === "string") return step
    const next = this.#choosing(label, step, system)
    if (typeof next === "string") return next
    this.#now += TICK
    this.#variables.set({
      system: next,
      born: step.role === "transport" ? bornAfter(born, next) : born,
      limits: spent(limits, label, system, next),
    })
    return undefined
  }

  /** The system after the step, by a draw that chooses as the label says. */
  #choosing(label: Label, step: Step, system: System): System | string {
    const first = this.#apply(system, step, DRAWS[0]!)
    const { outcome } = this.out
    if (outcome === "Illegal") return `the core refuses ${label.text}`
    if (label.outcome !== undefined && label.outcome !== outcome) {
      return `the core makes ${label.text} ${outcome}`
    }
    const choice = choiceOf(label)
    if (choice === undefined || this.out.a === choice) return first
    for (const draw of DRAWS) {
      const next = this.#apply(system, step, draw)
      if (this.out.a === choice) return next
    }
    const forgotten = withoutWeights(system)
    for (const draw of DRAWS) {
      const next = this.#apply(forgotten, step, draw)
      if (this.out.a !== choice) continue
      this.weightsForgotten++
      return next
    }
    return `no draw has the core choose as in ${label.text}`
  }

  #apply(system: System, step: Step, draw: number): System {
    return apply(system, step, { now: this.#now, draw }, this.out, this.#machines)
  }
}

/** As if nobody had been measured yet. */
const withoutWeights = (system: System): System => {
  const { applications, balance } = system.topology
  const windows = Table.make(applications, emptyWindow(balance.window))
  const managers = system.managers.map((x) => {
    const offers = x.offers.toArray().map((y) => ({ ...y, serviceTime: 0, admitted: false }))
    return { ...x, windows, underWay: nothingUnderWay(system.topology), offers: Table.from(offers) }
  })
  return { ...system, managers }
}
