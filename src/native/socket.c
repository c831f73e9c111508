/* Unix sockets of type SOCK_SEQPACKET, whose messages carry descriptors (SCM_RIGHTS). All are non-blocking. */
#include "addon.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_FDS = 64, MOST_BYTES = 1 << 16 };

static bool address_of(napi_env env, napi_value value, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  return pika_string(env, value, "path", address->sun_path, sizeof address->sun_path);
}

static napi_value unix_listen(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct sockaddr_un address;
  if (!pika_arguments(env, info, 1, args) || !address_of(env, args[0], &address)) return NULL;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return pika_throw(env, errno, "socket", address.sun_path);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0) {
    int error = errno;
    close(fd);
    return pika_throw(env, error, "bind", address.sun_path);
  }
  return pika_number(env, fd);
}

static napi_value unix_connect(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct sockaddr_un address;
  if (!pika_arguments(env, info, 1, args) || !address_of(env, args[0], &address)) return NULL;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return pika_throw(env, errno, "socket", address.sun_path);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    int error = errno;
    close(fd);
    return pika_throw(env, error, "connect", address.sun_path);
  }
  return pika_number(env, fd);
}

/* Both ends of a connected pair, for a child process. */
static napi_value socket_pair(napi_env env, napi_callback_info info) {
  (void)info;
  int fds[2];
  napi_value result, number;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
    return pika_throw(env, errno, "socketpair", "SOCK_SEQPACKET");
  CHECK(env, napi_create_array_with_length(env, 2, &result));
  for (uint32_t i = 0; i < 2; i++) {
    CHECK(env, napi_create_int32(env, fds[i], &number));
    CHECK(env, napi_set_element(env, result, i, number));
  }
  return result;
}

/* The next client, or −1 when there is none. */
static napi_value unix_accept(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  int client = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
    return pika_throw(env, errno, "accept4", "control socket");
  return pika_number(env, client);
}

/* sendMessage(fd, Uint8Array, Int32Array): true, or false when the other side reads too slowly. */
static napi_value send_message(napi_env env, napi_callback_info info) {
  napi_value args[3], result;
  int64_t fd;
  void *bytes, *fds;
  size_t length, count;
  napi_typedarray_type type;
  if (!pika_arguments(env, info, 3, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  CHECK(env, napi_get_typedarray_info(env, args[1], &type, &length, &bytes, NULL, NULL));
  if (type != napi_uint8_array) return pika_throw(env, EINVAL, "sendMessage", "a Uint8Array");
  CHECK(env, napi_get_typedarray_info(env, args[2], &type, &count, &fds, NULL, NULL));
  if (type != napi_int32_array || count > MOST_FDS)
    return pika_throw(env, EINVAL, "sendMessage", "an Int32Array of at most 64 descriptors");
  char control[CMSG_SPACE(MOST_FDS * sizeof(int))] = {0};
  struct iovec part = {.iov_base = bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  ssize_t sent = sendmsg((int)fd, &message, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return pika_throw(env, errno, "sendmsg", "control socket");
  CHECK(env, napi_get_boolean(env, sent >= 0, &result));
  return result;
}

/* receiveMessage(fd): {bytes, fds}, null when there is none now, undefined at the end. */
static napi_value receive_message(napi_env env, napi_callback_info info) {
  napi_value args[1], result, array, buffer, list, number;
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  static char bytes[MOST_BYTES];
  char control[CMSG_SPACE(MOST_FDS * sizeof(int))];
  struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg((int)fd, &message, MSG_CMSG_CLOEXEC);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
    CHECK(env, napi_get_null(env, &result));
    return result;
  }
  if (length < 0 && errno == ECONNRESET) return pika_undefined(env);
  if (length < 0) return pika_throw(env, errno, "recvmsg", "control socket");
  CHECK(env, napi_create_array(env, &list));
  uint32_t count = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n; i++) {
      int one;
      memcpy(&one, CMSG_DATA(header) + i * sizeof(int), sizeof one);
      CHECK(env, napi_create_int32(env, one, &number));
      CHECK(env, napi_set_element(env, list, count++, number));
    }
  }
  if (length == 0 && count == 0) return pika_undefined(env);
  void *data;
  CHECK(env, napi_create_arraybuffer(env, (size_t)length, &data, &buffer));
  memcpy(data, bytes, (size_t)length);
  CHECK(env, napi_create_typedarray(env, napi_uint8_array, (size_t)length, buffer, 0, &array));
  CHECK(env, napi_create_object(env, &result));
  CHECK(env, napi_set_named_property(env, result, "bytes", array));
  CHECK(env, napi_set_named_property(env, result, "fds", list));
  return result;
}

napi_value pika_socket_init(napi_env env, napi_value exports) {
  if (!pika_export(env, exports, "unixListen", unix_listen) ||
      !pika_export(env, exports, "unixConnect", unix_connect) ||
      !pika_export(env, exports, "unixAccept", unix_accept) || !pika_export(env, exports, "socketPair", socket_pair) ||
      !pika_export(env, exports, "sendMessage", send_message) ||
      !pika_export(env, exports, "receiveMessage", receive_message))
    return NULL;
  return exports;
}
