/**
 * Every offset and constant of memory shared between processes and with C. The C counterpart is
 * `src/native/layout.h`; a test compares the two, name by name. Offsets are bytes unless the name says words.
 */

/** One cache line: the unit of a message and of every header part with one writer. */
export const LINE = 64
/** Bytes of a page; parts that are mapped or handed out start on one. */
export const PAGE = 4096

/*
 * Queue of 64-byte messages (`queue.ts`); the header of the frame queue is the same.
 *
 *      0 ┌──────────────────────────────────────────┐
 *        │ written            (by the producer)     │
 *     64 ├──────────────────────────────────────────┤
 *        │ consumed           (by the consumer)     │
 *    128 ├──────────────────────────────────────────┤
 *        │ sleeping, wanting  (set by the one that  │   read at every flush, written only around a sleep:
 *        │                     sleeps, cleared by   │   a line that stays shared in both caches
 *        │                     the one that rings)  │
 *    192 ├──────────────────────────────────────────┤
 *        │ magic, capacity    (written once)        │
 *    256 ├──────────────────────────────────────────┤
 *        │ slot 0: stamp, words 1..15               │
 *        │ slot 1 …                                 │
 *        └──────────────────────────────────────────┘
 */
export const QUEUE_WRITTEN = 0
export const QUEUE_CONSUMED = 64
/** Set while the consumer sleeps for messages. */
export const QUEUE_SLEEPING = 128
/** Set while the producer sleeps for room. */
export const QUEUE_WANTING = 132
export const QUEUE_MAGIC = 192
export const QUEUE_CAPACITY = 196
export const QUEUE_SLOTS = 256
export const MESSAGE_BYTES = 64
/** "PKQ1": a queue of messages. */
export const MESSAGE_QUEUE_MAGIC = 0x504b5131
/** The most slots that a queue may have. */
export const QUEUE_MAX_CAPACITY = 1 << 20

/*
 * Slot of the frame queue (`frame-queue.ts`), 2048 bytes.
 *
 *      0 ┌──────────────────────────────────────────┐
 *        │ stamp, length                            │
 *     64 ├──────────────────────────────────────────┤
 *        │ the frame, at most 1984 bytes            │
 *   2048 └──────────────────────────────────────────┘
 */
export const FRAME_SLOT_BYTES = 2048
export const FRAME_STAMP = 0
export const FRAME_LENGTH = 4
export const FRAME_DATA = 64
export const FRAME_MAX_LENGTH = FRAME_SLOT_BYTES - FRAME_DATA
/** "PKF1": a queue of frames. */
export const FRAME_QUEUE_MAGIC = 0x504b4631

/*
 * NIC ring (`nic-ring.ts`): exactly netmap's struct netmap_ring of API 14 on a 64-bit machine, and its 16-byte
 * slots behind it. A buffer is at ring + buf_ofs + buf_idx * nr_buf_size.
 *
 *      0 ┌──────────────────────────────────────────┐
 *        │ buf_ofs i64, num_slots, nr_buf_size      │
 *     16 │ ringid u16, dir u16, head, cur, tail,    │
 *     32 │ flags, (pad), ts                         │
 *     56 │ offset_mask, buf_align, …, sem           │
 *    256 ├──────────────────────────────────────────┤
 *        │ slot 0: buf_idx, len u16, flags u16, ptr │
 *        │ slot 1 …                                 │
 *        └──────────────────────────────────────────┘
 */
export const NIC_RING_BUF_OFS = 0
export const NIC_RING_NUM_SLOTS = 8
export const NIC_RING_BUF_SIZE = 12
export const NIC_RING_RINGID = 16
export const NIC_RING_DIR = 18
export const NIC_RING_HEAD = 20
export const NIC_RING_CUR = 24
export const NIC_RING_TAIL = 28
export const NIC_RING_FLAGS = 32
export const NIC_RING_SLOTS = 256
export const NIC_SLOT_BYTES = 16
export const NIC_SLOT_BUF_IDX = 0
export const NIC_SLOT_LEN = 4
export const NIC_SLOT_FLAGS = 6
export const NIC_SLOT_PTR = 8
/** `dir` of a ring. */
export const NIC_DIR_RX = 0
export const NIC_DIR_TX = 1
/** netmap keeps buffers 0 and 1 for itself. */
export const NIC_FIRST_BUFFER = 2
/** Slot flag: the buffer of this slot was exchanged for another. */
export const NS_BUF_CHANGED = 1
/** Slot flag: report when this slot was sent. */
export const NS_REPORT = 2
/** Slot flag: the frame goes on in the next slot. */
export const NS_MOREFRAG = 0x20
/** The most slots of one ring. */
export const NIC_MAX_SLOTS = 1 << 16

/*
 * What one application shares with one server (`app-link.ts`). Every part starts on a page.
 *
 *      0 ┌──────────────────────────────────────────┐
 *        │ magic, queueCapacity, slots, rxBytes,    │
 *        │ txBytes              (written once)      │
 *   4096 ├──────────────────────────────────────────┤
 *        │ queue of messages to the server          │
 *        ├──────────────────────────────────────────┤
 *        │ queue of messages to the application     │
 *        ├──────────────────────────────────────────┤
 *        │ slot 0: rx stream ring, tx stream ring   │
 *        │ slot 1 …                                 │
 *        └──────────────────────────────────────────┘
 */
export const APP_LINK_MAGIC_AT = 0
export const APP_LINK_QUEUE_CAPACITY = 4
export const APP_LINK_SLOTS = 8
export const APP_LINK_RX_BYTES = 12
export const APP_LINK_TX_BYTES = 16
export const APP_LINK_QUEUES = PAGE
/** "PKA1": the memory of one application and one server. */
export const APP_LINK_MAGIC = 0x504b4131
/** The most buffer slots of one link. */
export const APP_LINK_MAX_SLOTS = 1 << 16
/** Stream rings: powers of two within these bounds. */
export const STREAM_RING_MIN = 1 << 10
export const STREAM_RING_MAX = 1 << 24
