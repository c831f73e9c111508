/* The table by which a test holds layout.h and src/memory/layout.ts together. */
#include "layout.h"

#include "addon.h"

static const struct {
  const char *name;
  uint32_t value;
} table[] = {
#define CONSTANT(name) {#name, name}
    CONSTANT(LINE),
    CONSTANT(PAGE),
    CONSTANT(MESSAGE_QUEUE_MAGIC),
    CONSTANT(FRAME_QUEUE_MAGIC),
    CONSTANT(APP_LINK_MAGIC),
    CONSTANT(QUEUE_MAX_CAPACITY),
    CONSTANT(FRAME_MAX_LENGTH),
    CONSTANT(NIC_DIR_RX),
    CONSTANT(NIC_DIR_TX),
    CONSTANT(NIC_FIRST_BUFFER),
    CONSTANT(NIC_MAX_SLOTS),
    CONSTANT(NS_BUF_CHANGED),
    CONSTANT(NS_REPORT),
    CONSTANT(NS_MOREFRAG),
    {"QUEUE_WRITTEN", offsetof(struct queue, written)},
    {"QUEUE_CONSUMED", offsetof(struct queue, consumed)},
    {"QUEUE_SLEEPING", offsetof(struct queue, sleeping)},
    {"QUEUE_WANTING", offsetof(struct queue, wanting)},
    {"QUEUE_MAGIC", offsetof(struct queue, magic)},
    {"QUEUE_CAPACITY", offsetof(struct queue, capacity)},
    {"QUEUE_SLOTS", offsetof(struct queue, slots)},
    {"MESSAGE_BYTES", sizeof(struct message)},
    {"FRAME_SLOT_BYTES", sizeof(struct frame_slot)},
    {"FRAME_STAMP", offsetof(struct frame_slot, stamp)},
    {"FRAME_LENGTH", offsetof(struct frame_slot, length)},
    {"FRAME_DATA", offsetof(struct frame_slot, data)},
    {"NIC_RING_BUF_OFS", offsetof(struct nic_ring, buf_ofs)},
    {"NIC_RING_NUM_SLOTS", offsetof(struct nic_ring, num_slots)},
    {"NIC_RING_BUF_SIZE", offsetof(struct nic_ring, nr_buf_size)},
    {"NIC_RING_RINGID", offsetof(struct nic_ring, ringid)},
    {"NIC_RING_DIR", offsetof(struct nic_ring, dir)},
    {"NIC_RING_HEAD", offsetof(struct nic_ring, head)},
    {"NIC_RING_CUR", offsetof(struct nic_ring, cur)},
    {"NIC_RING_TAIL", offsetof(struct nic_ring, tail)},
    {"NIC_RING_FLAGS", offsetof(struct nic_ring, flags)},
    {"NIC_RING_SLOTS", offsetof(struct nic_ring, slot)},
    {"NIC_SLOT_BYTES", sizeof(struct nic_slot)},
    {"NIC_SLOT_BUF_IDX", offsetof(struct nic_slot, buf_idx)},
    {"NIC_SLOT_LEN", offsetof(struct nic_slot, len)},
    {"NIC_SLOT_FLAGS", offsetof(struct nic_slot, flags)},
    {"NIC_SLOT_PTR", offsetof(struct nic_slot, ptr)},
    {"APP_LINK_MAGIC_AT", offsetof(struct app_link, magic)},
    {"APP_LINK_QUEUE_CAPACITY", offsetof(struct app_link, queue_capacity)},
    {"APP_LINK_SLOTS", offsetof(struct app_link, slots)},
    {"APP_LINK_RX_BYTES", offsetof(struct app_link, rx_bytes)},
    {"APP_LINK_TX_BYTES", offsetof(struct app_link, tx_bytes)},
};

static napi_value layout(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result, value;
  CHECK(env, napi_create_object(env, &result));
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    CHECK(env, napi_create_uint32(env, table[i].value, &value));
    CHECK(env, napi_set_named_property(env, result, table[i].name, value));
  }
  return result;
}

napi_value pika_layout_init(napi_env env, napi_value exports) { return pika_export(env, exports, "layout", layout); }
