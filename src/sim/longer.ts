type Growing = Float64Array | Int32Array | Uint32Array | Int16Array | Uint8Array

/** A copy of twice the length, for a table of flat arrays that is full: what is new in it is 0. */
export const longer = <T extends Growing>(from: T): T => {
  const to = new (from.constructor as new (length: number) => T)(2 * from.length)
  to.set(from)
  return to
}
