#include "interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void look_at_driver(int fd, struct ifreq *request, struct interface_info *info) {
  struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
  request->ifr_data = (char *)&driver;
  if (ioctl(fd, SIOCETHTOOL, request) == 0) {
    memcpy(info->driver, driver.driver, sizeof info->driver - 1);
    info->tap = strcmp(driver.driver, "tun") == 0 && strcmp(driver.bus_info, "tap") == 0;
  }
  struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
  request->ifr_data = (char *)&channels;
  info->queues = 1;
  if (ioctl(fd, SIOCETHTOOL, request) == 0 && channels.rx_count + channels.combined_count > 0)
    info->queues = (int)(channels.rx_count + channels.combined_count);
}

static int look(int fd, const char *name, struct interface_info *info, const char **call) {
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  *call = "ioctl(SIOCGIFINDEX)";
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return -errno;
  info->index = request.ifr_ifindex;
  *call = "ioctl(SIOCGIFHWADDR)";
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) return -errno;
  unsigned short type = request.ifr_hwaddr.sa_family;
  info->kind = type == ARPHRD_ETHER      ? INTERFACE_ETHERNET
               : type == ARPHRD_LOOPBACK ? INTERFACE_LOOPBACK
                                         : INTERFACE_OTHER;
  memcpy(info->mac, request.ifr_hwaddr.sa_data, sizeof info->mac);
  *call = "ioctl(SIOCGIFMTU)";
  if (ioctl(fd, SIOCGIFMTU, &request) != 0) return -errno;
  info->mtu = request.ifr_mtu;
  *call = "ioctl(SIOCGIFFLAGS)";
  if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) return -errno;
  info->up = request.ifr_flags & IFF_UP;
  info->running = request.ifr_flags & IFF_RUNNING;
  look_at_driver(fd, &request, info);
  return 0;
}

int interface_look(const char *name, struct interface_info *info, const char **call) {
  *info = (struct interface_info){0};
  *call = "socket";
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int status = look(fd, name, info, call);
  close(fd);
  return status;
}

int interface_route(uint32_t address, int *type, int *index, const char **call) {
  struct {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr attribute;
    uint32_t address;
  } request = {
      .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
      .route = {.rtm_family = AF_INET, .rtm_dst_len = 32},
      .attribute = {.rta_len = RTA_LENGTH(sizeof address), .rta_type = RTA_DST},
      .address = address,
  };
  struct {
    struct nlmsghdr header;
    union {
      struct nlmsgerr error;
      struct rtmsg route;
    };
    char rest[4096];
  } answer = {0};
  *call = "socket(NETLINK_ROUTE)";
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -errno;
  *call = "RTM_GETROUTE";
  int status = 0;
  if (send(fd, &request, sizeof request, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0) status = -errno;
  close(fd);
  if (status < 0) return status;
  if (answer.header.nlmsg_type == NLMSG_ERROR) return answer.error.error < 0 ? answer.error.error : -EPROTO;
  *type = answer.route.rtm_type;
  *index = 0;
  long left = (long)RTM_PAYLOAD(&answer.header);
  for (struct rtattr *at = RTM_RTA(&answer.route); RTA_OK(at, left); at = RTA_NEXT(at, left))
    if (at->rta_type == RTA_OIF) memcpy(index, RTA_DATA(at), sizeof *index);
  return 0;
}

int interface_listen_as(const char *name, const uint8_t mac[6], const char **call) {
  *call = "if_nametoindex";
  unsigned index = if_nametoindex(name);
  if (index == 0) return -errno;
  *call = "socket(AF_PACKET)";
  /* Protocol 0: nothing is ever received here. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct packet_mreq membership = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_UNICAST, .mr_alen = 6};
  memcpy(membership.mr_address, mac, 6);
  *call = "setsockopt(PACKET_ADD_MEMBERSHIP)";
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}
