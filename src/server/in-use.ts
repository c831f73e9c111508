/** What a server holds for its connections and applications: when nothing goes on, as much as before anything did. */
import type { QueueEnds } from "../ports/ports.ts"
import type { ApplicationLink } from "./application-link.ts"
import type { Outgoing } from "./outgoing.ts"

/** Adds each of `part`'s counts to the one of the same name. */
export const add = <K extends string>(sum: Record<K, number>, part: Readonly<Record<K, number>>): void => {
  for (const name in sum) sum[name] += part[name]
}

/** Of all application links: those that there are, buffers not given back, news not told, messages not taken. */
export const linksInUse = (links: Iterable<ApplicationLink>) => {
  const sum = { applications: 0, slots: 0, untold: 0, messages: 0 }
  for (const link of links) {
    const slots = link.config.slots - link.free.length
    add(sum, { applications: 1, slots, untold: link.dirty.length, messages: link.reader.pending() })
  }
  return sum
}

/** Messages and frames of other servers that are not taken, and messages that find no room on their way there. */
export const queuesInUse = (
  { readers, frameReaders }: QueueEnds,
  outgoing: ReadonlyArray<Outgoing | undefined>,
) => {
  const pending = (list: ReadonlyArray<{ pending(): number } | undefined>) =>
    list.reduce((n, x) => n + (x?.pending() ?? 0), 0)
  const overflow = outgoing.reduce((n, x) => n + (x?.waiting ?? 0), 0)
  return { messages: pending(readers), frames: pending(frameReaders), overflow }
}

/** Of all application links: words and counts that only a process which keeps no protocol writes. */
export const violationsOf = (links: Iterable<ApplicationLink>): number => {
  let sum = 0
  for (const link of links) sum += link.violations + link.reader.violations + link.writer.violations
  return sum
}
