/* Interfaces of this network namespace. Each answers 0 or -errno and names the failed call. */
#ifndef PIKA_LINK_H
#define PIKA_LINK_H

#include <stdint.h>

/* Two interfaces joined by a wire. */
int link_add_veth(const char *name, const char *peer, const char **call);
/* `address` as "10.99.0.1/24". */
int link_set_address(const char *name, const char *address, const char **call);
int link_set_mac(const char *name, const uint8_t mac[6], const char **call);
int link_get_mac(const char *name, uint8_t mac[6], const char **call);
int link_set_mtu(const char *name, int mtu, const char **call);
int link_get_mtu(const char *name, int *mtu, const char **call);
int link_up(const char *name, const char **call);
/* Whole frames with whole checksums: no offload that a reader of raw frames would have to finish. */
int link_plain_frames(const char *name, const char **call);
/* No router solicitations and neighbour discovery of the host's own accord. A kernel without IPv6 has none: no error. */
void link_quiet(const char *name);

#endif
