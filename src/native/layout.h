/*
 * Layouts shared with TypeScript: the counterpart of src/memory/layout.ts, where they are drawn. A test compares the two
 * by name, through the table that the addon exports.
 */
#ifndef PIKA_LAYOUT_H
#define PIKA_LAYOUT_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LINE = 64,
  PAGE = 4096,
  MESSAGE_QUEUE_MAGIC = 0x504b5131,
  FRAME_QUEUE_MAGIC = 0x504b4631,
  APP_LINK_MAGIC = 0x504b4131,
  QUEUE_MAX_CAPACITY = 1 << 20,
  FRAME_MAX_LENGTH = 1984,
  NIC_DIR_RX = 0,
  NIC_DIR_TX = 1,
  NIC_FIRST_BUFFER = 2,
  NIC_MAX_SLOTS = 1 << 16,
  NS_BUF_CHANGED = 1,
  NS_REPORT = 2,
  NS_MOREFRAG = 0x20,
};

/* Queue of messages; the frame queue has the same header. */
struct queue {
  alignas(64) uint32_t written;
  alignas(64) uint32_t consumed;
  alignas(64) uint32_t sleeping;
  uint32_t wanting;
  alignas(64) uint32_t magic;
  uint32_t capacity;
  alignas(64) unsigned char slots[];
};
_Static_assert(offsetof(struct queue, consumed) == 64, "queue");
_Static_assert(offsetof(struct queue, sleeping) == 128, "queue");
_Static_assert(offsetof(struct queue, wanting) == 132, "queue");
_Static_assert(offsetof(struct queue, magic) == 192, "queue");
_Static_assert(offsetof(struct queue, capacity) == 196, "queue");
_Static_assert(offsetof(struct queue, slots) == 256 && sizeof(struct queue) == 256, "queue");

struct message {
  alignas(64) uint32_t stamp;
  uint32_t payload[15];
};
_Static_assert(sizeof(struct message) == 64, "message");

struct frame_slot {
  alignas(64) uint32_t stamp;
  uint32_t length;
  alignas(64) unsigned char data[FRAME_MAX_LENGTH];
};
_Static_assert(offsetof(struct frame_slot, length) == 4, "frame slot");
_Static_assert(offsetof(struct frame_slot, data) == 64 && sizeof(struct frame_slot) == 2048, "frame slot");

struct app_link {
  uint32_t magic;
  uint32_t queue_capacity;
  uint32_t slots;
  uint32_t rx_bytes;
  uint32_t tx_bytes;
};

/* netmap's struct netmap_slot and struct netmap_ring, API 14, 64-bit: names and places are upstream's. */
struct nic_slot {
  uint32_t buf_idx;
  uint16_t len;
  uint16_t flags;
  uint64_t ptr;
};
_Static_assert(sizeof(struct nic_slot) == 16, "netmap_slot");
_Static_assert(offsetof(struct nic_slot, len) == 4 && offsetof(struct nic_slot, flags) == 6, "netmap_slot");

struct nic_ring {
  int64_t buf_ofs;
  uint32_t num_slots;
  uint32_t nr_buf_size;
  uint16_t ringid;
  uint16_t dir;
  uint32_t head;
  uint32_t cur;
  uint32_t tail;
  uint32_t flags;
  uint32_t pad;
  int64_t ts[2];
  uint64_t offset_mask;
  uint64_t buf_align;
  alignas(128) unsigned char sem[128];
  struct nic_slot slot[];
};
_Static_assert(offsetof(struct nic_ring, head) == 20 && offsetof(struct nic_ring, tail) == 28, "netmap_ring");
_Static_assert(offsetof(struct nic_ring, flags) == 32 && offsetof(struct nic_ring, ts) == 40, "netmap_ring");
_Static_assert(offsetof(struct nic_ring, offset_mask) == 56 && offsetof(struct nic_ring, buf_align) == 64, "netmap_ring");
_Static_assert(offsetof(struct nic_ring, sem) == 128 && offsetof(struct nic_ring, slot) == 256, "netmap_ring");

#endif
