#include "nic.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

void nic_detach(struct nic *nic) {
  if (nic->fd < 0) return;
  if (nic->abandon) nic->abandon(nic);
  close(nic->fd);
  nic->fd = -1;
  nic->rx_seen = nic->rx->head = nic->rx->cur = nic->rx->tail = 0;
  nic->tx->tail = nic->tx->head == 0 ? nic->tx->num_slots - 1 : nic->tx->head - 1;
}

int nic_reopen(struct nic *nic, int fd, int memory) {
  nic->call = "NIC that is open";
  if (nic->fd >= 0) return -EBUSY;
  int status = nic->adopt(nic, fd, memory);
  if (status == 0) nic->fd = fd;
  return status;
}

void nic_close(struct nic *nic) {
  if (nic->abandon) nic->abandon(nic);
  if (nic->release) nic->release(nic);
  if (nic->base) munmap(nic->base, nic->bytes);
  if (nic->fd >= 0) close(nic->fd);
  free(nic->slot_frame);
  free(nic->large);
  nic->abandon = nic->release = NULL;
  nic->base = NULL;
  nic->rx = nic->tx = NULL;
  nic->fd = -1;
  nic->slot_frame = NULL;
  nic->large = NULL;
}

int nic_pending_error(struct nic *nic) {
  int error = 0;
  socklen_t length = sizeof error;
  nic->call = "getsockopt(SO_ERROR)";
  if (getsockopt(nic->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
  nic->call = "receive";
  return -error;
}
