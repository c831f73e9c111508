/*
 * The receive path in plain C, for the ratio: parse, both checksums, flow lookup among 16,384, the connection's update and a copy
 * of the payload, the ACK built with its checksums. In-order data of established connections only: no timers, options, windows.
 *   receive CPU PAYLOAD BURSTS  →  {"frames": …, "ns": …}   (median of ns for each frame, over bursts of 64)
 */
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FLOWS = 16384, BUCKETS = 4 * FLOWS, BURST = 64, SLOT = 2048, RING = 16384, MOST_BURSTS = 100000, MOST_PAYLOAD = 1460 };

struct tcb {
  uint32_t ip;
  uint16_t port;
  uint16_t state;
  uint32_t rcv_nxt, snd_nxt, snd_una, window;
  uint64_t received, heard;
};

static struct tcb flows[FLOWS];
static uint32_t buckets[BUCKETS];
static uint8_t in[BURST * SLOT], out[BURST * SLOT], ring[RING];
static const uint32_t local = 0x0a000002;

static uint32_t sum_of(const uint8_t *p, uint32_t length) {
  uint64_t sum = 0;
  for (; length >= 4; p += 4, length -= 4) {
    uint32_t w;
    memcpy(&w, p, 4);
    sum += w;
  }
  if (length >= 2) {
    uint16_t w;
    memcpy(&w, p, 2);
    sum += w;
    p += 2;
    length -= 2;
  }
  if (length) sum += *p;
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

static uint16_t folded(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void put16(uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}
static void put32(uint8_t *p, uint32_t v) {
  uint32_t w = htonl(v);
  memcpy(p, &w, 4);
}
static uint32_t get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t get32(const uint8_t *p) {
  uint32_t w;
  memcpy(&w, p, 4);
  return ntohl(w);
}

static uint32_t bucket_of(uint32_t ip, uint32_t port) { return ((ip * 0x9e3779b1u) ^ (port * 0x85ebca6bu)) >> 16 & (BUCKETS - 1); }

static struct tcb *find(uint32_t ip, uint32_t port) {
  for (uint32_t b = bucket_of(ip, port);; b = (b + 1) & (BUCKETS - 1)) {
    if (buckets[b] == 0) return NULL;
    struct tcb *t = &flows[buckets[b] - 1];
    if (t->ip == ip && t->port == port) return t;
  }
}

static uint32_t tcp_sum(const uint8_t *frame, uint32_t tcp_bytes) {
  uint8_t pseudo[12];
  memcpy(pseudo, frame + 26, 8);
  pseudo[8] = 0;
  pseudo[9] = 6;
  put16(pseudo + 10, tcp_bytes);
  return sum_of(pseudo, 12) + sum_of(frame + 34, tcp_bytes);
}

/* Everything of a 54-byte header but addresses' and numbers' places is as in any other. */
static void write_frame(uint8_t *f, uint32_t from, uint32_t to, uint32_t fp, uint32_t tp, uint32_t seq, uint32_t ack, uint32_t payload) {
  static const uint8_t start[34] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6};
  memcpy(f, start, sizeof start);
  put16(f + 16, 40 + payload);
  put32(f + 26, from);
  put32(f + 30, to);
  put16(f + 34, fp);
  put16(f + 36, tp);
  put32(f + 38, seq);
  put32(f + 42, ack);
  f[46] = 0x50;
  f[47] = 0x10;
  put16(f + 48, 65535);
  memset(f + 50, 0, 4);
  uint16_t sum = (uint16_t)~folded(sum_of(f + 14, 20));
  memcpy(f + 24, &sum, 2);
  sum = (uint16_t)~folded(tcp_sum(f, 20 + payload));
  memcpy(f + 50, &sum, 2);
}

static int receive(const uint8_t *f, uint32_t length, uint8_t *reply, uint64_t now) {
  if (length < 54 || get16(f + 12) != 0x0800 || f[14] != 0x45 || f[23] != 6) return -1;
  uint32_t total = get16(f + 16), header = (uint32_t)(f[46] >> 4) * 4;
  if (total + 14 > length || header < 20 || total < 20 + header || get32(f + 30) != local) return -2;
  if (folded(sum_of(f + 14, 20)) != 0xffff || folded(tcp_sum(f, total - 20)) != 0xffff) return -3;
  struct tcb *t = find(get32(f + 26), get16(f + 34));
  if (t == NULL) return -4;
  uint32_t payload = total - 20 - header, at = (uint32_t)t->received & (RING - 1);
  if (get32(f + 38) != t->rcv_nxt || get32(f + 42) != t->snd_nxt) return -5;
  uint32_t first = payload < RING - at ? payload : RING - at;
  memcpy(ring + at, f + 34 + header, first);
  memcpy(ring, f + 34 + header + first, payload - first);
  t->snd_una = get32(f + 42);
  t->window = get16(f + 48);
  t->rcv_nxt += payload;
  t->received += payload;
  t->heard = now;
  write_frame(reply, local, t->ip, 80, t->port, t->snd_nxt, t->rcv_nxt, 0);
  return 0;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv) {
  uint32_t payload = argc == 4 ? (uint32_t)atol(argv[2]) : 0, bursts = argc == 4 ? (uint32_t)atol(argv[3]) : 0;
  if (bursts < 1 || bursts > MOST_BURSTS || payload > MOST_PAYLOAD) {
    fprintf(stderr, "usage: receive CPU PAYLOAD(0-%d) BURSTS(1-%d)\n", MOST_PAYLOAD, MOST_BURSTS);
    return 2;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)atoi(argv[1]), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    perror("receive: sched_setaffinity");
    return 1;
  }
  for (uint32_t k = 0; k < FLOWS; k++) {
    struct tcb *t = &flows[k];
    t->ip = 0x0a010001 + (k >> 8);
    t->port = (uint16_t)(1024 + (k & 255) * 7);
    t->rcv_nxt = 1001;
    t->snd_nxt = t->snd_una = 5000 + k;
    uint32_t b = bucket_of(t->ip, t->port);
    while (buckets[b] != 0) b = (b + 1) & (BUCKETS - 1);
    buckets[b] = k + 1;
  }
  static double ns[MOST_BURSTS];
  static uint32_t next[FLOWS];
  uint32_t random = 12345, wrong = 0;
  for (uint32_t k = 0; k < FLOWS; k++) next[k] = 1001;
  for (uint32_t b = 0; b < bursts; b++) {
    for (uint32_t i = 0; i < BURST; i++) {
      random = random * 1103515245u + 12345u;
      uint32_t flow = (random >> 8) % FLOWS;
      uint8_t *f = in + i * SLOT;
      write_frame(f, flows[flow].ip, local, flows[flow].port, 80, next[flow], flows[flow].snd_nxt, payload);
      next[flow] += payload;
    }
    uint64_t start = now_ns();
    for (uint32_t i = 0; i < BURST; i++) wrong += receive(in + i * SLOT, 54 + payload, out + i * SLOT, b) != 0;
    ns[b] = (double)(now_ns() - start) / BURST;
  }
  if (wrong != 0) {
    fprintf(stderr, "receive: %u frames were not taken\n", wrong);
    return 1;
  }
  qsort(ns, bursts, sizeof *ns, compare);
  printf("{\"frames\":%u,\"ns\":%.1f}\n", bursts * BURST, ns[bursts / 2]);
  return 0;
}
