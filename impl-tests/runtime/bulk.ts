/** Bytes for transfers: as good as random, the same every time, never held whole. */
import { createCipheriv, createHash } from "node:crypto"
import { closeSync, openSync, writeSync } from "node:fs"

const BLOCK = 1 << 20

/** Writes `bytes` (a multiple of 1 MiB) to a file; answers their SHA-256, hexadecimal. */
export const writeBulk = (path: string, bytes: number): string => {
  const hash = createHash("sha256")
  const stream = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(BLOCK)
  const fd = openSync(path, "w")
  try {
    for (let at = 0; at < bytes; at += BLOCK) {
      const block = stream.update(zeros)
      hash.update(block)
      writeSync(fd, block)
    }
  } finally {
    closeSync(fd)
  }
  return hash.digest("hex")
}
