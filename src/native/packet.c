/*
 * Receiving: slot and kernel frame are the same bytes. The kernel fills its frames strictly in order and stops at the first that it
 * has not got back, so a frame that isn't delivered (a GSO frame, say) goes back at once, and each slot remembers its frame.
 * Sending: from buffers of our own by sendmmsg, which was measured to be no slower than a transmit ring.
 *
 * One mapping, one numbering of buffers:  rings | kernel's frames 0…F-1 | transmit buffers F…2F-1 | segments 2F…3F-1 | slack
 * The kernel puts an Ethernet header 66 bytes into a frame; buffer i is at 66 + i * 2048, the others too. Slots
 * may not be exchanged between the rings: the kernel would not get its frame back.
 *
 * A frame beyond a slot comes whole by the socket's own queue, too (PACKET_COPY_THRESH); its place in the order is that of its
 * frame in the ring. If it is TCP's, it is cut (large.h): slot i then has segment buffer 2F + i.
 */
#include "packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "checksum.h"
#include "large.h"
#include "nic.h"

/* Of a slot whose buffer is not the kernel's. */
enum { NO_FRAME = UINT32_MAX };

/* TPACKET_V2: header and address (52 bytes), then the network header at 80, the Ethernet header 14 before it. */
enum { MAC_AT = 66 };
_Static_assert(TPACKET_ALIGN(TPACKET2_HDRLEN + 16) - 14 == MAC_AT, "place of a frame in the kernel's ring");

static struct tpacket2_hdr *frame_at(struct nic *nic, uint32_t frame) {
  return (struct tpacket2_hdr *)(nic->frames + (size_t)frame * BUFFER_BYTES);
}

/* Acquire: who sees the status sees the frame. Partner: the kernel's flush in tpacket_rcv. */
static uint32_t status_of(struct tpacket2_hdr *frame) { return __atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE); }

/* Release: our reads come before the kernel's next writes. */
static void give_back(struct tpacket2_hdr *frame) {
  __atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

/* Whether the frame can be delivered; what is wrong with it is counted. */
static bool prepare(struct nic *nic, struct tpacket2_hdr *frame, uint32_t status) {
  uint32_t length = frame->tp_len;
  if (length != frame->tp_snaplen || length > BUFFER_BYTES - MAC_AT || frame->tp_mac > BUFFER_BYTES - length) {
    nic->count.rx_oversized++;
    return false;
  }
  if (status & TP_STATUS_VLAN_VALID) {
    nic->count.rx_vlan++;
    return false;
  }
  unsigned char *bytes = (unsigned char *)frame + MAC_AT;
  if (frame->tp_mac != MAC_AT) memmove(bytes, (unsigned char *)frame + frame->tp_mac, length);
  if (status & TP_STATUS_CSUMNOTREADY) {
    if (!checksum_complete(bytes, length)) {
      nic->count.rx_unfinished++;
      return false;
    }
    nic->count.rx_completed++;
  }
  return true;
}

/* Looks for the oldest frame of a socket that another process has read before us. */
static void synchronise(struct nic *nic) {
  for (uint32_t f = 0; f < PACKET_FRAMES; f++) {
    uint32_t before = f == 0 ? PACKET_FRAMES - 1 : f - 1;
    if (!(status_of(frame_at(nic, f)) & TP_STATUS_USER) || (status_of(frame_at(nic, before)) & TP_STATUS_USER)) continue;
    nic->next_frame = f;
    nic->synced = true;
    return;
  }
  /* None is filled, or all are, and then any place is as good. */
  if (status_of(frame_at(nic, 0)) & TP_STATUS_USER) nic->synced = true;
}

static unsigned char *segment_buffer(struct nic *nic, uint32_t slot) {
  return nic->frames + (size_t)(2 * PACKET_FRAMES + slot) * BUFFER_BYTES + MAC_AT;
}

static void deliver(struct nic_ring *ring, struct nic *nic, uint32_t buffer, uint32_t frame, size_t length) {
  uint32_t tail = ring->tail;
  nic->slot_frame[tail] = frame;
  ring->slot[tail] = (struct nic_slot){.buf_idx = buffer, .len = (uint16_t)length};
  ring->tail = ring_next(ring, tail);
  nic->count.rx_frames++;
}

/* The frame of `status`, from the socket's queue; what can't be cut is counted. 0 or -errno. */
static int take_copy(struct nic *nic, uint32_t status) {
  ssize_t length = recv(nic->fd, nic->large->bytes, LARGE_BYTES, MSG_DONTWAIT | MSG_TRUNC);
  nic->call = "recv";
  /* Not there: it found no room in the queue. */
  if (length < 0 && errno != EAGAIN && errno != EINTR) return -errno;
  bool known = status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID);
  if (status & TP_STATUS_VLAN_VALID)
    nic->count.rx_vlan++;
  else if (length > 0 && large_begin(nic->large, (size_t)length, known))
    nic->count.rx_cut++;
  else
    nic->count.rx_oversized++;
  return 0;
}

static int receive(struct nic *nic) {
  struct nic_ring *ring = nic->rx;
  if (!ring_head_valid(ring, nic->rx_seen)) nic->count.bad_head++;
  for (uint32_t i = nic->rx_seen; i != ring->head; i = ring_next(ring, i))
    if (nic->slot_frame[i] != NO_FRAME) give_back(frame_at(nic, nic->slot_frame[i]));
  nic->rx_seen = ring->head;
  if (!nic->synced) synchronise(nic);
  bool any = false;
  /* One look at each frame at most: a ring full of bad frames ends too. */
  for (uint32_t k = 0; k < PACKET_FRAMES; k++) {
    uint32_t tail = ring->tail, next = ring_next(ring, tail);
    if (next == ring->head || ring_between(ring, ring->head, tail) >= BURST) break;
    if (large_left(nic->large)) {
      any = true;
      deliver(ring, nic, 2 * PACKET_FRAMES + tail, NO_FRAME, large_next(nic->large, segment_buffer(nic, tail)));
      continue;
    }
    struct tpacket2_hdr *frame = frame_at(nic, nic->next_frame);
    uint32_t status = status_of(frame);
    if (!(status & TP_STATUS_USER)) break;
    any = true;
    if (status & TP_STATUS_COPY) {
      int failed = take_copy(nic, status);
      if (failed < 0) return failed;
      give_back(frame);
    } else if (prepare(nic, frame, status)) {
      deliver(ring, nic, nic->next_frame, nic->next_frame, frame->tp_len);
    } else {
      give_back(frame);
    }
    nic->next_frame = nic->next_frame + 1 == PACKET_FRAMES ? 0 : nic->next_frame + 1;
  }
  /* An interface that goes away shows only in the socket's error. */
  return any || ring->head != ring->tail ? 0 : nic_pending_error(nic);
}

static int send_frames(struct nic *nic) {
  struct nic_ring *ring = nic->tx;
  struct mmsghdr messages[BURST];
  struct iovec parts[BURST];
  uint32_t i = ring_next(ring, ring->tail);
  if (ring->head >= ring->num_slots) {
    ring->head = ring->cur = i;
    nic->count.bad_head++;
  }
  nic->call = "sendmmsg";
  while (i != ring->head) {
    unsigned count = 0;
    for (uint32_t k = i; k != ring->head && count < BURST; k = ring_next(ring, k), count++) {
      uint16_t length = ring->slot[k].len;
      if (length > BUFFER_BYTES - MAC_AT) length = 0;
      parts[count] = (struct iovec){.iov_base = ring_buffer(ring, k), .iov_len = length};
      messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[count], .msg_iovlen = 1}};
    }
    int sent = sendmmsg(nic->fd, messages, count, MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
        nic->count.tx_busy++;
        break;
      }
      /* A frame shorter than its header or beyond the MTU: that one, not the ones behind it. */
      if (errno != EINVAL && errno != EMSGSIZE) return -errno;
      nic->count.tx_refused++;
      sent = 1;
    } else {
      nic->count.tx_frames += (unsigned)sent;
    }
    for (; sent > 0; sent--, i = ring_next(ring, i)) ring->tail = i;
  }
  return (int)ring_between(ring, i, ring->head);
}

static void refresh(struct nic *nic) {
  struct tpacket_stats stats;
  socklen_t length = sizeof stats;
  /* Reading resets the kernel's count. */
  if (getsockopt(nic->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0) nic->count.rx_dropped += stats.tp_drops;
}

enum { FRAME_BYTES = PACKET_FRAMES * BUFFER_BYTES };

static int adopt(struct nic *nic, int fd, int memory) {
  (void)memory;
  nic->call = "mmap(packet ring)";
  if (mmap(nic->frames, FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) return -errno;
  nic->next_frame = 0;
  nic->synced = false;
  nic->large->done = nic->large->payload = 0;
  return 0;
}

int packet_attach(struct nic *nic, int fd) {
  size_t ring = ring_bytes(PACKET_FRAMES);
  *nic = (struct nic){.fd = -1, .receive = receive, .send = send_frames, .refresh = refresh, .adopt = adopt};
  nic->bytes = 2 * ring + 3 * FRAME_BYTES + PAGE;
  nic->call = "mmap";
  void *base = mmap(NULL, nic->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return -errno;
  nic->base = base;
  nic->frames = nic->base + 2 * ring;
  nic->call = "calloc";
  nic->slot_frame = calloc(PACKET_FRAMES, sizeof *nic->slot_frame);
  nic->large = calloc(1, sizeof *nic->large + LARGE_BYTES);
  if (nic->large) nic->large->bytes = (unsigned char *)(nic->large + 1);
  int status = nic->slot_frame && nic->large ? adopt(nic, fd, -1) : -ENOMEM;
  if (status < 0) {
    nic_close(nic);
    return status;
  }
  nic->rx = base;
  nic->tx = (struct nic_ring *)(nic->base + ring);
  ring_init(nic->rx, NIC_DIR_RX, PACKET_FRAMES, BUFFER_BYTES, nic->frames + MAC_AT, 0);
  ring_init(nic->tx, NIC_DIR_TX, PACKET_FRAMES, BUFFER_BYTES, nic->frames + MAC_AT, PACKET_FRAMES);
  nic->fd = fd;
  return 0;
}
