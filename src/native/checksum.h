/* Finishes what a sender left to its hardware. Pure. */
#ifndef PIKA_CHECKSUM_H
#define PIKA_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Completes the TCP or UDP checksum of an Ethernet frame whose checksum field holds the sum of the pseudo-header alone
 * (Linux's CHECKSUM_PARTIAL, as a veth peer with tx offload sends it). False: not an IPv4 or IPv6 frame of TCP or UDP, a
 * fragment, or lengths that don't fit; the frame is unchanged then.
 */
bool checksum_complete(unsigned char *frame, size_t length);

#endif
