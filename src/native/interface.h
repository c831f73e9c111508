/* What this network namespace has: its interfaces, and whose an address is. Each answers 0 or -errno and names the failed call. */
#ifndef PIKA_INTERFACE_H
#define PIKA_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

enum interface_kind { INTERFACE_ETHERNET, INTERFACE_LOOPBACK, INTERFACE_OTHER };

struct interface_info {
  int index;
  enum interface_kind kind;
  uint8_t mac[6];
  int mtu;
  bool up;
  /* There is somebody at the other end: a cable, a veth's peer, a TAP's owner. */
  bool running;
  bool tap;
  /* Receive queues; 1 where the driver doesn't tell. */
  int queues;
  char driver[32];
};

/* ENODEV: no such interface. */
int interface_look(const char *name, struct interface_info *info, const char **call);

/* How the kernel would route to an address (network order): RTN_LOCAL when it is its own. ENETUNREACH: it knows no way. */
int interface_route(uint32_t address, int *type, int *index, const char **call);

/*
 * A descriptor that has the interface take frames to `mac` too, as long as it is open: by a filter of the hardware's, or
 * promiscuously where that has none. Needs CAP_NET_RAW.
 */
int interface_listen_as(const char *name, const uint8_t mac[6], const char **call);

#endif
