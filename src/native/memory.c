/* Shared memory, clocks and cores. */
#include "addon.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static napi_value memfd(napi_env env, napi_callback_info info) {
  napi_value args[2];
  char name[200];
  int64_t size;
  if (!pika_arguments(env, info, 2, args) || !pika_string(env, args[0], "name", name, sizeof name) ||
      !pika_int(env, args[1], "size", &size))
    return NULL;
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return pika_throw(env, errno, "memfd_create", name);
  if (ftruncate(fd, size) != 0) {
    int error = errno;
    close(fd);
    return pika_throw(env, error, "ftruncate", name);
  }
  return pika_number(env, fd);
}

/* Unmapped when the ArrayBuffer is collected. */
static void unmap_buffer(napi_env env, void *data, void *hint) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)hint);
}

static napi_value map(napi_env env, napi_callback_info info) {
  napi_value args[2], result;
  int64_t fd, size;
  if (!pika_arguments(env, info, 2, args) || !pika_int(env, args[0], "fd", &fd) ||
      !pika_int(env, args[1], "size", &size))
    return NULL;
  struct stat status;
  if (fstat((int)fd, &status) != 0) return pika_throw(env, errno, "fstat", "shared memory");
  /* A mapping beyond the file's end would be a SIGBUS later. */
  if (size <= 0 || status.st_size < size) return pika_throw(env, EINVAL, "map", "the file is smaller than the mapping");
  void *data = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
  if (data == MAP_FAILED) return pika_throw(env, errno, "mmap", "shared memory");
  if (napi_create_external_arraybuffer(env, data, (size_t)size, unmap_buffer, (void *)(uintptr_t)size, &result) !=
      napi_ok) {
    munmap(data, (size_t)size);
    return pika_throw(env, ENOMEM, "napi_create_external_arraybuffer", "shared memory");
  }
  return result;
}

/* Lets an ArrayBuffer of `map` go; it is unmapped when nobody of V8's holds it any more, mostly at once. */
static napi_value unmap(napi_env env, napi_callback_info info) {
  napi_value args[1];
  bool is;
  if (!pika_arguments(env, info, 1, args)) return NULL;
  CHECK(env, napi_is_arraybuffer(env, args[0], &is));
  if (!is) return pika_throw(env, EINVAL, "unmap", "an ArrayBuffer");
  CHECK(env, napi_detach_arraybuffer(env, args[0]));
  return pika_undefined(env);
}

/* A size that may not shrink any more: what is mapped stays there, whoever else has the descriptor. */
static napi_value seal(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  if (fcntl((int)fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return pika_throw(env, errno, "fcntl(F_ADD_SEALS)", "shared memory");
  return pika_undefined(env);
}

static napi_value close_fd(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t fd;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "fd", &fd)) return NULL;
  if (close((int)fd) != 0) return pika_throw(env, errno, "close", "descriptor");
  return pika_undefined(env);
}

static napi_value monotonic_us(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return pika_number(env, (double)now.tv_sec * 1e6 + (double)(now.tv_nsec / 1000));
}

static napi_value cycles(napi_env env, napi_callback_info info) {
  (void)info;
  return pika_number(env, (double)__builtin_ia32_rdtsc());
}

static napi_value pin_cpu(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t cpu;
  if (!pika_arguments(env, info, 1, args) || !pika_int(env, args[0], "cpu", &cpu)) return NULL;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return pika_throw(env, EINVAL, "pinCpu", "no such core");
  CPU_SET((size_t)cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) return pika_throw(env, errno, "sched_setaffinity", "pinCpu");
  return pika_undefined(env);
}

napi_value pika_memory_init(napi_env env, napi_value exports) {
  if (!pika_export(env, exports, "memfd", memfd) || !pika_export(env, exports, "map", map) ||
      !pika_export(env, exports, "unmap", unmap) || !pika_export(env, exports, "seal", seal) || !pika_export(env, exports, "close", close_fd) ||
      !pika_export(env, exports, "monotonicUs", monotonic_us) || !pika_export(env, exports, "cycles", cycles) ||
      !pika_export(env, exports, "pinCpu", pin_cpu))
    return NULL;
  return exports;
}
