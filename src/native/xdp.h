/* AF_XDP in copy mode: frames of one address taken off an interface before the kernel's stack sees them. Needs root. */
#ifndef PIKA_XDP_H
#define PIKA_XDP_H

#include <stdint.h>

#include "nic.h"

/* Frames of a queue's memory: one for each slot of either ring. */
enum { XDP_SLOTS = 512, XDP_FRAMES = 2 * XDP_SLOTS };

/* The program on an interface and the map of its sockets. Both go with their descriptors. */
struct xdp_program {
  int map;
  int program;
  int link;
  /* In the driver, before the kernel makes socket buffers. */
  bool native;
};

/*
 * Puts the program on an interface: IPv4 and ARP frames to `address` (network order; 0: all frames) go to the
 * socket of their queue, where there is one; all others to the kernel. In the driver where that works, else on the socket buffer.
 * 0 or -errno with the failed call.
 */
int xdp_program_attach(const char *interface, int queues, uint32_t address, struct xdp_program *program,
                       const char **call);

/*
 * A socket for one queue, with its rings and its memory (a memfd, which the process that reads it maps again), entered into the
 * program's map. 0 or -errno with the failed call.
 */
int xdp_queue_open(const char *interface, int queue, const struct xdp_program *program, int *socket, int *memory,
                   const char **call);

/* A queue's socket and memory as a NIC; takes over `fd`, not `memory`. As tap_attach. */
int xdp_attach(struct nic *nic, int fd, int memory);

/* Bytes of a queue's memory: two rings, then the frames. */
static inline size_t xdp_memory_bytes(void) { return 2 * ring_bytes(XDP_SLOTS) + (size_t)XDP_FRAMES * BUFFER_BYTES; }

#endif
