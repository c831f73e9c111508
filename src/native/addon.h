/* What the addon's files share: arguments in, exceptions out. Every N-API status is checked. */
#ifndef PIKA_ADDON_H
#define PIKA_ADDON_H

#define NAPI_VERSION 9
#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Throws NativeError {errno, call, what}; the loader turns it into the class. Answers NULL. */
napi_value pika_throw(napi_env env, int error, const char *call, const char *what);

/* Every status of N-API that should never fail: a failure is thrown. */
#define CHECK(env, expr)                                                     \
  do {                                                                       \
    if ((expr) != napi_ok) return pika_throw((env), EINVAL, #expr, "N-API"); \
  } while (0)

/* The first `count` arguments; false: too few, and an exception is pending. */
bool pika_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);
bool pika_int(napi_env env, napi_value value, const char *name, int64_t *out);
bool pika_string(napi_env env, napi_value value, const char *name, char *out, size_t size);
napi_value pika_number(napi_env env, double value);
napi_value pika_undefined(napi_env env);

/* Each file adds its functions to the addon's object. */
napi_value pika_memory_init(napi_env env, napi_value exports);
napi_value pika_doorbell_init(napi_env env, napi_value exports);
napi_value pika_socket_init(napi_env env, napi_value exports);
napi_value pika_nic_init(napi_env env, napi_value exports);
napi_value pika_interface_init(napi_env env, napi_value exports);
napi_value pika_layout_init(napi_env env, napi_value exports);

/* Adds one function. */
napi_value pika_export(napi_env env, napi_value exports, const char *name, napi_callback function);

#endif
