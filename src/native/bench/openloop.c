/*
 * An open loop of short TCP connections: each begins when the plan has it begin, whatever became of those before, and its time
 * counts from then on (no coordinated omission). On the kernel's TCP, as any client of the stack.
 *   openloop ADDRESS PORT [CLIENTS]  <  one line a connection: AT_US DEMAND_US LOCAL_PORT
 *                                    >  one line each, in order: ANSWERED_US CONNECTED_US LATE_US, from AT; -1 where it did not
 * With CLIENTS the loop is closed: so many at a time, one begins where one has ended, and its time counts from its beginning.
 *
 * The request is DEMAND in 15 digits and a line feed, and rides on the handshake's last ACK; the answer is whatever comes first;
 * the connection is over when the other side ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 200000, MOST_LIVE = 4096, BURST = 64, REQUEST = 16 };
/* From the last beginning until what is under way is given up, and from our start until the plan's. */
static const int64_t PATIENCE = 5000000000, LEAD = 20000000;
static const uint32_t TIMER = UINT32_MAX;

struct connection {
  int64_t at, begun, connected, answered;
  uint32_t demand;
  uint16_t port;
  int fd;
};

static struct connection plan[MOST];
static uint32_t count, next, ended;
static int poller;
static struct sockaddr_in server;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "openloop: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void over(struct connection *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  ended++;
}

static void begin(uint32_t k) {
  struct connection *c = &plan[k];
  c->begun = now_ns();
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) fail("socket");
  int on = 1, off = 0;
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(c->port)};
  if (setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) fail("SO_REUSEADDR");
  /* The ACK of the handshake waits for the request. */
  if (setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off) != 0) fail("TCP_QUICKACK");
  if (bind(c->fd, (struct sockaddr *)&local, sizeof local) != 0) fail("bind");
  struct epoll_event event = {.events = EPOLLOUT, .data.u32 = k};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
  if (connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS) over(c);
}

static void writable(uint32_t k) {
  struct connection *c = &plan[k];
  char request[REQUEST + 1];
  snprintf(request, sizeof request, "%015" PRIu32 "\n", c->demand);
  if (send(c->fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST) {
    over(c);
    return;
  }
  c->connected = now_ns();
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = k};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event) != 0) fail("epoll_ctl");
}

static void readable(struct connection *c) {
  char bytes[4096];
  for (;;) {
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got > 0) {
      if (c->answered == 0) c->answered = now_ns();
    } else {
      if (got == 0 || errno != EAGAIN) over(c);
      return;
    }
  }
}

static void happened(const struct epoll_event *event) {
  uint32_t k = event->data.u32;
  if (k == TIMER || plan[k].fd < 0) return;
  if (plan[k].connected == 0) {
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) over(&plan[k]);
    else writable(k);
  } else readable(&plan[k]);
}

static bool read_plan(void) {
  long long at;
  unsigned demand, port;
  while (count < MOST && scanf("%lld %u %u\n", &at, &demand, &port) == 3) {
    if (at < 0 || port < 1 || port > 65535) return false;
    plan[count++] = (struct connection){.at = at * 1000, .demand = demand, .port = (uint16_t)port, .fd = -1};
  }
  return count > 0 && feof(stdin) != 0;
}

static void run(uint32_t clients) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer < 0) fail("timerfd_create");
  struct epoll_event on = {.events = EPOLLIN | EPOLLET, .data.u32 = TIMER};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, timer, &on) != 0) fail("epoll_ctl");
  int64_t start = now_ns() + LEAD, last = start;
  for (uint32_t k = 0; k < count; k++) plan[k].at += start;
  while (ended < count) {
    int64_t now = now_ns();
    while (next < count && next - ended < MOST_LIVE &&
           (clients > 0 ? next - ended < clients : plan[next].at <= now)) {
      if (clients > 0) plan[next].at = now_ns();
      begin(next++);
      last = now;
    }
    if (next == count && now > last + PATIENCE) return;
    if (clients == 0 && next < count) {
      int64_t at = plan[next].at;
      struct itimerspec when = {.it_value = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000}};
      if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) != 0) fail("timerfd_settime");
    }
    struct epoll_event events[BURST];
    int ready = epoll_wait(poller, events, BURST, 1000);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int k = 0; k < ready; k++) happened(&events[k]);
  }
}

static long long since(const struct connection *c, int64_t time) {
  return time == 0 ? -1 : (long long)((time - c->at) / 1000);
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 4) {
    fprintf(stderr, "usage: openloop ADDRESS PORT [CLIENTS] < plan\n");
    return 2;
  }
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  uint32_t clients = argc == 4 ? (uint32_t)atoi(argv[3]) : 0;
  if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1 || clients > MOST_LIVE || !read_plan()) {
    fprintf(stderr, "openloop: no address, no plan of 1 to %d connections, or more than %d clients\n", MOST, MOST_LIVE);
    return 2;
  }
  /* Whoever started us is gone: nobody wants the answers. */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  /* Begins when the plan says, not 50 us later. */
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1");
  run(clients);
  for (uint32_t k = 0; k < count; k++) {
    const struct connection *c = &plan[k];
    printf("%lld %lld %lld\n", since(c, c->answered), since(c, c->connected), since(c, c->begun));
  }
  return 0;
}
