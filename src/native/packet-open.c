#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nic.h"

/* In fanout the filter sees the frame from its network header on. */
const struct sock_filter packet_director[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 7),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 5),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
    BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1),
    BPF_STMT(BPF_RET | BPF_A, 0),
    BPF_STMT(BPF_RET | BPF_K, 0),
};
const unsigned packet_director_length = sizeof packet_director / sizeof *packet_director;

/* Of frames beyond a slot that wait. */
enum { COPY_BYTES = 1 << 22 };

static int set(int fd, int option, const void *value, socklen_t bytes) {
  return setsockopt(fd, SOL_PACKET, option, value, bytes);
}

static int join(int fd, int group) {
  int type = PACKET_FANOUT_CBPF | (group == PACKET_NEW_GROUP ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
  int fanout = (group == PACKET_NEW_GROUP ? 0 : group & 0xffff) | type << 16;
  return set(fd, PACKET_FANOUT, &fanout, sizeof fanout);
}

int packet_group(int fd) {
  int fanout = 0;
  socklen_t length = sizeof fanout;
  if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, &length) != 0) return -errno;
  return fanout & 0xffff;
}

static int attach(int fd, const struct sock_filter *filter, unsigned length) {
  struct sock_fprog program = {.len = (unsigned short)length, .filter = (struct sock_filter *)(uintptr_t)filter};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* A socket's own filter sees the frame from its Ethernet header on. */
static int take_only(int fd, uint32_t address) {
  const struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 30),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(address), 3, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 38),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(address), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  return attach(fd, filter, sizeof filter / sizeof *filter);
}

static int configure(int fd, const struct packet_options *options, const char **call) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, options->interface, IFNAMSIZ - 1);
  *call = "ioctl(SIOCGIFHWADDR)";
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) return -errno;
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK) {
    *call = "AF_PACKET: not an Ethernet interface";
    return -EOPNOTSUPP;
  }
  *call = "ioctl(SIOCGIFINDEX)";
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return -errno;
  int index = request.ifr_ifindex;

  int version = TPACKET_V2, one = 1;
  *call = "setsockopt(PACKET_VERSION)";
  if (set(fd, PACKET_VERSION, &version, sizeof version) != 0) return -errno;
  /* What we and the host's own kernel send isn't ours to receive. */
  *call = "setsockopt(PACKET_IGNORE_OUTGOING)";
  if (set(fd, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0) return -errno;
  *call = "setsockopt(PACKET_COPY_THRESH)";
  if (set(fd, PACKET_COPY_THRESH, &one, sizeof one) != 0) return -errno;
  /* Room for them; without privilege as much as the system allows. */
  int room = COPY_BYTES;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) {
    *call = "setsockopt(SO_RCVBUF)";
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0) return -errno;
  }
  struct tpacket_req ring = {
      .tp_block_size = PACKET_BLOCK_BYTES,
      .tp_block_nr = PACKET_FRAMES * BUFFER_BYTES / PACKET_BLOCK_BYTES,
      .tp_frame_size = BUFFER_BYTES,
      .tp_frame_nr = PACKET_FRAMES,
  };
  *call = "setsockopt(PACKET_RX_RING)";
  if (set(fd, PACKET_RX_RING, &ring, sizeof ring) != 0) return -errno;
  /* Nothing may come in between binding and joining the group: it would come to each member. */
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  *call = "setsockopt(SO_ATTACH_FILTER)";
  if (attach(fd, &nothing, 1) != 0) return -errno;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  *call = "bind";
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return -errno;
  if (options->promiscuous) {
    struct packet_mreq membership = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    *call = "setsockopt(PACKET_ADD_MEMBERSHIP)";
    if (set(fd, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0) return -errno;
  }
  if (options->fanout_group != PACKET_ALONE) {
    *call = "setsockopt(PACKET_FANOUT)";
    if (join(fd, options->fanout_group) != 0) return -errno;
    struct sock_fprog director = {.len = (unsigned short)packet_director_length,
                                  .filter = (struct sock_filter *)packet_director};
    *call = "setsockopt(PACKET_FANOUT_DATA)";
    if (set(fd, PACKET_FANOUT_DATA, &director, sizeof director) != 0) return -errno;
  }
  if (options->address != 0) {
    *call = "setsockopt(SO_ATTACH_FILTER)";
    return take_only(fd, options->address) == 0 ? 0 : -errno;
  }
  *call = "setsockopt(SO_DETACH_FILTER)";
  return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one) == 0 ? 0 : -errno;
}

int packet_open(const struct packet_options *options, const char **call) {
  *call = "socket(AF_PACKET)";
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int error = configure(fd, options, call);
  if (error < 0) {
    close(fd);
    return error;
  }
  return fd;
}
