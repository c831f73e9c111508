#include "nic.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

void nic_close(struct nic *nic) {
  if (nic->release) nic->release(nic);
  if (nic->base) munmap(nic->base, nic->bytes);
  if (nic->fd >= 0) close(nic->fd);
  free(nic->slot_frame);
  nic->release = NULL;
  nic->base = NULL;
  nic->rx = nic->tx = NULL;
  nic->fd = -1;
  nic->slot_frame = NULL;
}

int nic_pending_error(struct nic *nic) {
  int error = 0;
  socklen_t length = sizeof error;
  nic->call = "getsockopt(SO_ERROR)";
  if (getsockopt(nic->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
  nic->call = "receive";
  return -error;
}
