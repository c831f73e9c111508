/** The paper's evaluation, table by table and figure by figure, and where each is answered. */
import type { Claim, Findings } from "../catalogue/experiment.ts"

export interface Artefact {
  readonly name: string
  readonly shows: string
}

/** Tables 1–5 and Figures 4–12 (§5). A claim belongs to one by its `source`. */
export const artefacts: ReadonlyArray<Artefact> = [
  { name: "Table 1", shows: "cache misses of a request, on a socket and across" },
  { name: "Table 2", shows: "what messages, dispatch and microthreads cost" },
  { name: "Figure 4", shows: "scaling to 32 cores, short and long-lived connections" },
  { name: "Table 3", shows: "what the managers' updates cost" },
  { name: "Figure 5", shows: "service times under imbalance" },
  { name: "Figure 6", shows: "estimates against the truth" },
  { name: "Figure 7", shows: "service times of the five schemes" },
  { name: "Figure 8", shows: "scaling of the five schemes" },
  { name: "Figure 9", shows: "distribution over time" },
  { name: "Figure 10", shows: "locality when a web server slows a little" },
  { name: "Figure 11", shows: "combined, split and subset configurations" },
  { name: "Table 4", shows: "establishing a connection, one client" },
  { name: "Table 5", shows: "establishing a connection, all configurations" },
  { name: "Figure 12", shows: "cache misses by cache size" },
]

/** "Figure 4a" and "Figure 4" are of Figure 4, "Figure 12" is not of Figure 1. */
const speaksOf = ({ name }: Artefact, text: string): boolean =>
  new RegExp(`(^|[ ,(])${name}[a-z]?($|[^0-9a-z])`).test(text) ||
  // "Tables 1 and 2".
  new RegExp(`${name.replace(" ", "s ")}\\b|${name.split(" ")[0]}s \\d+ and ${name.split(" ")[1]}\\b`).test(
    text,
  )

export const claimsOf = (artefact: Artefact, claims: ReadonlyArray<Claim>): ReadonlyArray<Claim> =>
  claims.filter(({ source, aim }) => aim !== true && speaksOf(artefact, source))

/** Whether a table or plot says that it is its. */
export const isShown = (artefact: Artefact, { tables, plots }: Pick<Findings, "tables" | "plots">): boolean =>
  tables.some(({ title }) => speaksOf(artefact, title)) ||
  plots.some(({ caption }) => speaksOf(artefact, caption))
