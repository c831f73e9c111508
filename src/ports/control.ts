/** What the supervisor tells a server, and what it hears in answer. To stop a server is to interrupt its program. */
import { Context } from "effect"
import type { AppLinkConfig } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"

export type ControlWord =
  /** A process takes slot `a` and listens on `port`, its generations continuing after `g`; its fresh memory for this server begins at `offset`. */
  | {
      readonly _tag: "Attach"
      readonly a: number
      readonly g: number
      readonly port: number
      readonly region: Region
      readonly offset: number
      readonly config: AppLinkConfig
    }
  /** The process in slot `a` has ended. */
  | { readonly _tag: "Detach"; readonly a: number }
  /** Another server has gone; not answered. */
  | { readonly _tag: "Lost"; readonly server: number }
  /** To be answered when a SYN for the port of slot `a` would not be refused here: somebody is known to listen. */
  | { readonly _tag: "Listens"; readonly a: number }
  | { readonly _tag: "Counters" }

export type ControlAnswer =
  /** The first word: the server takes its turns from now on. */
  | { readonly _tag: "Ready" }
  /** `ok` false: the slot was not free here. */
  | { readonly _tag: "Attached"; readonly a: number; readonly ok: boolean }
  /** All that it had sent is consumed; `g`: the newest generation that its home manager saw (0 elsewhere). */
  | { readonly _tag: "Detached"; readonly a: number; readonly g: number }
  | { readonly _tag: "Listens"; readonly a: number }
  | { readonly _tag: "Counters"; readonly counters: Readonly<Record<string, unknown>> }

export interface ControlShape {
  /** The next word that has arrived, if any. */
  take(): ControlWord | undefined
  answer(answer: ControlAnswer): void
}

export class Control extends Context.Service<Control, ControlShape>()("pika/ports/Control") {}
