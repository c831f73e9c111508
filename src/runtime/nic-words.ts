/** What the counters of a NIC say to an operator, once for each kind: what was seen, and the remedy. */
import type { NicStats } from "../native/nic.ts"

const words: ReadonlyArray<readonly [kind: keyof NicStats, word: (device: string) => string]> = [
  [
    "rxCut",
    (x) =>
      `TCP frames come merged or not yet segmented (GRO, GSO) and are cut here, at a cost: ethtool -K ${x} gro off lro off; at a veth's other end tso off gso off`,
  ],
  [
    "rxOversized",
    (x) =>
      `frames longer than a slot are dropped: ethtool -K ${x} gro off lro off; at a veth's other end tso off gso off; or a smaller MTU`,
  ],
  [
    "rxCompleted",
    () =>
      "frames come without their checksums, which are completed here, at a cost: ethtool -K PEER tx off at the veth's other end",
  ],
  ["rxUnfinished", () => "frames come without checksums that could be completed, and are dropped"],
  [
    "rxVlan",
    (x) =>
      `frames tagged for a VLAN are dropped: run the stack on the VLAN's own interface (ip link add link ${x} type vlan id …)`,
  ],
  ["rxDropped", () => "the kernel drops frames, as they are not read fast enough: more servers, or --pin"],
  ["txRefused", (x) => `the kernel refuses frames of ours: is the MTU of ${x} below 1500?`],
  ["badHead", () => "a ring's head was where it cannot be: an error of this program"],
]

/** The kinds that have a word and a count above zero. */
export const noticeable = (stats: NicStats): Array<keyof NicStats> =>
  words.flatMap(([kind]) => (stats[kind] > 0 ? [kind] : []))

/** The word of a kind. */
export const wordOf = (kind: string, device: string): string | undefined => {
  const word = words.find(([x]) => x === kind)?.[1]
  return word === undefined ? undefined : `interface ${device}: ${word(device)} (${kind})`
}
