/*
 * One cache line goes to and fro between two processes: the floor for any message queue on this machine.
 *   pingpong CPU_A CPU_B ROUNDS  →  {"rounds": …, "cycles": …}   (median of the cycles of a round trip, by blocks of 1000)
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

enum { BLOCK = 1000, MOST_BLOCKS = 10000 };

struct line {
  alignas(64) _Atomic uint32_t turn;
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

static void await_turn(struct line *line, uint32_t turn) {
  while (atomic_load_explicit(&line->turn, memory_order_acquire) != turn) continue;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: pingpong CPU_A CPU_B ROUNDS\n");
    return 2;
  }
  uint32_t blocks = (uint32_t)atol(argv[3]) / BLOCK;
  if (blocks < 1 || blocks > MOST_BLOCKS) {
    fprintf(stderr, "pingpong: ROUNDS must be from %d to %d\n", BLOCK, BLOCK * MOST_BLOCKS);
    return 2;
  }
  struct line *line = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (line == MAP_FAILED) {
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
    for (uint32_t i = 0; i < rounds; i++) {
      await_turn(line, 2 * i + 1);
      atomic_store_explicit(&line->turn, 2 * i + 2, memory_order_release);
    }
    return 0;
  }
  pin(atoi(argv[1]));
  static double cycles[MOST_BLOCKS];
  for (uint32_t b = 0, i = 0; b < blocks; b++) {
    uint64_t start = __rdtsc();
    for (uint32_t k = 0; k < BLOCK; k++, i++) {
      atomic_store_explicit(&line->turn, 2 * i + 1, memory_order_release);
      await_turn(line, 2 * i + 2);
    }
    cycles[b] = (double)(__rdtsc() - start) / BLOCK;
  }
  waitpid(child, NULL, 0);
  qsort(cycles, blocks, sizeof *cycles, compare);
  printf("{\"rounds\":%u,\"cycles\":%.1f}\n", rounds, cycles[blocks / 2]);
  return 0;
}
