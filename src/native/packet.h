/* AF_PACKET with a TPACKET_V2 receive ring: any existing interface, its frames seen where the kernel put them. */
#ifndef PIKA_PACKET_H
#define PIKA_PACKET_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* Geometry of the kernel's ring, which a process that was handed the descriptor maps again: fixed. */
enum { PACKET_FRAMES = 512, PACKET_BLOCK_BYTES = 1 << 16 };

enum { PACKET_ALONE = -1, PACKET_NEW_GROUP = -2 };

struct packet_options {
  const char *interface;
  /* Sockets of one interface share its flows within a group of this number. */
  int fanout_group;
  /* Also frames to other link addresses than the interface's. */
  bool promiscuous;
  /* Only IPv4 and ARP packets to this address (network order); 0: every frame. */
  uint32_t address;
};

/*
 * A bound socket with its ring, or -errno with the failed call. Members of a fanout group are numbered in the order of
 * opening; frames of a TCP flow go to the member that the flow director's rule names (`directed` in server/link-server.ts:
 * the low 12 bits of the peer's port without the lowest, modulo members), the rest to member 0.
 */
int packet_open(const struct packet_options *options, const char **call);

/* The number of the group that a socket is in, or -errno. */
int packet_group(int fd);

/* The flow director's program, for its tests: classic BPF on a frame seen from its IP header. */
extern const struct sock_filter packet_director[];
extern const unsigned packet_director_length;

#endif
