/*
 * pika-netns: a Linux host in a network namespace of its own, for a stack outside of it. A program of its own because
 * a process with threads, as Node is, can't enter a user namespace.
 *
 *   pika-netns --tap NAME | --veth STACK,NAME  --queues N --host A.B.C.D/BITS [--mac M] [--mtu N] [--user] [--socket FD]
 *
 * --tap: a multi-queue TAP; the host's end is NAME. Needs /dev/net/tun. --veth: a pair; the host's end is NAME, and the
 * stack's end is read through N AF_PACKET sockets. --user: a user namespace too, also as root; without root always.
 * It sends one message on the socket (default 3): a line of JSON, with the N descriptors (SCM_RIGHTS):
 *   {"pid": …, "ifname": …, "hostMac": …, "mtu": …, "unprivileged": …, "driver": "tap" | "packet", "ordered": …}
 *   {"errno": …, "call": …, "what": …}       and exit code 1
 * and then stays, as the namespace lives while it does, until the other end of the socket closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../packet.h"
#include "../tap.h"
#include "link.h"

enum { MOST_QUEUES = 64 };

struct options {
  const char *name;  /* the host's end */
  const char *stack; /* the stack's end of a pair; NULL: TAP */
  const char *host;
  const char *mac;
  int queues;
  int mtu;
  int socket;
  bool user;
};

/* What is being attempted, for the error. */
static const char *call = "", *what = "";

static int send_all(int socket, const char *line, const int *fds, int count) {
  char control[CMSG_SPACE(MOST_QUEUES * sizeof(int))] = {0};
  struct iovec part = {.iov_base = (void *)(uintptr_t)line, .iov_len = strlen(line)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int write_file(const char *path, const char *text) {
  what = path;
  call = "open";
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  call = "write";
  int status = write(fd, text, strlen(text)) < 0 ? -errno : 0;
  close(fd);
  return status;
}

/* A network namespace, under a user namespace where we are its root when we are nobody's. */
static int enter(bool user) {
  char map[64];
  uid_t uid = geteuid();
  gid_t gid = getegid();
  call = "unshare";
  what = user ? "user and network namespace" : "network namespace";
  if (unshare(user ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) != 0) return -errno;
  if (!user) return 0;
  int status = write_file("/proc/self/setgroups", "deny");
  if (status < 0) return status;
  snprintf(map, sizeof map, "0 %u 1", uid);
  status = write_file("/proc/self/uid_map", map);
  if (status < 0) return status;
  snprintf(map, sizeof map, "0 %u 1", gid);
  return write_file("/proc/self/gid_map", map);
}

/*
 * A veth's frames wait in the queue of the core that sent them, so two cores can overtake each other. One core for
 * all of them keeps the order; it takes a sysfs of this namespace, which only root may have. Whether it worked.
 */
static bool keep_order(const char *stack, const char *host) {
  const char *ends[] = {stack, host};
  char path[128];
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("sysfs", "/sys", "sysfs", 0, NULL) != 0)
    return false;
  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof path, "/sys/class/net/%s/queues/rx-0/rps_cpus", ends[i]);
    if (write_file(path, "1") < 0) return false;
  }
  return true;
}

static int make_tap(const struct options *options, int *fds) {
  what = options->name;
  for (int i = 0; i < options->queues; i++) {
    fds[i] = tap_open(options->name, true, &call);
    if (fds[i] < 0) return fds[i];
  }
  return 0;
}

static int make_pair(const struct options *options, int *fds) {
  what = options->name;
  int status = link_add_veth(options->stack, options->name, &call);
  if (status == 0) status = link_plain_frames(options->name, &call);
  if (status == 0) status = link_plain_frames(options->stack, &call);
  if (status == 0 && options->mtu > 0) status = link_set_mtu(options->stack, options->mtu, &call);
  link_quiet(options->stack);
  if (status == 0) status = link_up(options->stack, &call);
  if (status < 0) return status;
  struct packet_options packet = {
      .interface = options->stack, .fanout_group = options->queues > 1 ? 1 : -1, .promiscuous = true};
  what = options->stack;
  for (int i = 0; i < options->queues; i++) {
    fds[i] = packet_open(&packet, &call);
    if (fds[i] < 0) return fds[i];
  }
  return 0;
}

static int parse_mac(const char *text, uint8_t mac[6]) {
  unsigned m[6];
  char rest;
  call = "--mac: expected six hexadecimal bytes with colons";
  what = text;
  if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &rest) != 6) return -EINVAL;
  for (int i = 0; i < 6; i++) mac[i] = (uint8_t)m[i];
  return 0;
}

static int make_host(const struct options *options, int *fds) {
  uint8_t mac[6];
  int status = options->stack ? make_pair(options, fds) : make_tap(options, fds);
  if (status < 0) return status;
  if (options->mac) {
    status = parse_mac(options->mac, mac);
    if (status < 0) return status;
    what = options->mac;
    status = link_set_mac(options->name, mac, &call);
  }
  what = options->name;
  if (status == 0 && options->mtu > 0) status = link_set_mtu(options->name, options->mtu, &call);
  what = options->host;
  if (status == 0) status = link_set_address(options->name, options->host, &call);
  what = options->name;
  link_quiet(options->name);
  if (status == 0) status = link_up(options->name, &call);
  if (status == 0) status = link_up("lo", &call);
  return status;
}

static int number(const char *text, int least, int most, const char *option) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value < least || value > most) {
    fprintf(stderr, "pika-netns: %s %s: expected a number from %d to %d\n", option, text, least, most);
    exit(2);
  }
  return (int)value;
}

static struct options parse(int argc, char **argv) {
  static const struct option table[] = {
      {"tap", 1, NULL, 't'}, {"veth", 1, NULL, 'v'}, {"queues", 1, NULL, 'q'}, {"host", 1, NULL, 'h'}, {"mac", 1, NULL, 'm'},
      {"mtu", 1, NULL, 'M'}, {"user", 0, NULL, 'u'}, {"socket", 1, NULL, 's'}, {NULL, 0, NULL, 0},
  };
  struct options options = {.queues = 1, .socket = 3, .user = geteuid() != 0};
  for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    char *comma;
    switch (c) {
      case 't': options.name = optarg; break;
      case 'v':
        comma = strchr(optarg, ',');
        if (!comma) exit((fprintf(stderr, "pika-netns: --veth %s: expected STACK,HOST\n", optarg), 2));
        *comma = 0;
        options.stack = optarg;
        options.name = comma + 1;
        break;
      case 'q': options.queues = number(optarg, 1, MOST_QUEUES, "--queues"); break;
      case 'h': options.host = optarg; break;
      case 'm': options.mac = optarg; break;
      case 'M': options.mtu = number(optarg, 68, 1500, "--mtu"); break;
      case 'u': options.user = true; break;
      case 's': options.socket = number(optarg, 0, 1 << 20, "--socket"); break;
      default: exit(2);
    }
  }
  if (!options.name || !options.host || optind != argc) {
    fprintf(stderr, "usage: pika-netns --tap NAME | --veth STACK,NAME --queues N --host A.B.C.D/BITS"
                    " [--mac M] [--mtu N] [--user] [--socket FD]\n");
    exit(2);
  }
  if (strlen(options.name) >= IFNAMSIZ || (options.stack && strlen(options.stack) >= IFNAMSIZ)) {
    fprintf(stderr, "pika-netns: an interface name has at most %d characters\n", IFNAMSIZ - 1);
    exit(2);
  }
  return options;
}

int main(int argc, char **argv) {
  struct options options = parse(argc, argv);
  int fds[MOST_QUEUES];
  uint8_t mac[6] = {0};
  int mtu = 0;
  char line[512];
  int status = enter(options.user);
  if (status == 0) status = make_host(&options, fds);
  if (status == 0) status = link_get_mac(options.name, mac, &call);
  if (status == 0) status = link_get_mtu(options.name, &mtu, &call);
  if (status < 0) {
    char plain[128];
    snprintf(plain, sizeof plain, "%s", what);
    for (char *at = plain; *at; at++)
      if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ' || (unsigned char)*at > '~') *at = '?';
    snprintf(line, sizeof line, "{\"errno\":%d,\"call\":\"%s\",\"what\":\"%s\"}\n", -status, call, plain);
    if (send_all(options.socket, line, NULL, 0) < 0) fprintf(stderr, "pika-netns: %s", line);
    return 1;
  }
  /* A TAP queues in the order of sending. */
  bool ordered = !options.stack || keep_order(options.stack, options.name);
  snprintf(line, sizeof line,
           "{\"pid\":%d,\"ifname\":\"%s\",\"hostMac\":\"%02x:%02x:%02x:%02x:%02x:%02x\",\"mtu\":%d,"
           "\"unprivileged\":%s,\"driver\":\"%s\",\"ordered\":%s}\n",
           getpid(), options.name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], mtu, options.user ? "true" : "false",
           options.stack ? "packet" : "tap", ordered ? "true" : "false");
  status = send_all(options.socket, line, fds, options.queues);
  if (status < 0) {
    fprintf(stderr, "pika-netns: sendmsg: %s\n", strerror(-status));
    return 1;
  }
  for (int i = 0; i < options.queues; i++) close(fds[i]);
  /* Nothing is ever sent to us: readable means closed. */
  struct pollfd end = {.fd = options.socket, .events = POLLIN};
  while (poll(&end, 1, -1) < 0 && errno == EINTR) continue;
  return 0;
}
