/*
 * TAP: frames of a Linux host's virtual interface, through rings in netmap's layout (src/memory/layout.ts). The memory is
 * TypeScript's; here slots are filled from and drained to the descriptor, a burst a call, with nothing allocated.
 */
#include "addon.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BURST = 64 };

/* The fields of struct netmap_ring and struct netmap_slot that a driver touches. */
struct ring {
  int64_t buf_ofs;
  uint32_t num_slots;
  uint32_t buf_size;
  uint16_t ringid;
  uint16_t dir;
  uint32_t head;
  uint32_t cur;
  uint32_t tail;
};
struct slot {
  uint32_t buf_idx;
  uint16_t len;
  uint16_t flags;
  uint64_t ptr;
};
_Static_assert(offsetof(struct ring, head) == 20 && offsetof(struct ring, tail) == 28, "netmap_ring");
_Static_assert(sizeof(struct slot) == 16, "netmap_slot");
enum { RING_SLOTS = 256 };

static struct slot *slot_of(struct ring *ring, uint32_t i) {
  return (struct slot *)((char *)ring + RING_SLOTS) + i;
}

static char *buffer_of(struct ring *ring, uint32_t i) {
  return (char *)ring + ring->buf_ofs + (int64_t)slot_of(ring, i)->buf_idx * ring->buf_size;
}

/* tapOpen(name): a descriptor of one more queue of the multi-queue TAP `name` in this network namespace. */
static napi_value tap_open(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct ifreq request = {0};
  if (!pika_arguments(env, info, 1, args) ||
      !pika_string(env, args[0], "name", request.ifr_name, sizeof request.ifr_name))
    return NULL;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return pika_throw(env, errno, "open", "/dev/net/tun");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    int error = errno;
    close(fd);
    return pika_throw(env, error, "ioctl(TUNSETIFF)", request.ifr_name);
  }
  return pika_number(env, fd);
}

static bool ring_at(napi_env env, napi_value *args, struct ring **ring, int *fd) {
  int64_t number, offset;
  void *data;
  size_t length;
  if (!pika_int(env, args[0], "fd", &number) || !pika_int(env, args[2], "offset", &offset)) return false;
  if (napi_get_arraybuffer_info(env, args[1], &data, &length) != napi_ok || offset < 0 ||
      (size_t)offset + RING_SLOTS > length) {
    pika_throw(env, EINVAL, "ring", "not a ring in this memory");
    return false;
  }
  *ring = (struct ring *)((char *)data + offset);
  *fd = (int)number;
  return true;
}

/* tapReceive(fd, memory, ring): fills free slots; frames now between head and tail. */
static napi_value tap_receive(napi_env env, napi_callback_info info) {
  napi_value args[3];
  struct ring *ring;
  int fd;
  if (!pika_arguments(env, info, 3, args) || !ring_at(env, args, &ring, &fd)) return NULL;
  uint32_t n = ring->num_slots;
  for (int k = 0; k < BURST; k++) {
    uint32_t tail = ring->tail, next = tail + 1 == n ? 0 : tail + 1;
    if (next == ring->head) break;
    ssize_t length = read(fd, buffer_of(ring, tail), ring->buf_size);
    if (length < 0) {
      if (errno == EAGAIN || errno == EINTR) break;
      return pika_throw(env, errno, "read", "TAP: has the interface gone?");
    }
    struct slot *slot = slot_of(ring, tail);
    slot->len = (uint16_t)length;
    slot->flags = 0;
    ring->tail = next;
  }
  uint32_t head = ring->head, tail = ring->tail;
  return pika_number(env, tail >= head ? tail - head : tail + n - head);
}

/* tapSend(fd, memory, ring): sends what lies between the slot after tail and head; frames that the kernel refused. */
static napi_value tap_send(napi_env env, napi_callback_info info) {
  napi_value args[3];
  struct ring *ring;
  int fd;
  if (!pika_arguments(env, info, 3, args) || !ring_at(env, args, &ring, &fd)) return NULL;
  uint32_t n = ring->num_slots, refused = 0;
  /* netmap: tail is the last free slot, one before the oldest that is not sent yet. */
  uint32_t i = ring->tail + 1 == n ? 0 : ring->tail + 1;
  for (; i != ring->head; i = i + 1 == n ? 0 : i + 1) {
    ssize_t sent = write(fd, buffer_of(ring, i), slot_of(ring, i)->len);
    if (sent < 0) {
      if (errno == EAGAIN || errno == ENOBUFS) break;
      if (errno != EINVAL && errno != EIO) return pika_throw(env, errno, "write", "TAP: has the interface gone?");
      /* EIO: the interface is down; as a cable that is not plugged in. */
      refused++;
    }
    ring->tail = i;
  }
  return pika_number(env, refused);
}

napi_value pika_tap_init(napi_env env, napi_value exports) {
  if (!pika_export(env, exports, "tapOpen", tap_open) || !pika_export(env, exports, "tapReceive", tap_receive) ||
      !pika_export(env, exports, "tapSend", tap_send))
    return NULL;
  return exports;
}
