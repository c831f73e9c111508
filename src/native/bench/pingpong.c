/*
 * Cache lines go to and fro between two processes: the floor for any message queue on this machine.
 *   pingpong CPU_A CPU_B ROUNDS [WINDOW]  →  {"rounds": …, "cycles": …}   (median of the cycles of a round, by blocks of 1000)
 *
 * WINDOW 1 (the default): one line, written in turns. More: a ring of lines each way, at most WINDOW messages under way; a
 * line's stamp says that it is full, as in src/memory/queue.ts, and nothing else is written.
 */
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include <x86intrin.h>

enum { BLOCK = 1000, MOST_BLOCKS = 10000, RING = 256 };

struct line {
  alignas(64) _Atomic uint32_t stamp;
  uint32_t value;
};

struct shared {
  struct line turn;
  struct line there[RING];
  struct line back[RING];
};

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    perror("pingpong: sched_setaffinity");
    exit(1);
  }
}

static void await_stamp(struct line *line, uint32_t stamp) {
  while (atomic_load_explicit(&line->stamp, memory_order_acquire) != stamp) continue;
}

static void put(struct line *line, uint32_t stamp, uint32_t value) {
  line->value = value;
  atomic_store_explicit(&line->stamp, stamp, memory_order_release);
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void echo(struct shared *s, uint32_t rounds, uint32_t window) {
  for (uint32_t i = 0; i < rounds; i++) {
    if (window == 1) {
      await_stamp(&s->turn, 2 * i + 1);
      put(&s->turn, 2 * i + 2, i);
    } else {
      struct line *from = &s->there[i % RING];
      await_stamp(from, i + 1);
      // The window is below the ring's size: what is overwritten here was read before the other side sent this.
      put(&s->back[i % RING], i + 1, from->value);
    }
  }
}

static void turns(struct shared *s, uint32_t first) {
  for (uint32_t k = 0, i = first; k < BLOCK; k++, i++) {
    put(&s->turn, 2 * i + 1, i);
    await_stamp(&s->turn, 2 * i + 2);
  }
}

static void trips(struct shared *s, uint32_t first, uint32_t window) {
  uint32_t sent = first;
  for (uint32_t i = first; i < first + BLOCK; i++) {
    for (; sent < first + BLOCK && sent - i < window; sent++) put(&s->there[sent % RING], sent + 1, sent);
    struct line *from = &s->back[i % RING];
    await_stamp(from, i + 1);
    if (from->value != i) {
      fprintf(stderr, "pingpong: message %u came as %u\n", i, from->value);
      exit(1);
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fprintf(stderr, "usage: pingpong CPU_A CPU_B ROUNDS [WINDOW]\n");
    return 2;
  }
  uint32_t blocks = (uint32_t)atol(argv[3]) / BLOCK;
  uint32_t window = argc == 5 ? (uint32_t)atol(argv[4]) : 1;
  if (blocks < 1 || blocks > MOST_BLOCKS || window < 1 || window >= RING) {
    fprintf(stderr, "pingpong: ROUNDS must be from %d to %d, WINDOW below %d\n", BLOCK, BLOCK * MOST_BLOCKS, RING);
    return 2;
  }
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (s == MAP_FAILED) {
    perror("pingpong: mmap");
    return 1;
  }
  uint32_t rounds = blocks * BLOCK;
  pid_t child = fork();
  if (child < 0) {
    perror("pingpong: fork");
    return 1;
  }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(atoi(argv[2]));
    echo(s, rounds, window);
    return 0;
  }
  pin(atoi(argv[1]));
  static double cycles[MOST_BLOCKS];
  for (uint32_t b = 0; b < blocks; b++) {
    uint64_t start = __rdtsc();
    if (window == 1) turns(s, b * BLOCK);
    else trips(s, b * BLOCK, window);
    cycles[b] = (double)(__rdtsc() - start) / BLOCK;
  }
  waitpid(child, NULL, 0);
  qsort(cycles, blocks, sizeof *cycles, compare);
  printf("{\"rounds\":%u,\"cycles\":%.1f}\n", rounds, cycles[blocks / 2]);
  return 0;
}
