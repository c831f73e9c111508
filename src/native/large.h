/*
 * TCP frames beyond a slot: a kernel hands a reader of raw frames what its own TCP has not cut yet (a veth peer's GSO), what
 * it has merged (GRO), or a large MTU's. They are cut here as the wire would have: we are the receiver, so any cut is as
 * good. Pure: no system call.
 */
#ifndef PIKA_LARGE_H
#define PIKA_LARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest frame that is cut: an IPv4 packet at its limit. The longest frame that comes of it: Ethernet's own. */
enum { LARGE_BYTES = 14 + 65535, LARGE_SEGMENT_BYTES = 1514 };

struct large {
  /* LARGE_BYTES of room. */
  unsigned char *bytes;
  /* Bytes of the headers; of the payload, and of that what was cut off already. */
  size_t headers, payload, done;
  uint32_t segments;
};

/*
 * Begins with the frame of `length` in `bytes`. False: no IPv4 TCP frame with payload, one that is a fragment, or, unless its
 * checksum is known to be good, one that is damaged.
 */
bool large_begin(struct large *large, size_t length, bool checksum_known);

/* Whether a segment is left. */
static inline bool large_left(const struct large *large) { return large->done < large->payload; }

/* Writes the next segment, with its checksums, to LARGE_SEGMENT_BYTES of room; answers its length. */
size_t large_next(struct large *large, unsigned char *out);

#endif
