/* NICs for JavaScript: {nic, memory, rx, tx} and what is done with `nic`. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addon.h"
#include "nic.h"
#include "packet.h"
#include "tap.h"
#include "xdp.h"

/* Until both the handle and the memory are collected. */
struct handle {
  struct nic nic;
  int references;
};

static void let_go(napi_env env, void *data, void *hint) {
  (void)env;
  struct handle *handle = hint;
  (void)data;
  if (--handle->references > 0) return;
  nic_close(&handle->nic);
  free(handle);
}

/* A NIC with its memory, on a descriptor or detached. */
static struct nic *kept_nic_of(napi_env env, napi_value value) {
  void *data;
  if (napi_get_value_external(env, value, &data) != napi_ok) {
    pika_throw(env, EINVAL, "nic", "not a NIC");
    return NULL;
  }
  struct nic *nic = &((struct handle *)data)->nic;
  if (nic->base) return nic;
  pika_throw(env, EBADF, "nic", "this NIC was closed");
  return NULL;
}

static struct nic *nic_of(napi_env env, napi_value value) {
  struct nic *nic = kept_nic_of(env, value);
  if (!nic || nic->fd >= 0) return nic;
  pika_throw(env, EBADF, "nic", "this NIC was detached");
  return NULL;
}

/* Takes the attached NIC over; on failure nothing is left. */
static napi_value wrap(napi_env env, struct handle *handle) {
  struct nic *nic = &handle->nic;
  napi_value external, memory, rx, tx, result;
  handle->references = 1;
  if (napi_create_external(env, handle, let_go, handle, &external) != napi_ok) {
    let_go(env, NULL, handle);
    return pika_throw(env, ENOMEM, "napi_create_external", "NIC");
  }
  handle->references++;
  if (napi_create_external_arraybuffer(env, nic->base, nic->bytes, let_go, handle, &memory) != napi_ok) {
    handle->references--;
    return pika_throw(env, ENOMEM, "napi_create_external_arraybuffer", "NIC");
  }
  CHECK(env, napi_create_double(env, (double)((unsigned char *)nic->rx - nic->base), &rx));
  CHECK(env, napi_create_double(env, (double)((unsigned char *)nic->tx - nic->base), &tx));
  CHECK(env, napi_create_object(env, &result));
  CHECK(env, napi_set_named_property(env, result, "nic", external));
  CHECK(env, napi_set_named_property(env, result, "memory", memory));
  CHECK(env, napi_set_named_property(env, result, "rx", rx));
  CHECK(env, napi_set_named_property(env, result, "tx", tx));
  return result;
}

static napi_value attached(napi_env env, struct handle *handle, int status, const char *what) {
  if (status == 0) return wrap(env, handle);
  const char *call = handle->nic.call;
  free(handle);
  return pika_throw(env, -status, call, what);
}

/* tapAttach(fd, slots) */
static napi_value tap_attach_fd(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int64_t fd, slots;
  if (!pika_arguments(env, info, 2, args) || !pika_int(env, args[0], "fd", &fd) ||
      !pika_int(env, args[1], "slots", &slots))
    return NULL;
  if (slots < 2 || slots > NIC_MAX_SLOTS) return pika_throw(env, EINVAL, "tapAttach", "slots: 2 to 65536");
  struct handle *handle = calloc(1, sizeof *handle);
  if (!handle) return pika_throw(env, ENOMEM, "calloc", "NIC");
  return attached(env, handle, tap_attach(&handle->nic, (int)fd, (uint32_t)slots), "TAP");
}

/* packetAttach(fd) */
static napi_value packet_attach_fd(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  struct handle *handle = calloc(1, sizeof *handle);
  if (!handle) return pika_throw(env, ENOMEM, "calloc", "NIC");
  return attached(env, handle, packet_attach(&handle->nic, (int)fd), "AF_PACKET socket of ours");
}

static napi_value numbers(napi_env env, const int *values, uint32_t count) {
  napi_value result, number;
  CHECK(env, napi_create_array_with_length(env, count, &result));
  for (uint32_t i = 0; i < count; i++) {
    CHECK(env, napi_create_int32(env, values[i], &number));
    CHECK(env, napi_set_element(env, result, i, number));
  }
  return result;
}

/* An IPv4 address in network order; "" is 0. */
static bool address_of(napi_env env, napi_value value, uint32_t *address) {
  char text[64];
  *address = 0;
  if (!pika_string(env, value, "address", text, sizeof text)) return false;
  if (text[0] == 0 || inet_pton(AF_INET, text, address) == 1) return true;
  pika_throw(env, EINVAL, "address: expected A.B.C.D", text);
  return false;
}

/* xdpProgram(name, queues, address): descriptors of map, program and link, and whether it runs in the driver. */
static napi_value xdp_program(napi_env env, napi_callback_info info) {
  napi_value args[3];
  char name[16];
  int64_t queues;
  uint32_t address;
  const char *call;
  struct xdp_program program;
  if (!pika_arguments(env, info, 3, args) || !pika_string(env, args[0], "interface name", name, sizeof name) ||
      !pika_int(env, args[1], "queues", &queues) || !address_of(env, args[2], &address))
    return NULL;
  if (queues < 1 || queues > 1024) return pika_throw(env, EINVAL, "xdpProgram", "queues: 1 to 1024");
  int status = xdp_program_attach(name, (int)queues, address, &program, &call);
  if (status < 0) return pika_throw(env, -status, call, name);
  return numbers(env, (int[]){program.map, program.program, program.link, program.native}, 4);
}

/* xdpQueue(name, queue, map): descriptors of socket and memory. */
static napi_value xdp_queue(napi_env env, napi_callback_info info) {
  napi_value args[3];
  char name[16];
  int64_t queue, map;
  const char *call;
  int fds[2];
  if (!pika_arguments(env, info, 3, args) || !pika_string(env, args[0], "interface name", name, sizeof name) ||
      !pika_int(env, args[1], "queue", &queue) || !pika_int(env, args[2], "map", &map))
    return NULL;
  struct xdp_program program = {.map = (int)map};
  int status = xdp_queue_open(name, (int)queue, &program, &fds[0], &fds[1], &call);
  if (status < 0) return pika_throw(env, -status, call, name);
  return numbers(env, fds, 2);
}

/* xdpAttach(fd, memory) */
static napi_value xdp_attach_fd(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int64_t fd, memory;
  if (!pika_arguments(env, info, 2, args) || !pika_int(env, args[0], "fd", &fd) ||
      !pika_int(env, args[1], "memory", &memory))
    return NULL;
  struct handle *handle = calloc(1, sizeof *handle);
  if (!handle) return pika_throw(env, ENOMEM, "calloc", "NIC");
  return attached(env, handle, xdp_attach(&handle->nic, (int)fd, (int)memory), "AF_XDP socket of ours");
}

/* nicKind(fd): "tap", "packet", "xdp", or "socket" for one that is no NIC's. */
static napi_value nic_kind(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  int domain = 0;
  socklen_t length = sizeof domain;
  const char *kind = "tap";
  if (getsockopt((int)fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0)
    kind = domain == AF_PACKET ? "packet" : domain == AF_XDP ? "xdp" : "socket";
  else if (errno != ENOTSOCK)
    return pika_throw(env, errno, "getsockopt(SO_DOMAIN)", "NIC");
  CHECK(env, napi_create_string_utf8(env, kind, NAPI_AUTO_LENGTH, &result));
  return result;
}

/* tapOpen(name, multiQueue) */
static napi_value tap_open_name(napi_env env, napi_callback_info info) {
  napi_value args[2];
  char name[16];
  bool multi_queue;
  const char *call;
  if (!pika_arguments(env, info, 2, args) || !pika_string(env, args[0], "interface name", name, sizeof name)) return NULL;
  CHECK(env, napi_get_value_bool(env, args[1], &multi_queue));
  int fd = tap_open(name, multi_queue, &call);
  return fd < 0 ? pika_throw(env, -fd, call, name) : pika_number(env, fd);
}

/* packetOpen(name, fanoutGroup, promiscuous, address) */
static napi_value packet_open_name(napi_env env, napi_callback_info info) {
  napi_value args[4];
  char name[16];
  int64_t group;
  const char *call;
  struct packet_options options = {.interface = name};
  if (!pika_arguments(env, info, 4, args) || !pika_string(env, args[0], "interface name", name, sizeof name) ||
      !pika_int(env, args[1], "fanout group", &group) || !address_of(env, args[3], &options.address))
    return NULL;
  CHECK(env, napi_get_value_bool(env, args[2], &options.promiscuous));
  options.fanout_group = (int)group;
  int fd = packet_open(&options, &call);
  return fd < 0 ? pika_throw(env, -fd, call, name) : pika_number(env, fd);
}

/* packetGroup(fd) */
static napi_value packet_group_of(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  int group = packet_group((int)fd);
  return group < 0 ? pika_throw(env, -group, "getsockopt(PACKET_FANOUT)", "packet socket") : pika_number(env, group);
}

/* nicReceive(nic): slots between head and tail of the receive ring. */
static napi_value nic_receive(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  if (!pika_arguments(env, info, 1, args)) return NULL;
  struct nic *nic = nic_of(env, args[0]);
  if (!nic) return NULL;
  int status = nic->receive(nic);
  if (status < 0) return pika_throw(env, -status, nic->call, "receiving from the NIC");
  CHECK(env, napi_create_uint32(env, ring_between(nic->rx, nic->rx->head, nic->rx->tail), &result));
  return result;
}

/* nicSend(nic): frames left for the next call. */
static napi_value nic_send(napi_env env, napi_callback_info info) {
  napi_value args[1];
  if (!pika_arguments(env, info, 1, args)) return NULL;
  struct nic *nic = nic_of(env, args[0]);
  if (!nic) return NULL;
  int status = nic->send(nic);
  if (status < 0) return pika_throw(env, -status, nic->call, "sending to the NIC");
  return pika_number(env, status);
}

/* nicDetach(nic) */
static napi_value nic_detach_it(napi_env env, napi_callback_info info) {
  napi_value args[1];
  if (!pika_arguments(env, info, 1, args)) return NULL;
  struct nic *nic = kept_nic_of(env, args[0]);
  if (!nic) return NULL;
  nic_detach(nic);
  return pika_undefined(env);
}

/* nicReopen(nic, fd, memory) */
static napi_value nic_reopen_it(napi_env env, napi_callback_info info) {
  napi_value args[3];
  int64_t fd, memory;
  if (!pika_arguments(env, info, 3, args) || !pika_int(env, args[1], "fd", &fd) ||
      !pika_int(env, args[2], "memory", &memory))
    return NULL;
  struct nic *nic = kept_nic_of(env, args[0]);
  if (!nic) return NULL;
  int status = nic_reopen(nic, (int)fd, (int)memory);
  return status < 0 ? pika_throw(env, -status, nic->call, "reopening the NIC") : pika_undefined(env);
}

/* nicStats(nic): counters by name. */
static napi_value nic_stats(napi_env env, napi_callback_info info) {
  napi_value args[1], result, value;
  if (!pika_arguments(env, info, 1, args)) return NULL;
  struct nic *nic = kept_nic_of(env, args[0]);
  if (!nic) return NULL;
  if (nic->refresh && nic->fd >= 0) nic->refresh(nic);
  const struct nic_counters *n = &nic->count;
  const struct {
    const char *name;
    uint64_t count;
  } all[] = {
      {"rxFrames", n->rx_frames},         {"rxCut", n->rx_cut}, {"rxOversized", n->rx_oversized}, {"rxCompleted", n->rx_completed},
      {"rxUnfinished", n->rx_unfinished}, {"rxVlan", n->rx_vlan},           {"rxDropped", n->rx_dropped},
      {"txFrames", n->tx_frames},         {"txRefused", n->tx_refused},     {"txBusy", n->tx_busy},
      {"badHead", n->bad_head},
  };
  CHECK(env, napi_create_object(env, &result));
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    CHECK(env, napi_create_double(env, (double)all[i].count, &value));
    CHECK(env, napi_set_named_property(env, result, all[i].name, value));
  }
  return result;
}

/* nicClose(nic, memory): the buffer becomes empty, so that no view of it can reach what is unmapped. */
static napi_value nic_close_it(napi_env env, napi_callback_info info) {
  napi_value args[2];
  if (!pika_arguments(env, info, 2, args)) return NULL;
  struct nic *nic = kept_nic_of(env, args[0]);
  if (!nic) return NULL;
  CHECK(env, napi_detach_arraybuffer(env, args[1]));
  nic_close(nic);
  return pika_undefined(env);
}

napi_value pika_nic_init(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback function;
  } all[] = {
      {"tapOpen", tap_open_name},       {"tapAttach", tap_attach_fd}, {"packetOpen", packet_open_name},
      {"packetAttach", packet_attach_fd}, {"packetGroup", packet_group_of}, {"xdpProgram", xdp_program},  {"xdpQueue", xdp_queue},
      {"xdpAttach", xdp_attach_fd},     {"nicKind", nic_kind},        {"nicReceive", nic_receive},
      {"nicSend", nic_send},            {"nicStats", nic_stats},      {"nicDetach", nic_detach_it},
      {"nicReopen", nic_reopen_it},     {"nicClose", nic_close_it},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!pika_export(env, exports, all[i].name, all[i].function)) return NULL;
  return exports;
}
