/** `scheme=filtered,tariff=4`: what is to be another than it was recorded. */
import { schemes, type Topology, topologyProblem } from "../../core/topology.ts"
import { checkNumber, refuse } from "../errors.ts"
import type { Settings } from "./rerun.ts"

/** What may be set besides what a recording's `balance` holds, by the name of the command line. */
const others = {
  "claim-timeout": "claimTimeout",
  backlog: "backlog",
  room: "room",
} as const satisfies Record<string, keyof Topology>

const OFFERS = "offer-interval"
/** µs: a minute. */
const MOST_INTERVAL = 60_000_000

/** Names in the order in which they are told. */
export const settingNames = ({ balance }: Topology): ReadonlyArray<string> => [
  ...Object.keys(balance),
  ...Object.keys(others),
  OFFERS,
]

const where = (name: string): string => `--what-if ${name}`

const number = (name: string, text: string): number => {
  const x = text.trim() === "" ? Number.NaN : Number(text)
  if (!Number.isFinite(x)) refuse(where(name), `must be a finite number, found ${JSON.stringify(text)}`)
  return x
}

/** A word of the recording's, whatever its case. */
const word = (text: string): string =>
  schemes.find((x) => x.toLowerCase() === text.toLowerCase()) ?? text.toLowerCase()

/** Of `text`: name and value, each name once. @throws {ExperimentError} */
const pairs = (text: string, known: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> => {
  const found = new Map<string, string>()
  for (const part of text.split(",")) {
    const at = part.indexOf("=")
    const name = (at < 0 ? part : part.slice(0, at)).trim()
    if (!known.includes(name)) refuse(where(name), `there is no such setting; there are ${known.join(", ")}`)
    if (at < 0) refuse(where(name), `has no value; write for example ${name}=…`)
    if (found.has(name)) refuse(where(name), "stands twice")
    found.set(name, part.slice(at + 1).trim())
  }
  return [...found]
}

/** `recorded` with what `text` says. @throws {ExperimentError} naming the setting and what it may be */
export const applySettings = (recorded: Settings, text: string): Settings => {
  const balance: Record<string, unknown> = { ...recorded.topology.balance }
  const topology: Record<string, unknown> = { ...recorded.topology }
  let { offerInterval } = recorded
  for (const [name, value] of pairs(text, settingNames(recorded.topology))) {
    if (name === OFFERS) {
      offerInterval = number(name, value)
      checkNumber(where(name), offerInterval, 1, MOST_INTERVAL)
    } else if (name in others) topology[others[name as keyof typeof others]] = number(name, value)
    else balance[name] = typeof balance[name] === "number" ? number(name, value) : word(value)
  }
  const changed = { ...topology, balance }
  const problem = topologyProblem(changed)
  if (problem !== undefined) refuse("--what-if", problem)
  return { topology: changed as unknown as Topology, offerInterval }
}

/** All that may be set, by name. */
export const settingsOf = ({
  topology,
  offerInterval,
}: Settings): Readonly<Record<string, string | number>> => ({
  ...(topology.balance as unknown as Record<string, string | number>),
  ...Object.fromEntries(Object.entries(others).map(([name, field]) => [name, topology[field]])),
  [OFFERS]: offerInterval,
})
