/** What the variables of a specification are in a chart: which are channels, and who takes a step. */
import type { TlaValue } from "../../tla/value.ts"
import type { Change } from "./values.ts"

export type Variables = ReadonlyMap<string, TlaValue>

/** One FIFO channel, as one state has it. */
export interface Channel {
  /** The same in every state: `appToTs[0][1]`. */
  readonly path: string
  /** Names of processes. */
  readonly from: string
  readonly to: string
  /** First out first. */
  readonly messages: ReadonlyArray<TlaValue>
}

/** What is known of a step besides the states around it. */
export interface Taken {
  /** The action, without what a model puts before its name. */
  readonly action: string
  readonly after: Variables
  readonly changes: ReadonlyArray<Change>
  readonly consumed: ReadonlyArray<Channel>
  readonly sent: ReadonlyArray<Channel>
}

/** A message to or from what the specification does not have: no channel holds it. */
export interface Outside {
  readonly process: string
  readonly label: string
  readonly input: boolean
}

export interface Rules {
  /** The processes that there can be, from left to right; only those that have a part in the chart get a lane. */
  readonly lanes: (state: Variables) => ReadonlyArray<string>
  readonly channels: (state: Variables) => ReadonlyArray<Channel>
  /** Variables that say nothing: channels, and limits of the model. */
  readonly hidden: ReadonlySet<string>
  readonly actor: (taken: Taken) => string
  readonly outside: (taken: Taken) => ReadonlyArray<Outside>
  readonly messageLabel: (message: TlaValue) => string
}
