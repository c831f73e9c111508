/* Finishes what a sender left to its hardware. Pure. */
#ifndef PIKA_CHECKSUM_H
#define PIKA_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Completes the TCP or UDP checksum of an Ethernet frame whose checksum field holds the sum of the pseudo-header alone
 * (Linux's CHECKSUM_PARTIAL, as a veth peer with tx offload sends it). False: not an IPv4 or IPv6 frame of TCP or UDP, a
 * fragment, or lengths that don't fit; the frame is unchanged then.
 */
bool checksum_complete(unsigned char *frame, size_t length);

/* The same whatever the field holds. */
bool checksum_renew(unsigned char *frame, size_t length);

/* Whether such a frame's checksum is right; false for every other frame. */
bool checksum_holds(const unsigned char *frame, size_t length);

/* RFC 1071: the ones' complement sum of big-endian words, folded. */
uint16_t checksum_of(const unsigned char *at, size_t length);

/*
 * Whether a frame's checksum field holds the sum of its pseudo-header: so it was left partial, where nothing else tells, as
 * through AF_XDP. To complete a frame that is whole and only looks so (one in 65,536) changes nothing.
 */
bool checksum_looks_partial(const unsigned char *frame, size_t length);

#endif
