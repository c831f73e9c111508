/**
 * A region of bytes that may be shared with another process or with C.
 *
 * The three views are made once per mapping and handed around; every place inside a region is named by its
 * byte offset, so that no view is ever made per message or per frame.
 */
export interface Region {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly words: Int32Array
}

/**
 * Views over a whole buffer, whose length must be a multiple of 4 bytes.
 * @throws {RangeError} for any other length.
 */
export function makeRegion(buffer: ArrayBuffer): Region {
  if (buffer.byteLength % 4 !== 0) {
    throw new RangeError(`region of ${buffer.byteLength} bytes: the length must be a multiple of 4`)
  }
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), words: new Int32Array(buffer) }
}

/** A zeroed region of this process alone, rounded up to a multiple of 64 bytes. */
export function allocateRegion(bytes: number): Region {
  return makeRegion(new ArrayBuffer(Math.ceil(bytes / 64) * 64))
}

/**
 * Checks once, where a view over a part of a region is made, that the part lies inside it.
 * @param what names the part in the error.
 * @throws {RangeError} naming the part, its bounds and the region's size.
 */
export function checkPart(region: Region, offset: number, bytes: number, align: number, what: string): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % align !== 0) {
    throw new RangeError(`${what}: offset ${offset} must be a non-negative multiple of ${align}`)
  }
  if (!Number.isSafeInteger(bytes) || bytes < 0 || offset + bytes > region.bytes.byteLength) {
    throw new RangeError(
      `${what}: needs ${bytes} bytes at offset ${offset}, the region has ${region.bytes.byteLength}`,
    )
  }
}

/** True for 1, 2, 4, … 2^30. */
export function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(n) && n > 0 && n <= 0x4000_0000 && (n & (n - 1)) === 0
}
