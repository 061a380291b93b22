// What a machine's memory has that another memory (its base: that of its template) has not, in a file.
//
//   memory-delta take BASE MEMORY DELTA     MEMORY may be written to meanwhile
//   memory-delta rebuild BASE DELTA MEMORY
//
// `take` compares in two steps, so that the machine need not stand still for the first one. It prints
// "copied" after that, waits for a byte on standard input (nobody writes to MEMORY from then on), takes
// in what changed meanwhile and prints "done" with the bytes of that: MEMORY may be written to again.
// It then completes DELTA, prints "stored" and ends. Without this DELTA is worth nothing, and says so.
//
// A delta, numbers as the processor has them:
//
//   one page    struct head; the rest is zero
//   head.slots  pages that differ from the base's
//   head.runs   struct run, ascending: which pages of the memory those are, and which ones are empty.
//               What no run has is as in the base, whose holes are empty pages.
//
// The head has a checksum over all of it, and knows the base by what no write to a file can leave as it
// was, so what is torn, damaged or stands on something else is refused and never run.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };
#define MAGIC "agonmem1"
// Places of a page besides a slot.
#define SAME UINT32_MAX
#define EMPTY (UINT32_MAX - 1)

struct identity {
  uint64_t inode, size, written, changed;
};

struct head {
  char magic[8];
  uint64_t sum;  // of all but itself
  uint64_t size; // of the memory, in bytes
  uint64_t slots, runs;
  struct identity base;
};

// `count` pages from `page` on lie from `slot` on, or are empty.
struct run {
  uint64_t page, count, slot;
};

static const char zero[PAGE];

// How `rebuild` ends: nothing can make that memory any more, or this time it did not work.
enum { FAILED = 1, LOST = 4 };

__attribute__((format(printf, 2, 3))) static void quit(int code, const char *what, ...) {
  va_list rest;
  va_start(rest, what);
  fputs("memory-delta: ", stderr);
  vfprintf(stderr, what, rest);
  fputc('\n', stderr);
  exit(code);
}

static void failed(const char *what) { quit(FAILED, "%s: %s", what, strerror(errno)); }

static int open_or_die(const char *path, int flags) {
  int file = open(path, flags | O_CLOEXEC, 0600);
  if (file < 0) failed(path);
  return file;
}

static struct stat stat_of(int file) {
  struct stat info;
  if (fstat(file, &info)) failed("look at a file");
  return info;
}

static uint64_t nanoseconds(struct timespec at) { return at.tv_sec * 1000000000ull + at.tv_nsec; }

static struct identity identity_of(int file) {
  struct stat info = stat_of(file);
  return (struct identity){info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

static int same_identity(struct identity a, struct identity b) { return !memcmp(&a, &b, sizeof a); }

static char *map(int file, size_t size, int rights) {
  if (size == 0) quit(FAILED, "an empty file");
  char *at = mmap(0, size, rights, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) failed("map");
  return at;
}

// One look at each page is cheaper than a fault for each.
static void populate(char *at, off_t begin, off_t end) {
  begin -= begin % PAGE;
  if (end > begin && madvise(at + begin, end - begin, MADV_POPULATE_READ) && errno != EINVAL) failed("read");
}

// The next stretch of a file with data, at or behind *begin. 0 = there is none.
static int stretch(int file, off_t size, off_t *begin, off_t *end) {
  off_t data = lseek(file, *begin, SEEK_DATA);
  if (data < 0 && errno == ENXIO) return 0;
  if (data < 0) failed("look for data");
  off_t hole = lseek(file, data, SEEK_HOLE);
  if (hole < 0) failed("look for a hole");
  *begin = data;
  *end = hole < size ? hole : size;
  return data < size;
}

static void write_all(int file, const void *from, size_t length, off_t at) {
  while (length) {
    ssize_t done = pwrite(file, from, length, at);
    if (done < 0) failed("write");
    from = (const char *)from + done;
    length -= done;
    at += done;
  }
}

// Words are mixed in four lanes, so that memory and not this is what takes the time.
static uint64_t sum_of(uint64_t sum, const void *from, size_t bytes) {
  const uint64_t prime = 0x9e3779b97f4a7c15, *word = from;
  uint64_t lane[4] = {sum, sum + 1, sum + 2, sum + 3};
  for (size_t n = 0; n < bytes / 8; n++) {
    uint64_t *one = &lane[n % 4];
    *one = (*one ^ word[n]) * prime;
    *one ^= *one >> 29;
  }
  for (int n = 0; n < 4; n++) sum = (sum ^ lane[n]) * prime, sum ^= sum >> 32;
  return sum;
}

static uint64_t sum_of_delta(const struct head *head, const void *pages, const struct run *runs) {
  struct head own = *head;
  own.sum = 0;
  uint64_t sum = sum_of(1, pages, head->slots * PAGE);
  sum = sum_of(sum, runs, head->runs * sizeof *runs);
  return sum_of(sum, &own, sizeof own);
}

static int base, memory, delta;
static char *base_at, *memory_at, *delta_at;
static off_t size;
static size_t pages;

// Which pages of a file have data: one that has none must not even be looked at, which would make it.
static void note_data(int file, char *filled) {
  memset(filled, 0, pages);
  for (off_t begin = 0, end; stretch(file, size, &begin, &end); begin = end)
    memset(filled + begin / PAGE, 1, (end + PAGE - 1) / PAGE - begin / PAGE);
}

static void populate_data(int file, char *at) {
  for (off_t begin = 0, end; stretch(file, size, &begin, &end); begin = end) populate(at, begin, end);
}

static char *base_filled, *memory_filled;
static uint32_t *place;
static uint64_t slots;

// Brings the delta up to date with one page. Returns 1 when it was not.
static int take_page(size_t page) {
  const char *own = memory_at + page * PAGE;
  const char *other = base_filled[page] ? base_at + page * PAGE : zero;
  uint32_t before = place[page];
  if (!memory_filled[page]) {
    place[page] = base_filled[page] ? EMPTY : SAME;
  } else if (before < EMPTY) {
    char *stored = delta_at + (1 + (off_t)before) * PAGE;
    if (!memcmp(own, stored, PAGE)) return 0;
    memcpy(stored, own, PAGE);
    return 1;
  } else if (!memcmp(own, other, PAGE)) {
    place[page] = SAME;
  } else if (!memcmp(own, zero, PAGE)) {
    place[page] = EMPTY;
  } else {
    write_all(delta, own, PAGE, (1 + (off_t)slots) * PAGE);
    place[page] = slots++;
  }
  return place[page] != before;
}

static size_t take_pages(void) {
  size_t changed = 0;
  note_data(memory, memory_filled);
  for (size_t page = 0; page < pages; page++) changed += take_page(page);
  return changed;
}

// What `place` says, as runs. Returns their number.
static size_t runs_of_places(struct run *runs) {
  size_t count = 0;
  for (size_t page = 0; page < pages; page++) {
    uint32_t at = place[page];
    if (at == SAME) continue;
    struct run *last = count ? &runs[count - 1] : 0;
    if (last && last->page + last->count == page &&
        (at == EMPTY ? last->slot == EMPTY : last->slot != EMPTY && last->slot + last->count == at))
      last->count++;
    else
      runs[count++] = (struct run){page, 1, at};
  }
  return count;
}

static int take(char **paths) {
  char byte;
  base = open_or_die(paths[0], O_RDONLY);
  memory = open_or_die(paths[1], O_RDONLY);
  delta = open_or_die(paths[2], O_RDWR | O_CREAT | O_TRUNC);
  size = stat_of(memory).st_size;
  pages = size / PAGE;
  struct head head = {MAGIC, 0, size, 0, 0, identity_of(base)};
  if (size % PAGE || pages >= EMPTY) quit(FAILED, "%s is no memory", paths[1]);
  if (head.base.size != (uint64_t)size) quit(FAILED, "%s is no memory of the same size", paths[0]);
  base_filled = calloc(pages, 1);
  memory_filled = calloc(pages, 1);
  place = malloc(pages * sizeof *place);
  struct run *runs = malloc(pages * sizeof *runs);
  if (!base_filled || !memory_filled || !place || !runs) failed("memory");
  for (size_t page = 0; page < pages; page++) place[page] = SAME;
  // As long as it can get: what is not written takes no room.
  off_t most = PAGE + size;
  if (ftruncate(delta, most)) failed(paths[2]);
  base_at = map(base, size, PROT_READ);
  memory_at = map(memory, size, PROT_READ);
  delta_at = map(delta, most, PROT_READ | PROT_WRITE);
  note_data(base, base_filled);
  populate_data(base, base_at);
  populate_data(memory, memory_at);
  take_pages();
  populate(delta_at, PAGE, (1 + (off_t)slots) * PAGE);
  printf("copied\n");
  fflush(stdout);
  if (read(0, &byte, 1) != 1) return 3;
  printf("done %zu\n", take_pages() * PAGE);
  fflush(stdout);
  head.slots = slots;
  head.runs = runs_of_places(runs);
  head.sum = sum_of_delta(&head, delta_at + PAGE, runs);
  off_t table = (1 + (off_t)slots) * PAGE;
  if (ftruncate(delta, table)) failed(paths[2]);
  write_all(delta, runs, head.runs * sizeof *runs, table);
  if (!same_identity(head.base, identity_of(base))) quit(FAILED, "%s was written to", paths[0]);
  write_all(delta, &head, sizeof head, 0);
  printf("stored\n");
  return 0;
}

// From one file to another one; a long stretch by the file system, which may know how to share it.
static void copy(int from, const char *from_at, off_t begin, off_t end, int to, off_t at) {
  while (end - begin >= 1 << 20) {
    off_t in = begin, out = at;
    ssize_t done = copy_file_range(from, &in, to, &out, end - begin, 0);
    if (done <= 0) break;
    begin += done;
    at += done;
  }
  write_all(to, from_at + begin, end - begin, at);
}

// What lies between two runs: the base's.
static void copy_base(size_t page, size_t before) {
  off_t last = (off_t)before * PAGE;
  for (off_t begin = (off_t)page * PAGE, end; begin < last && stretch(base, last, &begin, &end); begin = end)
    copy(base, base_at, begin, end, memory, begin);
}

static int rebuild(char **paths) {
  delta = open_or_die(paths[1], O_RDONLY);
  uint64_t length = stat_of(delta).st_size;
  if (length < PAGE) quit(LOST, "%s is cut off", paths[1]);
  delta_at = map(delta, length, PROT_READ);
  populate(delta_at, 0, length);
  struct head head;
  memcpy(&head, delta_at, sizeof head);
  if (memcmp(head.magic, MAGIC, sizeof head.magic)) quit(LOST, "%s is no complete delta", paths[1]);
  size = head.size;
  pages = size / PAGE;
  if (head.slots > pages || head.runs > pages ||
      length != (1 + head.slots) * PAGE + head.runs * sizeof(struct run))
    quit(LOST, "%s is cut off", paths[1]);
  const struct run *run = (const struct run *)(delta_at + (1 + head.slots) * PAGE);
  if (head.sum != sum_of_delta(&head, delta_at + PAGE, run)) quit(LOST, "%s is damaged", paths[1]);
  if (access(paths[0], F_OK)) quit(LOST, "%s is gone", paths[0]);
  base = open_or_die(paths[0], O_RDONLY);
  if (!same_identity(head.base, identity_of(base)))
    quit(LOST, "%s is not the memory that %s stands on", paths[0], paths[1]);
  base_at = map(base, size, PROT_READ);
  memory = open_or_die(paths[2], O_RDWR | O_CREAT | O_TRUNC);
  if (ftruncate(memory, size)) failed(paths[2]);
  size_t page = 0;
  for (const struct run *end = run + head.runs; run < end; run++) {
    if (run->page < page || run->count > pages || run->page > pages - run->count ||
        (run->slot != EMPTY && (run->slot > head.slots || run->count > head.slots - run->slot)))
      quit(LOST, "%s is damaged", paths[1]);
    copy_base(page, run->page);
    page = run->page + run->count;
    if (run->slot == EMPTY) continue;
    off_t from = (1 + run->slot) * PAGE;
    copy(delta, delta_at, from, from + run->count * PAGE, memory, run->page * PAGE);
  }
  copy_base(page, pages);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "take")) return take(argv + 2);
  if (argc == 5 && !strcmp(argv[1], "rebuild")) return rebuild(argv + 2);
  fputs("memory-delta take BASE MEMORY DELTA | rebuild BASE DELTA MEMORY\n", stderr);
  return 2;
}
