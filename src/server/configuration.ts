/**
 * The paper's notation for configurations (§5.4): `TS2LS2CM2` combines all three in each of two servers, `TS8LS8CM4` puts
 * a Connection Manager into the first four of eight, `TS2+LS1+CM1` has four servers of one component each.
 */
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

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError"
}

const MOST = 16

/** @throws {ConfigurationError} naming what is wrong with the notation. */
export const parseConfiguration = (text: string): StackPlan => {
  const fail = (why: string): never => {
    throw new ConfigurationError(
      `configuration ${JSON.stringify(text)}: ${why}; write for example TS2LS2CM2, TS2LS2+CM1 or TS2+LS1+CM1`,
    )
  }
  const servers: Array<ServerPlan> = []
  const total: Record<string, number> = {}
  for (const group of text.split("+")) {
    if (!/^((TS|LS|CM)\d{1,2})+$/.test(group)) fail(`cannot read ${JSON.stringify(group)}`)
    const parts = [...group.matchAll(/(TS|LS|CM)(\d+)/g)].map((m) => ({ kind: m[1]!, count: Number(m[2]) }))
    const size = Math.max(...parts.map((part) => part.count))
    for (const { kind, count } of parts) {
      if (count < 1 || count > MOST) fail(`${kind} must be from 1 to ${MOST}`)
      if (kind in total) fail(`${kind} stands twice`)
      total[kind] = count
    }
    const has = (kind: string, k: number): number | undefined => {
      const part = parts.find((x) => x.kind === kind)
      return part !== undefined && k < part.count ? k : undefined
    }
    for (let k = 0; k < size; k++) {
      servers.push({ transport: has("TS", k), link: has("LS", k), manager: has("CM", k) })
    }
  }
  for (const kind of ["TS", "LS", "CM"]) if (!(kind in total)) fail(`${kind} is missing`)
  return { servers, transports: total.TS!, links: total.LS!, managers: total.CM! }
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
