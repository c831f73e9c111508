/*
 * A slot's buffer is a frame of the socket's memory: receive slots start with frames 0…511, which the kernel fills through the
 * fill ring and hands back through the receive ring; transmit slots with 512…1023, which come back through the completion ring,
 * in any order. The kernel writes a frame's bytes 256 into it, and ours go there too, so slots may exchange buffers.
 */
#include "xdp.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "checksum.h"

/* XDP_PACKET_HEADROOM. */
enum { DATA_AT = 256, DATA_BYTES = BUFFER_BYTES - DATA_AT };

/* One of the four rings that the kernel shares with us; each side keeps one index. */
struct xdp_ring {
  void *map;
  size_t bytes;
  uint32_t *producer;
  uint32_t *consumer;
  uint32_t *flags;
  void *entries;
};

struct xdp {
  struct xdp_ring fill, completion, rx, tx;
  /* First transmit slot that the kernel hasn't got yet. */
  uint32_t given;
  /* Counts of the descriptors before this one. */
  uint64_t dropped_before, oversized_before;
  /* Transmit frames that came back, by frame. */
  bool done[XDP_FRAMES];
};

static uint32_t acquire(const uint32_t *index) { return __atomic_load_n(index, __ATOMIC_ACQUIRE); }
static void release(uint32_t *index, uint32_t value) { __atomic_store_n(index, value, __ATOMIC_RELEASE); }

/* Gives a receive frame to the kernel. There are as many entries as frames: it has room. */
static void fill(struct nic *nic, uint32_t frame) {
  struct xdp_ring *ring = &nic->xdp->fill;
  uint32_t producer = *ring->producer;
  if (frame >= XDP_FRAMES || producer - acquire(ring->consumer) >= XDP_SLOTS) {
    nic->count.bad_head++;
    return;
  }
  ((uint64_t *)ring->entries)[producer % XDP_SLOTS] = (uint64_t)frame * BUFFER_BYTES;
  release(ring->producer, producer + 1);
}

static int receive(struct nic *nic) {
  struct nic_ring *ring = nic->rx;
  struct xdp_ring *from = &nic->xdp->rx;
  if (!ring_head_valid(ring, nic->rx_seen)) nic->count.bad_head++;
  for (uint32_t i = nic->rx_seen; i != ring->head; i = ring_next(ring, i)) fill(nic, ring->slot[i].buf_idx);
  nic->rx_seen = ring->head;
  uint32_t consumer = *from->consumer, available = acquire(from->producer) - consumer, taken = 0;
  for (; taken < available && taken < BURST; taken++) {
    uint32_t tail = ring->tail, next = ring_next(ring, tail);
    if (next == ring->head) break;
    const struct xdp_desc *entry = (struct xdp_desc *)from->entries + (consumer + taken) % XDP_SLOTS;
    uint32_t frame = (uint32_t)(entry->addr / BUFFER_BYTES), at = (uint32_t)(entry->addr % BUFFER_BYTES);
    unsigned char *bytes = nic->frames + (size_t)frame * BUFFER_BYTES + DATA_AT;
    if (at != DATA_AT) memmove(bytes, bytes - DATA_AT + at, entry->len);
    if (checksum_looks_partial(bytes, entry->len) && checksum_complete(bytes, entry->len)) nic->count.rx_completed++;
    ring->slot[tail] = (struct nic_slot){.buf_idx = frame, .len = (uint16_t)entry->len};
    ring->tail = next;
    nic->count.rx_frames++;
  }
  if (taken > 0) release(from->consumer, consumer + taken);
  /* An interface that goes away shows only in the socket's error. */
  return taken > 0 || ring->head != ring->tail ? 0 : nic_pending_error(nic);
}

/* Slots whose frames came back are the program's again, in the order of the ring. */
static void complete(struct nic *nic) {
  struct xdp *xdp = nic->xdp;
  struct xdp_ring *from = &xdp->completion;
  struct nic_ring *ring = nic->tx;
  uint32_t consumer = *from->consumer, producer = acquire(from->producer);
  for (; consumer != producer; consumer++) {
    uint64_t frame = ((uint64_t *)from->entries)[consumer % XDP_SLOTS] / BUFFER_BYTES;
    if (frame < XDP_FRAMES) xdp->done[frame] = true;
  }
  release(from->consumer, consumer);
  for (;;) {
    uint32_t i = ring_next(ring, ring->tail), frame = ring->slot[i].buf_idx;
    if (i == xdp->given || frame >= XDP_FRAMES || !xdp->done[frame]) break;
    xdp->done[frame] = false;
    ring->tail = i;
  }
}

static int send_frames(struct nic *nic) {
  struct xdp *xdp = nic->xdp;
  struct nic_ring *ring = nic->tx;
  struct xdp_ring *to = &xdp->tx;
  complete(nic);
  if (ring->head >= ring->num_slots ||
      ring_between(ring, xdp->given, ring->head) > ring_between(ring, xdp->given, ring->tail)) {
    ring->head = ring->cur = xdp->given;
    nic->count.bad_head++;
  }
  uint32_t producer = *to->producer;
  for (; xdp->given != ring->head; xdp->given = ring_next(ring, xdp->given)) {
    const struct nic_slot *slot = &ring->slot[xdp->given];
    if (slot->buf_idx >= XDP_FRAMES || producer - acquire(to->consumer) >= XDP_SLOTS) {
      nic->count.tx_busy++;
      break;
    }
    if (slot->len == 0 || slot->len > DATA_BYTES) {
      nic->count.tx_refused++;
      xdp->done[slot->buf_idx] = true;
      continue;
    }
    ((struct xdp_desc *)to->entries)[producer++ % XDP_SLOTS] =
        (struct xdp_desc){.addr = (uint64_t)slot->buf_idx * BUFFER_BYTES + DATA_AT, .len = slot->len};
    nic->count.tx_frames++;
  }
  release(to->producer, producer);
  nic->call = "sendto(AF_XDP)";
  /* The kernel takes 32 frames a call in copy mode. */
  for (int k = 0; k < XDP_SLOTS / 32 && acquire(to->consumer) != producer; k++) {
    if (sendto(nic->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0) continue;
    if (errno != EAGAIN && errno != EBUSY && errno != ENOBUFS && errno != EINTR) return -errno;
    nic->count.tx_busy++;
    break;
  }
  complete(nic);
  return (int)(producer - acquire(to->consumer) + ring_between(ring, xdp->given, ring->head));
}

static void refresh(struct nic *nic) {
  struct xdp_statistics stats;
  socklen_t length = sizeof stats;
  if (getsockopt(nic->fd, SOL_XDP, XDP_STATISTICS, &stats, &length) != 0) return;
  /* A frame beyond a buffer and one that no frame of the fill ring was left for are both in rx_dropped. */
  uint64_t starved = stats.rx_fill_ring_empty_descs;
  nic->count.rx_dropped = nic->xdp->dropped_before + stats.rx_ring_full + starved;
  nic->count.rx_oversized =
      nic->xdp->oversized_before + (stats.rx_dropped > starved ? stats.rx_dropped - starved : 0);
}

static int map_ring(struct nic *nic, int fd, struct xdp_ring *ring, const struct xdp_ring_offset *offset, size_t entry,
                    uint64_t page) {
  ring->bytes = offset->desc + XDP_SLOTS * entry;
  nic->call = "mmap(AF_XDP ring)";
  void *map = mmap(NULL, ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)page);
  if (map == MAP_FAILED) return -errno;
  ring->map = map;
  ring->producer = (uint32_t *)((char *)map + offset->producer);
  ring->consumer = (uint32_t *)((char *)map + offset->consumer);
  ring->flags = (uint32_t *)((char *)map + offset->flags);
  ring->entries = (char *)map + offset->desc;
  return 0;
}

static void abandon(struct nic *nic) {
  if (nic->fd >= 0) refresh(nic);
  nic->xdp->dropped_before = nic->count.rx_dropped;
  nic->xdp->oversized_before = nic->count.rx_oversized;
  struct xdp_ring *rings[] = {&nic->xdp->fill, &nic->xdp->completion, &nic->xdp->rx, &nic->xdp->tx};
  for (int i = 0; i < 4; i++) {
    if (rings[i]->map) munmap(rings[i]->map, rings[i]->bytes);
    rings[i]->map = NULL;
  }
}

static void release_xdp(struct nic *nic) {
  free(nic->xdp);
  nic->xdp = NULL;
}

static int map_rings(struct nic *nic, int fd) {
  struct xdp_mmap_offsets offsets;
  socklen_t length = sizeof offsets;
  nic->call = "getsockopt(XDP_MMAP_OFFSETS)";
  if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) != 0) return -errno;
  struct xdp *xdp = nic->xdp;
  int status = map_ring(nic, fd, &xdp->fill, &offsets.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
  if (status == 0)
    status = map_ring(nic, fd, &xdp->completion, &offsets.cr, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
  if (status == 0) status = map_ring(nic, fd, &xdp->rx, &offsets.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
  if (status == 0) status = map_ring(nic, fd, &xdp->tx, &offsets.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
  return status;
}

/* Where the memory was mapped before, it is mapped again. */
static int map_memory(struct nic *nic, int memory) {
  nic->call = "mmap(XDP memory)";
  void *base = mmap(nic->base, nic->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (nic->base ? MAP_FIXED : 0), memory, 0);
  if (base == MAP_FAILED) return -errno;
  nic->base = base;
  return 0;
}

static int adopt(struct nic *nic, int fd, int memory) {
  size_t ring = ring_bytes(XDP_SLOTS);
  int status = map_rings(nic, fd);
  if (status == 0 && *nic->xdp->fill.producer != 0) {
    /* Which frames the kernel holds is in another process's memory. */
    nic->call = "AF_XDP queue that was read before";
    status = -EBUSY;
  }
  if (status == 0) status = map_memory(nic, memory);
  if (status < 0) {
    abandon(nic);
    return status;
  }
  nic->frames = nic->base + 2 * ring;
  nic->rx = (struct nic_ring *)nic->base;
  nic->tx = (struct nic_ring *)(nic->base + ring);
  ring_init(nic->rx, NIC_DIR_RX, XDP_SLOTS, BUFFER_BYTES, nic->frames + DATA_AT, 0);
  ring_init(nic->tx, NIC_DIR_TX, XDP_SLOTS, BUFFER_BYTES, nic->frames + DATA_AT, XDP_SLOTS);
  nic->rx_seen = nic->xdp->given = 0;
  memset(nic->xdp->done, 0, sizeof nic->xdp->done);
  for (uint32_t frame = 0; frame < XDP_SLOTS; frame++) fill(nic, frame);
  return 0;
}

int xdp_attach(struct nic *nic, int fd, int memory) {
  *nic = (struct nic){.fd = -1, .bytes = xdp_memory_bytes()};
  nic->receive = receive;
  nic->send = send_frames;
  nic->refresh = refresh;
  nic->adopt = adopt;
  nic->call = "calloc";
  nic->xdp = calloc(1, sizeof *nic->xdp);
  if (!nic->xdp) return -ENOMEM;
  nic->abandon = abandon;
  nic->release = release_xdp;
  int status = adopt(nic, fd, memory);
  if (status < 0)
    nic_close(nic);
  else
    nic->fd = fd;
  return status;
}
