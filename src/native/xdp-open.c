#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "xdp.h"

/* Not <net/if.h>, which quarrels with <linux/if_link.h>'s own. */
extern unsigned if_nametoindex(const char *);

/** As often as libbpf asks again. */
#define LOAD_RETRIES 5

static int bpf(int command, union bpf_attr *attributes) {
  int fd = (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
  return fd < 0 ? -errno : fd;
}

#define INSTRUCTION(c, d, s, o, i) \
  (struct bpf_insn) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define LOAD(size, d, s, o) INSTRUCTION(BPF_LDX | (size) | BPF_MEM, d, s, o, 0)
#define MOVE(d, s) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define SET(d, i) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)

static int load_program(int map, uint32_t address) {
  enum { PASS = 19, REDIRECT = 13 };
  struct bpf_insn program[] = {
      /* 0 */ MOVE(BPF_REG_6, BPF_REG_1),
      /* 1 */ LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data)),
      /* 2 */ LOAD(BPF_W, BPF_REG_3, BPF_REG_1, offsetof(struct xdp_md, data_end)),
      /* 3: an ARP packet is 42 bytes, and nothing that is ours is shorter */
      MOVE(BPF_REG_4, BPF_REG_2),
      /* 4 */ INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_4, 0, 0, 42),
      /* 5 */ INSTRUCTION(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, PASS - 6, 0),
      /* 6 */ LOAD(BPF_H, BPF_REG_5, BPF_REG_2, 12),
      /* 7 */ INSTRUCTION(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_5, 0, 3, htons(ETH_P_IP)),
      /* 8 */ INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_5, 0, PASS - 9, htons(ETH_P_ARP)),
      /* 9: the address that is asked for */
      LOAD(BPF_W, BPF_REG_5, BPF_REG_2, 38),
      /* 10 */ INSTRUCTION(BPF_JMP | BPF_JA, 0, 0, 1, 0),
      /* 11: the address that it goes to */
      LOAD(BPF_W, BPF_REG_5, BPF_REG_2, 30),
      /* 12 */ INSTRUCTION(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_5, 0, PASS - 13, (int32_t)address),
      /* 13 */ LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, rx_queue_index)),
      /* 14, 15 */ INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
      INSTRUCTION(0, 0, 0, 0, 0),
      /* 16: where no socket waits */ SET(BPF_REG_3, XDP_PASS),
      /* 17 */ INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
      /* 18 */ INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      /* 19 */ SET(BPF_REG_0, XDP_PASS),
      /* 20 */ INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  /* For any address: the part from REDIRECT to its exit alone, after the first instruction. */
  struct bpf_insn all[] = {program[0],  program[13], program[14], program[15],
                           program[16], program[17], program[18]};
  _Static_assert(sizeof program / sizeof *program == PASS + 2, "jumps count instructions");
  _Static_assert(REDIRECT == 13, "jumps count instructions");
  static const char license[] = "MIT";
  union bpf_attr attributes = {0};
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insns = (uintptr_t)(address ? program : all);
  attributes.insn_cnt = address ? sizeof program / sizeof *program : sizeof all / sizeof *all;
  attributes.license = (uintptr_t)license;
  // The verifier gives up when a signal is pending, and means: once more.
  int status;
  for (int k = 0; (status = bpf(BPF_PROG_LOAD, &attributes)) == -EAGAIN && k < LOAD_RETRIES; k++) {
  }
  return status;
}

static int create_map(int queues) {
  union bpf_attr attributes = {0};
  attributes.map_type = BPF_MAP_TYPE_XSKMAP;
  attributes.key_size = attributes.value_size = sizeof(uint32_t);
  attributes.max_entries = (uint32_t)queues;
  return bpf(BPF_MAP_CREATE, &attributes);
}

static int create_link(int program, unsigned index, bool *native) {
  int status = 0;
  static const uint32_t modes[] = {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
  for (int i = 0; i < 2; i++) {
    union bpf_attr attributes = {0};
    attributes.link_create.prog_fd = (uint32_t)program;
    attributes.link_create.target_ifindex = index;
    attributes.link_create.attach_type = BPF_XDP;
    attributes.link_create.flags = modes[i];
    status = bpf(BPF_LINK_CREATE, &attributes);
    *native = modes[i] == XDP_FLAGS_DRV_MODE;
    if (status >= 0 || status == -EBUSY || status == -EPERM) break;
  }
  return status;
}

int xdp_program_attach(const char *interface, int queues, uint32_t address, struct xdp_program *program,
                       const char **call) {
  *program = (struct xdp_program){-1, -1, -1, false};
  *call = "if_nametoindex";
  unsigned index = if_nametoindex(interface);
  if (index == 0) return -errno;
  int status;
  *call = "bpf(BPF_MAP_CREATE)";
  if ((status = program->map = create_map(queues)) >= 0) {
    *call = "bpf(BPF_PROG_LOAD)";
    if ((status = program->program = load_program(program->map, address)) >= 0) {
      *call = "bpf(BPF_LINK_CREATE)";
      if ((status = program->link = create_link(program->program, index, &program->native)) >= 0) return 0;
      close(program->program);
    }
    close(program->map);
  }
  *program = (struct xdp_program){-1, -1, -1, false};
  return status;
}

/* Of 10 ms each. */
enum { BIND_TRIES = 50 };

static int configure(int fd, int memory, const char *interface, int queue, const struct xdp_program *program,
                     const char **call) {
  *call = "ftruncate(XDP memory)";
  if (ftruncate(memory, (off_t)xdp_memory_bytes()) != 0) return -errno;
  *call = "mmap(XDP memory)";
  unsigned char *base = mmap(NULL, xdp_memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (base == MAP_FAILED) return -errno;
  struct xdp_umem_reg umem = {
      .addr = (uintptr_t)(base + 2 * ring_bytes(XDP_SLOTS)),
      .len = (uint64_t)XDP_FRAMES * BUFFER_BYTES,
      .chunk_size = BUFFER_BYTES,
  };
  *call = "setsockopt(XDP_UMEM_REG)";
  int status = setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof umem) == 0 ? 0 : -errno;
  /* The kernel holds the pages; who reads the queue maps them for itself. */
  munmap(base, xdp_memory_bytes());
  if (status < 0) return status;
  static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING};
  *call = "setsockopt(XDP ring)";
  for (int i = 0; i < 4; i++) {
    int entries = XDP_SLOTS;
    if (setsockopt(fd, SOL_XDP, rings[i], &entries, sizeof entries) != 0) return -errno;
  }
  *call = "if_nametoindex";
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP};
  if ((address.sxdp_ifindex = if_nametoindex(interface)) == 0) return -errno;
  address.sxdp_queue_id = (uint32_t)queue;
  *call = "bind(AF_XDP)";
  /* The kernel lets go of a queue a little after its last socket was closed. */
  for (int tries = 0; bind(fd, (struct sockaddr *)&address, sizeof address) != 0; tries++) {
    if (errno != EBUSY || tries == BIND_TRIES) return -errno;
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
  }
  uint32_t key = (uint32_t)queue, value = (uint32_t)fd;
  union bpf_attr attributes = {0};
  attributes.map_fd = (uint32_t)program->map;
  attributes.key = (uintptr_t)&key;
  attributes.value = (uintptr_t)&value;
  *call = "bpf(BPF_MAP_UPDATE_ELEM)";
  status = bpf(BPF_MAP_UPDATE_ELEM, &attributes);
  return status < 0 ? status : 0;
}

int xdp_queue_open(const char *interface, int queue, const struct xdp_program *program, int *socket_out, int *memory_out,
                   const char **call) {
  *call = "socket(AF_XDP)";
  int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  *call = "memfd_create";
  int memory = memfd_create("pika-xdp", MFD_CLOEXEC);
  int status = memory < 0 ? -errno : configure(fd, memory, interface, queue, program, call);
  if (status < 0) {
    if (memory >= 0) close(memory);
    close(fd);
    return status;
  }
  *socket_out = fd;
  *memory_out = memory;
  return 0;
}
