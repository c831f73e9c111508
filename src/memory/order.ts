/**
 * The memory order that two processes (or a process and C) rely on, in one file.
 *
 * x86-64 keeps stores in program order and loads in program order (Intel SDM vol. 3, 10.2.2; AMD APM vol. 2,
 * 7.2), and V8 neither reorders nor merges the element accesses of a typed array, so that release and acquire are plain accesses there:
 * about 1 ns against 8–11 ns for `Atomics`. Elsewhere they are `Atomics`, which are sequentially consistent.
 * Only a store followed by a load of another word needs a fence on every machine: that is `storeFenced`.
 */
const plainIsOrdered: boolean = process.arch === "x64"

/** Publishes everything written before it. Partner: `loadAcquire` of the same word. */
export function storeRelease(words: Int32Array, index: number, value: number): void {
  if (plainIsOrdered) words[index] = value
  else Atomics.store(words, index, value)
}

/** Makes visible everything published before the value that it reads. Partner: `storeRelease`. */
export function loadAcquire(words: Int32Array, index: number): number {
  return plainIsOrdered ? words[index]! : Atomics.load(words, index)
}

/**
 * A store that is visible to others before any later load of this process happens (a full fence: `xchg`).
 * Partner: another `storeFenced` on the other side, in the same "write mine, then read yours" pattern.
 */
export function storeFenced(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value)
}
