#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One ioctl on an interface; `request` comes with everything but the name. */
static int interface(const char *name, unsigned long operation, struct ifreq *request) {
  strncpy(request->ifr_name, name, IFNAMSIZ - 1);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int status = ioctl(fd, operation, request) == 0 ? 0 : -errno;
  close(fd);
  return status;
}

int link_set_address(const char *name, const char *address, const char **call) {
  char text[64];
  snprintf(text, sizeof text, "%s", address);
  char *slash = strchr(text, '/');
  char *end = NULL;
  long bits = slash ? strtol(slash + 1, &end, 10) : -1;
  *call = "address: expected A.B.C.D/BITS";
  if (!slash || *end != 0 || end == slash + 1 || bits < 1 || bits > 30) return -EINVAL;
  *slash = 0;
  struct ifreq request = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
  in->sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &in->sin_addr) != 1) return -EINVAL;
  *call = "ioctl(SIOCSIFADDR)";
  int status = interface(name, SIOCSIFADDR, &request);
  if (status < 0) return status;
  in->sin_addr.s_addr = htonl(0xffffffffu << (32 - bits));
  *call = "ioctl(SIOCSIFNETMASK)";
  return interface(name, SIOCSIFNETMASK, &request);
}

int link_set_mac(const char *name, const uint8_t mac[6], const char **call) {
  struct ifreq request = {.ifr_hwaddr = {.sa_family = ARPHRD_ETHER}};
  memcpy(request.ifr_hwaddr.sa_data, mac, 6);
  *call = "ioctl(SIOCSIFHWADDR)";
  return interface(name, SIOCSIFHWADDR, &request);
}

int link_get_mac(const char *name, uint8_t mac[6], const char **call) {
  struct ifreq request = {0};
  *call = "ioctl(SIOCGIFHWADDR)";
  int status = interface(name, SIOCGIFHWADDR, &request);
  memcpy(mac, request.ifr_hwaddr.sa_data, 6);
  return status;
}

int link_set_mtu(const char *name, int mtu, const char **call) {
  struct ifreq request = {.ifr_mtu = mtu};
  *call = "ioctl(SIOCSIFMTU)";
  return interface(name, SIOCSIFMTU, &request);
}

int link_get_mtu(const char *name, int *mtu, const char **call) {
  struct ifreq request = {0};
  *call = "ioctl(SIOCGIFMTU)";
  int status = interface(name, SIOCGIFMTU, &request);
  *mtu = request.ifr_mtu;
  return status;
}

int link_up(const char *name, const char **call) {
  struct ifreq request = {0};
  *call = "ioctl(SIOCGIFFLAGS)";
  int status = interface(name, SIOCGIFFLAGS, &request);
  if (status < 0) return status;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  *call = "ioctl(SIOCSIFFLAGS)";
  return interface(name, SIOCSIFFLAGS, &request);
}

int link_plain_frames(const char *name, const char **call) {
  /* Checksums last: without them the kernel turns segmentation off by itself. */
  static const uint32_t off[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM};
  *call = "ioctl(SIOCETHTOOL)";
  for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
    struct ethtool_value value = {.cmd = off[i], .data = 0};
    struct ifreq request = {.ifr_data = (char *)&value};
    int status = interface(name, SIOCETHTOOL, &request);
    if (status < 0 && status != -EOPNOTSUPP) return status;
  }
  return 0;
}

void link_quiet(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "1", 1) != 1) fprintf(stderr, "pika-netns: %s stays as it is: %s\n", path, strerror(errno));
  close(fd);
}

/* A netlink message under construction. */
struct message {
  struct nlmsghdr header;
  struct ifinfomsg info;
  char attributes[512];
};

static struct rtattr *attribute(struct message *message, unsigned short type, const void *data, size_t length) {
  struct rtattr *at = (struct rtattr *)((char *)message + NLMSG_ALIGN(message->header.nlmsg_len));
  at->rta_type = type;
  at->rta_len = (unsigned short)RTA_LENGTH(length);
  if (length > 0) memcpy(RTA_DATA(at), data, length);
  message->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->header.nlmsg_len) + RTA_ALIGN(at->rta_len));
  return at;
}

/* Closes an attribute that others were put into. */
static void nest_end(struct message *message, struct rtattr *nest) {
  nest->rta_len = (unsigned short)((char *)message + message->header.nlmsg_len - (char *)nest);
}

int link_add_veth(const char *name, const char *peer, const char **call) {
  struct message message = {
      .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                 .nlmsg_type = RTM_NEWLINK,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK},
      .info = {.ifi_family = AF_UNSPEC},
  };
  struct ifinfomsg other = {.ifi_family = AF_UNSPEC};
  attribute(&message, IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *link = attribute(&message, IFLA_LINKINFO, NULL, 0);
  attribute(&message, IFLA_INFO_KIND, "veth", 5);
  struct rtattr *data = attribute(&message, IFLA_INFO_DATA, NULL, 0);
  struct rtattr *info = attribute(&message, VETH_INFO_PEER, &other, sizeof other);
  attribute(&message, IFLA_IFNAME, peer, strlen(peer) + 1);
  nest_end(&message, info);
  nest_end(&message, data);
  nest_end(&message, link);

  *call = "socket(NETLINK_ROUTE)";
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -errno;
  *call = "RTM_NEWLINK(veth)";
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[1024];
  } answer = {0};
  int status = 0;
  if (send(fd, &message, message.header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
    status = -errno;
  else if (answer.header.nlmsg_type == NLMSG_ERROR)
    status = answer.error.error;
  close(fd);
  return status;
}
