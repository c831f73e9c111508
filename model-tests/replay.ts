/** A counterexample of TLC, event by event, as inputs of a core: how far it goes along, and what it comes to. */
import { violations } from "../src/core/invariants.ts"
import { Outbox } from "../src/core/outbox.ts"
import { apply, initialSystem, type Step, type System, underWay } from "../src/core/system.ts"
import { connectionIds } from "../src/core/topology.ts"
import { limitsOf } from "../src/model/paths/limits.ts"
import { bornAfter, Variables } from "../src/model/paths/variables.ts"
import type { StackConstants } from "../src/model/stack/constants.ts"
import { DRAWS, topologyOf } from "../src/model/stack/step.ts"
import { depths } from "../src/model/stack/values.ts"
import { atomsOf } from "../src/tla/graph/print.ts"
import type { Behaviour, TlcState } from "../src/tla/messages.ts"
import type { Core } from "./hazard-cores.ts"

const chooses = new Set(["Syn", "AssignWaiting", "SendOffer"])

export interface Replay {
  /** Steps that the core took, each to the very state that TLC has. */
  readonly taken: number
  /** The action that it did not take as TLC does; undefined: it went along to the end, and round the loop if there is one. */
  readonly parts: string | undefined
  readonly system: System
  /** Properties of `core/invariants.ts` that did not hold somewhere on the way, or that a message comes unexpected next. */
  readonly broken: ReadonlyArray<string>
  /** In every state that the counterexample repeats for ever: which actions are possible. */
  readonly always: ReadonlyArray<string>
}

interface At {
  readonly system: System
  readonly born: ReadonlyArray<number>
}

/** Names of what MC and MCBad make of the core's events. */
const eventOf = ({ action }: TlcState): string =>
  action === "TakesAnothers" ? "Syn" : action.replace(/^MC/, "").replace(/^SynNothing$/, "Syn")

/** What the model may still do is no state of the core. */
const isLimit = (path: string): boolean => path === "left"

export class Replayer {
  readonly #core: Core
  readonly #constants: StackConstants
  readonly #out = new Outbox()
  #now = 0

  constructor(constants: StackConstants, core: Core) {
    this.#constants = constants
    this.#core = core
  }

  run({ states, backTo, stutters }: Behaviour): Replay {
    const topology = topologyOf(this.#constants)
    const path: Array<At> = [
      { system: initialSystem(topology), born: new Array<number>(connectionIds(topology)).fill(0) },
    ]
    const broken: Array<string> = []
    const ended = (parts: string | undefined, always: ReadonlyArray<string> = []): Replay => {
      const { system } = path.at(-1)!
      return {
        taken: path.length - 1,
        parts,
        system,
        broken: [...broken, ...this.#unexpected(system)],
        always,
      }
    }
    for (const state of states.slice(1)) {
      const next = this.#follow(path.at(-1)!, state)
      if (next === undefined) return ended(eventOf(state))
      broken.push(...violations(next.system))
      path.push(next)
    }
    if (backTo !== undefined && backTo < states.length) {
      const first = states[backTo - 1]!
      if (this.#follow(path.at(-1)!, { ...first, action: "" }) === undefined) return ended("the loop")
    }
    const loop = stutters ? path.slice(-1) : backTo === undefined ? [] : path.slice(backTo - 1)
    const possible = loop.map(({ system }) => new Set(this.#core.enabled(system).map((x) => x.event._tag)))
    return ended(
      undefined,
      [...(possible[0] ?? [])].filter((tag) => possible.every((x) => x.has(tag))),
    )
  }

  /** The step that leads to TLC's state. Without an action: any. */
  #follow({ system, born }: At, to: TlcState): At | undefined {
    const wanted = partsOf(to)
    const name = eventOf(to)
    for (const step of [...this.#core.enabled(system), ...repeatedOffers(system)]) {
      if (name !== "" && step.event._tag !== name) continue
      for (const draw of chooses.has(step.event._tag) ? DRAWS : DRAWS.slice(0, 1)) {
        const next = this.#apply(system, step, draw)
        if (this.#out.outcome === "Illegal") break
        const at = { system: next, born: bornAfter(born, next) }
        if (this.#isAt(at, wanted)) return at
      }
    }
    return undefined
  }

  #apply(system: System, step: Step, draw: number): System {
    this.#now += 10
    const next = apply(system, step, { now: this.#now, draw }, this.#out, this.#core.machines)
    return this.#core.besides?.(system, step, next) ?? next
  }

  #isAt({ system, born }: At, wanted: ReadonlyMap<string, string>): boolean {
    const variables = new Variables(system.topology)
    variables.set({ system, born, limits: limitsOf(this.#constants) })
    const found = [...variables.describe()].filter(([path]) => !isLimit(path))
    return found.length === wanted.size && found.every(([path, value]) => wanted.get(path) === value)
  }

  #unexpected(system: System): ReadonlyArray<string> {
    return this.#core.enabled(system).flatMap((step) => {
      this.#apply(system, step, 0)
      return this.#out.outcome === "Illegal" ? [`Expected: not ${step.event._tag}`] : []
    })
  }
}

/** Offers of which only the service time is new, as the specification has it: the core's system sends none. */
const repeatedOffers = (system: System): ReadonlyArray<Step> =>
  system.managers.flatMap(({ m }) =>
    system.managers
      .filter((other) => other.m !== m && underWay(system, "manager", m, "manager", other.m).length === 0)
      .flatMap((other) =>
        (["SendOffer", "Ask"] as const).map(
          (_tag): Step => ({ role: "manager", index: m, event: { _tag, to: other.m } }),
        ),
      ),
  )

const partsOf = ({ variables }: TlcState): ReadonlyMap<string, string> =>
  new Map(
    [...variables]
      .flatMap(([name, value]) => atomsOf(name, value, depths[name] ?? 0))
      .filter(({ path }) => !isLimit(path))
      .map(({ path, value }) => [path, value] as const),
  )
