/* TAP without vnet_hdr: every frame complete, checksummed and within the MTU; one system call for each. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nic.h"

int tap_open(const char *name, bool multi_queue, const char **call) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  *call = "open(/dev/net/tun)";
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -errno;
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (multi_queue ? IFF_MULTI_QUEUE : 0));
  *call = "ioctl(TUNSETIFF)";
  int status = ioctl(fd, TUNSETIFF, &request);
  if (status == 0) {
    /* Whoever had it before may have asked for frames that it would segment itself. */
    *call = "ioctl(TUNSETOFFLOAD)";
    status = ioctl(fd, TUNSETOFFLOAD, 0);
  }
  if (status == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

static int receive(struct nic *nic) {
  struct nic_ring *ring = nic->rx;
  if (!ring_head_valid(ring, nic->rx_seen)) nic->count.bad_head++;
  nic->rx_seen = ring->head;
  nic->call = "read";
  for (int k = 0; k < BURST; k++) {
    uint32_t tail = ring->tail, next = ring_next(ring, tail);
    if (next == ring->head) break;
    ssize_t length = read(nic->fd, ring_buffer(ring, tail), ring->nr_buf_size);
    if (length < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (length > ring->nr_buf_size) {
      /* The kernel answers the frame's length, also where it did not fit. */
      nic->count.rx_oversized++;
      continue;
    }
    ring->slot[tail].len = (uint16_t)length;
    ring->slot[tail].flags = 0;
    ring->tail = next;
    nic->count.rx_frames++;
  }
  return 0;
}

static int send_frames(struct nic *nic) {
  struct nic_ring *ring = nic->tx;
  /* The oldest slot that is not sent yet comes after tail, the last free one. */
  uint32_t i = ring_next(ring, ring->tail);
  if (ring->head >= ring->num_slots) {
    ring->head = ring->cur = i;
    nic->count.bad_head++;
  }
  nic->call = "write";
  for (; i != ring->head; i = ring_next(ring, i)) {
    uint16_t length = ring->slot[i].len;
    if (length > ring->nr_buf_size) {
      nic->count.tx_refused++;
    } else if (write(nic->fd, ring_buffer(ring, i), length) >= 0) {
      nic->count.tx_frames++;
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      nic->count.tx_busy++;
      break;
    } else if (errno == EINVAL || errno == EIO || errno == EINTR) {
      /* EINVAL: no frame. EIO: the interface is down, as a cable that is not plugged in. */
      nic->count.tx_refused++;
    } else {
      return -errno;
    }
    ring->tail = i;
  }
  return (int)ring_between(ring, i, ring->head);
}

static int adopt(struct nic *nic, int fd, int memory) {
  (void)nic, (void)fd, (void)memory;
  return 0;
}

int tap_attach(struct nic *nic, int fd, uint32_t slots) {
  size_t ring = ring_bytes(slots);
  *nic = (struct nic){.fd = -1, .receive = receive, .send = send_frames, .adopt = adopt};
  nic->bytes = 2 * ring + ((size_t)NIC_FIRST_BUFFER + 2 * slots) * BUFFER_BYTES;
  nic->call = "mmap";
  void *base = mmap(NULL, nic->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return -errno;
  nic->base = base;
  nic->rx = base;
  nic->tx = (struct nic_ring *)(nic->base + ring);
  ring_init(nic->rx, NIC_DIR_RX, slots, BUFFER_BYTES, nic->base + 2 * ring, NIC_FIRST_BUFFER);
  ring_init(nic->tx, NIC_DIR_TX, slots, BUFFER_BYTES, nic->base + 2 * ring, NIC_FIRST_BUFFER + slots);
  nic->fd = fd;
  return 0;
}
