import fc from "fast-check"
import { expect, test } from "vitest"
import { makePair } from "../../src/memory/pair.ts"

test("frames cross the wire in order and whole; what finds no room is counted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 12 })),
      (batches) => {
        const [a, b] = makePair({ rxSlots: 8, txSlots: 8, bufSize: 64 })
        let lost = 0
        for (const batch of batches) {
          const sent: Array<Array<number>> = []
          for (const frame of batch) {
            if (a.tx.space() === 0) break
            const i = a.tx.head
            a.tx.region.bytes.set(frame, a.tx.bufferOffset(i))
            a.tx.setSlotLength(i, frame.length)
            a.tx.head = a.tx.next(i)
            sent.push([...frame])
          }
          a.txSync()
          const got: Array<Array<number>> = []
          b.rxSync()
          for (let i = b.rx.head; i !== b.rx.tail; i = b.rx.next(i)) {
            const at = b.rx.bufferOffset(i)
            got.push([...b.rx.region.bytes.subarray(at, at + b.rx.slotLength(i))])
          }
          b.rx.head = b.rx.tail
          expect(got).toEqual(sent.slice(0, 7))
          lost += sent.length - got.length
          expect(a.dropped()).toBe(lost)
        }
      },
    ),
  )
})
