// Preloaded into a QEMU that emulates: gives the memory of translated code back when hostd says, by
// SIGURG, that the machine is idle. QEMU itself keeps what it translated once, some 35 MiB for a
// machine that did nothing but start; what runs again is translated again.
//
// QEMU's own functions are found by name. Where one is missing nothing is done, and the signal is
// one that a process ignores by itself.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// The first code in the buffer is how QEMU enters and leaves all other: less than one page.
enum { ENTRY = 65536, LEAST = 1 << 20 };

static void *(*get_cpu)(int);
static void (*run_alone)(void *cpu, void (*work)(void *, uint64_t), uint64_t data);
static void (*flush)(void *cpu);
static sem_t asked, done;

// Runs in a processor's thread while no other one runs the machine's code: nothing points into the
// buffer any more once it is flushed.
static void give_back(void *cpu, uint64_t data) {
  char line[512], rights[8];
  unsigned long from, to;
  int first = 1;
  flush(cpu);
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || strcmp(rights, "rwxp")) continue;
    if (to - from < LEAST) continue;
    if (first) from += ENTRY;
    first = 0;
    madvise((void *)from, to - from, MADV_DONTNEED);
  }
  if (maps) fclose(maps);
  sem_post(&done);
}

static void *wait_for_hostd(void *none) {
  for (;;) {
    if (sem_wait(&asked)) continue;
    void *cpu = get_cpu(0);
    if (!cpu) continue;
    run_alone(cpu, give_back, 0);
    while (sem_wait(&done)) continue;
    malloc_trim(0);  // what was known of the code
  }
  return 0;
}

static void ask(int signal) { sem_post(&asked); }

__attribute__((constructor)) static void begin(void) {
  get_cpu = (void *(*)(int))dlsym(RTLD_DEFAULT, "qemu_get_cpu");
  run_alone = (void (*)(void *, void (*)(void *, uint64_t), uint64_t))dlsym(RTLD_DEFAULT, "async_safe_run_on_cpu");
  flush = (void (*)(void *))dlsym(RTLD_DEFAULT, "tb_flush");
  // The commands that become QEMU load this, too.
  if (!get_cpu || !run_alone || !flush) return;
  pthread_t thread;
  sigset_t all, before;
  sem_init(&asked, 0, 0);
  sem_init(&done, 0, 0);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, 0, wait_for_hostd, 0);
  pthread_sigmask(SIG_SETMASK, &before, 0);
  if (failed) return;
  struct sigaction on = {.sa_handler = ask, .sa_flags = SA_RESTART};
  sigaction(SIGURG, &on, 0);
}
