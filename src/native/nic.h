/* A NIC behind rings in netmap's layout: what TAP, AF_PACKET and AF_XDP have in common. No N-API in the drivers. */
#ifndef PIKA_NIC_H
#define PIKA_NIC_H

#include <stddef.h>
#include <stdint.h>

#include "ring.h"

/* Bytes from one buffer to the next. */
enum { BUFFER_BYTES = 2048 };

/* What each driver counts; the names that TypeScript sees are in nic-api.c. */
struct nic_counters {
  uint64_t rx_frames;
  uint64_t rx_cut;        /* TCP frames beyond a buffer (GSO, GRO, a large MTU), cut into segments */
  uint64_t rx_oversized;  /* frames beyond a buffer that were not */
  uint64_t rx_completed;  /* partial checksums of a local peer, completed */
  uint64_t rx_unfinished; /* partial checksums that could not be */
  uint64_t rx_vlan;       /* tagged frames: another interface's */
  uint64_t rx_dropped;    /* by the kernel, for want of room */
  uint64_t tx_frames;
  uint64_t tx_refused;    /* frames that the kernel would not take: too long, interface down */
  uint64_t tx_busy;       /* syncs that left frames for later, as the kernel's queue was full */
  uint64_t bad_head;      /* heads that can't be */
};

struct nic {
  int fd;
  /* Rings and buffers: one mapping. */
  unsigned char *base;
  size_t bytes;
  struct nic_ring *rx;
  struct nic_ring *tx;
  /* Head of the receive ring as last seen. */
  uint32_t rx_seen;
  struct nic_counters count;
  /* The system call that failed. */
  const char *call;
  /* 0 or -errno. */
  int (*receive)(struct nic *);
  /* How many frames the kernel has not taken yet (for the next sync), or -errno. */
  int (*send)(struct nic *);
  /* Puts the rings, which are empty, on another descriptor (AF_XDP: and memory). 0 or -errno. */
  int (*adopt)(struct nic *, int fd, int memory);
  /* Undoes what adopt did beyond the rings; may be NULL. */
  void (*abandon)(struct nic *);
  /* Frees what is the driver's own; may be NULL. */
  void (*release)(struct nic *);
  /* Brings counters that the kernel keeps up to date; may be NULL. */
  void (*refresh)(struct nic *);

  /* AF_PACKET: the kernel's ring, the frame that it fills next, and the frame behind each slot. */
  unsigned char *frames;
  uint32_t next_frame;
  /* Whether next_frame is known to be right: a socket may have been read by another process before. */
  bool synced;
  uint32_t *slot_frame;
  /* The frame that is being cut. */
  struct large *large;
  /* AF_XDP: see xdp.c. */
  struct xdp *xdp;
};

/* Each takes over fd. 0 or -errno with nic->call; then nothing is left behind, and fd is still the caller's. */
int tap_attach(struct nic *nic, int fd, uint32_t slots);
int packet_attach(struct nic *nic, int fd);

/* Unmaps and closes; again is harmless. */
void nic_close(struct nic *nic);

/*
 * For an interface that has gone: closes the descriptor, and keeps the memory with both rings emptied, so that pointers into it
 * stay good. nic_reopen puts them on a new descriptor of the same kind, which it takes over; 0 or -errno, then nothing has changed.
 */
void nic_detach(struct nic *nic);
int nic_reopen(struct nic *nic, int fd, int memory);

/* Whether the interface behind the descriptor reported an error: 0 or -errno. For rings that are read without a system call. */
int nic_pending_error(struct nic *nic);

#endif
