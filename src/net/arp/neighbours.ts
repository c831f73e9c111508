/**
 * Answers which MAC address an IPv4 address has. `find` gives an index, or -1 when it isn't known: it then has
 * asked (within its own limits), and the caller comes back later.
 */
export interface Neighbours {
  find(ip: number, now: number): number
  macHigh(index: number): number
  macLow(index: number): number
}
