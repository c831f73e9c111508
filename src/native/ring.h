/* What a driver does with a ring in netmap's layout. Pure: no system call, no N-API. */
#ifndef PIKA_RING_H
#define PIKA_RING_H

#include <stdbool.h>

#include "layout.h"

/* The most frames that one sync takes in or sends. */
enum { BURST = 64 };

static inline uint32_t ring_next(const struct nic_ring *ring, uint32_t i) {
  return i + 1 == ring->num_slots ? 0 : i + 1;
}

/* Slots from `from` up to `to`. */
static inline uint32_t ring_between(const struct nic_ring *ring, uint32_t from, uint32_t to) {
  return to >= from ? to - from : to + ring->num_slots - from;
}

static inline unsigned char *ring_buffer(struct nic_ring *ring, uint32_t i) {
  return (unsigned char *)ring + ring->buf_ofs + (int64_t)ring->slot[i].buf_idx * ring->nr_buf_size;
}

/*
 * Whether head lies where the program may have put it: from where the driver saw it last, up to tail. As in netmap, a
 * head that can't be resets the ring: the program loses what it owned, and nothing else happens.
 */
static inline bool ring_head_valid(struct nic_ring *ring, uint32_t seen) {
  if (ring->head < ring->num_slots &&
      ring_between(ring, seen, ring->head) <= ring_between(ring, seen, ring->tail))
    return true;
  ring->head = ring->cur = seen;
  return false;
}

/* Lays a ring out as netmap starts it: all transmit slots but one are the program's, no receive slot is. */
static inline void ring_init(struct nic_ring *ring, uint16_t dir, uint32_t slots, uint32_t buffer_bytes,
                             unsigned char *buffers, uint32_t first_buffer) {
  *ring = (struct nic_ring){
      .buf_ofs = buffers - (unsigned char *)ring,
      .num_slots = slots,
      .nr_buf_size = buffer_bytes,
      .dir = dir,
      .tail = dir == NIC_DIR_TX ? slots - 1 : 0,
  };
  for (uint32_t i = 0; i < slots; i++) ring->slot[i] = (struct nic_slot){.buf_idx = first_buffer + i};
}

/* Bytes of a ring with its slots, in whole pages. */
static inline size_t ring_bytes(uint32_t slots) {
  size_t bytes = sizeof(struct nic_ring) + slots * sizeof(struct nic_slot);
  return (bytes + PAGE - 1) / PAGE * PAGE;
}

#endif
