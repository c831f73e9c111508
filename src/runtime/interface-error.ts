import { Schema } from "effect"

/** An interface, address or driver that can't be used: where, why, and what to do. */
export class InterfaceError extends Schema.TaggedError<InterfaceError>()("InterfaceError", {
  reason: Schema.Literals([
    "Unknown",
    "Down",
    "NotEthernet",
    "Address",
    "Driver",
    "Privilege",
    "Queues",
    "Mtu",
    "Busy",
  ]),
  where: Schema.String,
  problem: Schema.String,
  remedy: Schema.String,
}) {
  override get message(): string {
    return `${this.where} ${this.problem}: ${this.remedy}`
  }
}
