/**
 * The paper's notation for configurations (§5.4): `TS2LS2CM2` combines all three in each of two servers, `TS8LS8CM4` puts
 * a Connection Manager into the first four of eight, `TS2+LS1+CM1` has four servers of one component each.
 */
import { Data } from "effect"
import { limits } from "../core/topology.ts"

export interface ServerPlan {
  /** Index of the component in this server; undefined: it has none. */
  readonly transport: number | undefined
  readonly link: number | undefined
  readonly manager: number | undefined
}

export interface StackPlan {
  readonly servers: ReadonlyArray<ServerPlan>
  readonly transports: number
  readonly links: number
  readonly managers: number
}

/** What is wrong with a configuration's notation, and where: `at` counts characters from 0. */
export class ConfigurationError extends Data.TaggedError("ConfigurationError")<{
  readonly configuration: string
  readonly at: number
  readonly message: string
}> {}

type Kind = "TS" | "LS" | "CM"

const kinds: Readonly<Record<Kind, { readonly name: string; readonly most: number }>> = {
  TS: { name: "Transport Server", most: limits.transports },
  LS: { name: "Link Server", most: 16 },
  CM: { name: "Connection Manager", most: limits.managers },
}

interface Part {
  readonly kind: Kind
  readonly count: number
}

/** @throws {ConfigurationError} */
export const parseConfiguration = (text: string): StackPlan => {
  const fail = (at: number, why: string): never => {
    throw new ConfigurationError({
      configuration: text,
      at,
      message:
        `configuration ${JSON.stringify(text)}, character ${at + 1}: ${why}; ` +
        "write for example TS2LS2CM2, TS2LS2+CM1 or TS2+LS1+CM1",
    })
  }
  const total = new Map<Kind, number>()
  const servers: Array<ServerPlan> = []
  const part = /(TS|LS|CM)(\d+)/y
  let group: Array<Part> = []
  const close = (): void => {
    const size = Math.max(...group.map((x) => x.count))
    const of = (kind: Kind, k: number): number | undefined =>
      group.some((x) => x.kind === kind && k < x.count) ? k : undefined
    for (let k = 0; k < size; k++) {
      servers.push({ transport: of("TS", k), link: of("LS", k), manager: of("CM", k) })
    }
    group = []
  }
  // Every part takes at least three characters, every + one.
  for (let at = 0; at <= text.length; at++) {
    part.lastIndex = at
    for (let found = part.exec(text); found !== null; found = part.exec(text)) {
      const kind = found[1] as Kind
      const count = Number(found[2])
      const { name, most } = kinds[kind]
      if (count < 1 || count > most) fail(at, `${name}s (${kind}) must be 1 to ${most}, found ${found[2]}`)
      if (total.has(kind)) fail(at, `${name}s (${kind}) stand twice`)
      total.set(kind, count)
      group.push({ kind, count })
      at = part.lastIndex
    }
    const rest = text.slice(at)
    if (group.length === 0) fail(at, `expected TS, LS or CM and a number, found ${JSON.stringify(rest)}`)
    if (rest !== "" && rest[0] !== "+")
      fail(at, `expected +, or TS, LS or CM and a number, found ${JSON.stringify(rest)}`)
    close()
  }
  const count = (kind: Kind): number =>
    total.get(kind) ?? fail(text.length, `there is no ${kinds[kind].name} (${kind})`)
  return { transports: count("TS"), links: count("LS"), managers: count("CM"), servers }
}

export const serverOfTransport = (plan: StackPlan, t: number): number =>
  plan.servers.findIndex((x) => x.transport === t)
export const serverOfManager = (plan: StackPlan, m: number): number =>
  plan.servers.findIndex((x) => x.manager === m)
export const serverOfLink = (plan: StackPlan, l: number): number =>
  plan.servers.findIndex((x) => x.link === l)

/** Server of each transport and of each manager. */
export interface Placement {
  readonly transports: ReadonlyArray<number>
  readonly managers: ReadonlyArray<number>
}

export const placementOf = (plan: StackPlan): Placement => ({
  transports: Array.from({ length: plan.transports }, (_, t) => serverOfTransport(plan, t)),
  managers: Array.from({ length: plan.managers }, (_, m) => serverOfManager(plan, m)),
})
