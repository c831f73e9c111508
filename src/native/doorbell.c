/*
 * Doorbells, and waiting for them: in Node's event loop (uv_poll) or without it (poll). A bell is a pipe, not an eventfd: its
 * ends are files of their own, so that who may ring can't silence it, and neither side can make the other one block.
 */
#include "addon.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* libuv's, exported by the node binary; its header is not among the N-API headers. */
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_poll_s {
  void *data; /* UV_HANDLE_FIELDS begin with it */
} uv_poll_t;
typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);
typedef void (*uv_close_cb)(uv_poll_t *handle);
extern size_t uv_handle_size(int type);
extern int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
extern int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb callback);
extern void uv_close(uv_poll_t *handle, uv_close_cb callback);
extern void uv_ref(uv_poll_t *handle);
extern void uv_unref(uv_poll_t *handle);
enum { UV_POLL = 8, UV_READABLE = 1 };

/* [the end that hears, the end that rings] */
static napi_value make_bell(napi_env env, napi_callback_info info) {
  (void)info;
  int fds[2];
  napi_value result, number;
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return pika_throw(env, errno, "pipe2", "doorbell");
  CHECK(env, napi_create_array_with_length(env, 2, &result));
  for (uint32_t i = 0; i < 2; i++) {
    CHECK(env, napi_create_int32(env, fds[i], &number));
    CHECK(env, napi_set_element(env, result, i, number));
  }
  return result;
}

static napi_value signal_bell(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  /* EAGAIN: full, so the bell rings already. EPIPE: nobody hears it any more. */
  if (write((int)fd, "", 1) < 0 && errno != EAGAIN && errno != EPIPE)
    return pika_throw(env, errno, "write", "doorbell");
  return pika_undefined(env);
}

static napi_value drain(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  static char rings[4096];
  ssize_t count = read((int)fd, rings, sizeof rings);
  if (count < 0 && errno != EAGAIN) return pika_throw(env, errno, "read", "doorbell");
  return pika_number(env, count < 0 ? 0 : (double)count);
}

enum { MOST_FDS = 64 };

/* waitFds(Int32Array, count, timeoutMs): how many are readable; 0 after the timeout or a signal. */
static napi_value wait_fds(napi_env env, napi_callback_info info) {
  napi_value args[3];
  int64_t count, timeout;
  if (!pika_arguments(env, info, 3, args) || !pika_int(env, args[1], "count", &count) ||
      !pika_int(env, args[2], "timeout", &timeout))
    return NULL;
  napi_typedarray_type type;
  size_t length;
  void *data;
  CHECK(env, napi_get_typedarray_info(env, args[0], &type, &length, &data, NULL, NULL));
  if (type != napi_int32_array || count < 0 || (size_t)count > length || count > MOST_FDS)
    return pika_throw(env, EINVAL, "waitFds", "an Int32Array of at most 64 descriptors");
  struct pollfd fds[MOST_FDS];
  for (int64_t i = 0; i < count; i++) fds[i] = (struct pollfd){.fd = ((int32_t *)data)[i], .events = POLLIN};
  int ready = poll(fds, (nfds_t)count, (int)timeout);
  if (ready < 0 && errno != EINTR) return pika_throw(env, errno, "poll", "waitFds");
  return pika_number(env, ready < 0 ? 0 : ready);
}

struct watch {
  /* The loop's handle and JavaScript's each hold it: a stopped watch may be stopped again. */
  int references;
  uv_poll_t *handle;
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  bool stopped;
};

static void on_readable(uv_poll_t *handle, int status, int events) {
  (void)status;
  (void)events;
  struct watch *watch = handle->data;
  if (watch->stopped) return;
  napi_env env = watch->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, global, result;
  if (napi_get_reference_value(env, watch->callback, &callback) == napi_ok && napi_get_global(env, &global) == napi_ok &&
      napi_make_callback(env, watch->context, global, callback, 0, NULL, &result) != napi_ok) {
    /* What the callback threw is nobody's to catch: let Node report it as it does any other. */
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

static void let_go(struct watch *watch) {
  if (--watch->references == 0) free(watch);
}

static void on_closed(uv_poll_t *handle) {
  let_go(handle->data);
  free(handle);
}

/* JavaScript has forgotten it; one that was not stopped goes on. */
static void on_forgotten(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  let_go(data);
}

static void stop_watch(struct watch *watch) {
  if (watch->stopped) return;
  watch->stopped = true;
  napi_delete_reference(watch->env, watch->callback);
  napi_async_destroy(watch->env, watch->context);
  uv_close(watch->handle, on_closed);
}

static napi_value unwatch(napi_env env, napi_callback_info info) {
  napi_value args[1];
  void *data;
  if (!pika_arguments(env, info, 1, args)) return NULL;
  CHECK(env, napi_get_value_external(env, args[0], &data));
  stop_watch(data);
  return pika_undefined(env);
}

/* ref(handle, boolean): whether the watch alone keeps the process alive. */
static napi_value ref_watch(napi_env env, napi_callback_info info) {
  napi_value args[2];
  void *data;
  bool on;
  if (!pika_arguments(env, info, 2, args)) return NULL;
  CHECK(env, napi_get_value_external(env, args[0], &data));
  CHECK(env, napi_get_value_bool(env, args[1], &on));
  struct watch *watch = data;
  if (watch->stopped) return pika_undefined(env);
  if (on)
    uv_ref(watch->handle);
  else
    uv_unref(watch->handle);
  return pika_undefined(env);
}

/* watch(fd, callback): calls back in the event loop while the descriptor is readable. */
static napi_value watch_fd(napi_env env, napi_callback_info info) {
  napi_value args[2], name, result;
  int64_t fd;
  uv_loop_t *loop;
  if (!pika_arguments(env, info, 2, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  CHECK(env, napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop));
  struct watch *watch = calloc(1, sizeof *watch);
  uv_poll_t *handle = calloc(1, uv_handle_size(UV_POLL));
  if (!watch || !handle) {
    free(watch);
    free(handle);
    return pika_throw(env, ENOMEM, "calloc", "watch");
  }
  *watch = (struct watch){.references = 1, .handle = handle, .env = env};
  int status = uv_poll_init(loop, handle, (int)fd);
  if (status != 0) {
    free(watch);
    free(handle);
    return pika_throw(env, -status, "uv_poll_init", "watch");
  }
  handle->data = watch;
  CHECK(env, napi_create_string_utf8(env, "pika.watch", NAPI_AUTO_LENGTH, &name));
  CHECK(env, napi_async_init(env, NULL, name, &watch->context));
  CHECK(env, napi_create_reference(env, args[1], 1, &watch->callback));
  status = uv_poll_start(handle, UV_READABLE, on_readable);
  if (status != 0) {
    stop_watch(watch);
    return pika_throw(env, -status, "uv_poll_start", "watch");
  }
  CHECK(env, napi_create_external(env, watch, on_forgotten, NULL, &result));
  watch->references++;
  return result;
}

napi_value pika_doorbell_init(napi_env env, napi_value exports) {
  if (!pika_export(env, exports, "makeBell", make_bell) || !pika_export(env, exports, "signal", signal_bell) ||
      !pika_export(env, exports, "drain", drain) || !pika_export(env, exports, "waitFds", wait_fds) ||
      !pika_export(env, exports, "watch", watch_fd) || !pika_export(env, exports, "unwatch", unwatch) ||
      !pika_export(env, exports, "refWatch", ref_watch))
    return NULL;
  return exports;
}
