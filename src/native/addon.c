#include "addon.h"

#include <stdio.h>
#include <string.h>

napi_value pika_throw(napi_env env, int error, const char *call, const char *what) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return NULL;
  char text[512];
  snprintf(text, sizeof text, "%s: %s (%s)", call, strerror(error), what);
  napi_value message, code, object, number, name;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) != napi_ok) return NULL;
  if (napi_create_string_utf8(env, strerrorname_np(error) ? strerrorname_np(error) : "EUNKNOWN", NAPI_AUTO_LENGTH,
                              &code) != napi_ok)
    return NULL;
  if (napi_create_error(env, code, message, &object) != napi_ok) return NULL;
  if (napi_create_int32(env, error, &number) != napi_ok) return NULL;
  if (napi_create_string_utf8(env, call, NAPI_AUTO_LENGTH, &name) != napi_ok) return NULL;
  napi_set_named_property(env, object, "errno", number);
  napi_set_named_property(env, object, "call", name);
  napi_throw(env, object);
  return NULL;
}

bool pika_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given < count) {
    pika_throw(env, EINVAL, "arguments", "too few arguments");
    return false;
  }
  return true;
}

bool pika_int(napi_env env, napi_value value, const char *name, int64_t *out) {
  if (napi_get_value_int64(env, value, out) == napi_ok) return true;
  pika_throw(env, EINVAL, "argument must be a whole number", name);
  return false;
}

bool pika_string(napi_env env, napi_value value, const char *name, char *out, size_t size) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
    pika_throw(env, EINVAL, "argument must be a string", name);
    return false;
  }
  if (length >= size) {
    pika_throw(env, ENAMETOOLONG, "argument is too long", name);
    return false;
  }
  return napi_get_value_string_utf8(env, value, out, size, &length) == napi_ok;
}

napi_value pika_number(napi_env env, double value) {
  napi_value result = NULL;
  CHECK(env, napi_create_double(env, value, &result));
  return result;
}

napi_value pika_undefined(napi_env env) {
  napi_value result = NULL;
  CHECK(env, napi_get_undefined(env, &result));
  return result;
}

napi_value pika_export(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  CHECK(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value));
  CHECK(env, napi_set_named_property(env, exports, name, value));
  return exports;
}

static napi_value init(napi_env env, napi_value exports) {
  if (!pika_memory_init(env, exports) || !pika_doorbell_init(env, exports) || !pika_socket_init(env, exports) ||
      !pika_nic_init(env, exports) || !pika_interface_init(env, exports) || !pika_layout_init(env, exports))
    return NULL;
  return exports;
}

NAPI_MODULE(pika, init)
