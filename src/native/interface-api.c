/* Interfaces for JavaScript: see interface.h and netns/link.h. */
#include "interface.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addon.h"
#include "netns/link.h"

static bool set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_value number;
  return napi_create_double(env, value, &number) == napi_ok &&
         napi_set_named_property(env, object, name, number) == napi_ok;
}

static bool set_bool(napi_env env, napi_value object, const char *name, bool value) {
  napi_value boolean;
  return napi_get_boolean(env, value, &boolean) == napi_ok &&
         napi_set_named_property(env, object, name, boolean) == napi_ok;
}

static bool set_string(napi_env env, napi_value object, const char *name, const char *value) {
  napi_value string;
  return napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &string) == napi_ok &&
         napi_set_named_property(env, object, name, string) == napi_ok;
}

/* interfaceLook(name): what it is; undefined where there is none. */
static napi_value look(napi_env env, napi_callback_info info) {
  static const char *const kinds[] = {"ethernet", "loopback", "other"};
  napi_value args[1], result;
  char name[16], mac[18];
  const char *call;
  struct interface_info found;
  if (!pika_arguments(env, info, 1, args) || !pika_string(env, args[0], "interface name", name, sizeof name)) return NULL;
  int status = interface_look(name, &found, &call);
  if (status == -ENODEV) return pika_undefined(env);
  if (status < 0) return pika_throw(env, -status, call, name);
  snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", found.mac[0], found.mac[1], found.mac[2], found.mac[3],
           found.mac[4], found.mac[5]);
  CHECK(env, napi_create_object(env, &result));
  if (!set_number(env, result, "index", found.index) || !set_string(env, result, "kind", kinds[found.kind]) ||
      !set_string(env, result, "mac", mac) || !set_number(env, result, "mtu", found.mtu) ||
      !set_bool(env, result, "up", found.up) || !set_bool(env, result, "running", found.running) ||
      !set_bool(env, result, "tap", found.tap) || !set_number(env, result, "queues", found.queues) ||
      !set_string(env, result, "driver", found.driver))
    return pika_throw(env, EINVAL, "interfaceLook", "N-API");
  return result;
}

/* interfaceRoute(address): {type, index}; undefined where no route leads. */
static napi_value route(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  char text[64];
  uint32_t address;
  const char *call;
  int type, index;
  if (!pika_arguments(env, info, 1, args) || !pika_string(env, args[0], "address", text, sizeof text)) return NULL;
  if (inet_pton(AF_INET, text, &address) != 1) return pika_throw(env, EINVAL, "address: expected A.B.C.D", text);
  int status = interface_route(address, &type, &index, &call);
  if (status == -ENETUNREACH || status == -EHOSTUNREACH) return pika_undefined(env);
  if (status < 0) return pika_throw(env, -status, call, text);
  CHECK(env, napi_create_object(env, &result));
  if (!set_number(env, result, "type", type) || !set_number(env, result, "index", index))
    return pika_throw(env, EINVAL, "interfaceRoute", "N-API");
  return result;
}

/* interfaceListenAs(name, mac): a descriptor that does so while it is open. `mac`: a Uint8Array of 6. */
static napi_value listen_as(napi_env env, napi_callback_info info) {
  napi_value args[2];
  char name[16];
  napi_typedarray_type type;
  size_t length;
  void *mac;
  const char *call;
  if (!pika_arguments(env, info, 2, args) || !pika_string(env, args[0], "interface name", name, sizeof name)) return NULL;
  CHECK(env, napi_get_typedarray_info(env, args[1], &type, &length, &mac, NULL, NULL));
  if (type != napi_uint8_array || length != 6) return pika_throw(env, EINVAL, "interfaceListenAs", "six bytes");
  int fd = interface_listen_as(name, mac, &call);
  return fd < 0 ? pika_throw(env, -fd, call, name) : pika_number(env, fd);
}

/* linkUp(name) */
static napi_value up(napi_env env, napi_callback_info info) {
  napi_value args[1];
  char name[16];
  const char *call;
  if (!pika_arguments(env, info, 1, args) || !pika_string(env, args[0], "interface name", name, sizeof name)) return NULL;
  int status = link_up(name, &call);
  return status < 0 ? pika_throw(env, -status, call, name) : pika_undefined(env);
}

/* linkAddress(name, "10.99.0.1/24") */
static napi_value address(napi_env env, napi_callback_info info) {
  napi_value args[2];
  char name[16], text[64];
  const char *call;
  if (!pika_arguments(env, info, 2, args) || !pika_string(env, args[0], "interface name", name, sizeof name) ||
      !pika_string(env, args[1], "address", text, sizeof text))
    return NULL;
  int status = link_set_address(name, text, &call);
  return status < 0 ? pika_throw(env, -status, call, name) : pika_undefined(env);
}

napi_value pika_interface_init(napi_env env, napi_value exports) {
  if (!pika_export(env, exports, "interfaceLook", look) || !pika_export(env, exports, "interfaceRoute", route) ||
      !pika_export(env, exports, "interfaceListenAs", listen_as) || !pika_export(env, exports, "linkUp", up) ||
      !pika_export(env, exports, "linkAddress", address))
    return NULL;
  return exports;
}
