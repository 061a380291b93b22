// copy-live FROM TO: copies a file that somebody writes to, in two steps, so that the writer need not
// stand still for the first one. Prints "copied" after a first copy, waits for a byte on standard input
// (its writer stopped by then), makes what changed meanwhile the same, and prints "done" with the
// number of bytes. Without that byte, or after a failure, TO is worth nothing. What is empty stays so.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int from, to;
static off_t size;

static void die(const char *what) {
  fprintf(stderr, "copy-live: %s: %s\n", what, strerror(errno));
  exit(1);
}

// The next stretch of `from` with data, at or behind *begin. 0 = there is none.
static int stretch(off_t *begin, off_t *end) {
  off_t data = lseek(from, *begin, SEEK_DATA);
  if (data < 0 && errno == ENXIO) return 0;
  if (data < 0) die("look for data");
  off_t hole = lseek(from, data, SEEK_HOLE);
  if (hole < 0) die("look for a hole");
  *begin = data;
  *end = hole < size ? hole : size;
  return data < size;
}

// Both files hold pages in memory already, so comparing costs what reading memory does.
static void populate(char *map, off_t begin, off_t end) {
  begin -= begin % PAGE;
  if (madvise(map + begin, end - begin, MADV_POPULATE_READ) && errno != EINVAL) die("map");
}

static void empty(off_t begin, off_t end) {
  off_t data = lseek(to, begin, SEEK_DATA);
  if (data < 0 || data >= end) return;
  if (fallocate(to, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin)) die("make a hole");
}

int main(int argc, char **argv) {
  struct stat info;
  char byte;
  if (argc != 3) return 2;
  if ((from = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0) die(argv[1]);
  if ((to = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0) die(argv[2]);
  if (fstat(from, &info)) die(argv[1]);
  size = info.st_size;
  if (ftruncate(to, size)) die(argv[2]);
  for (off_t begin = 0, end; stretch(&begin, &end); begin = end)
    for (off_t at = begin, out = begin; at < end;) {
      ssize_t done = copy_file_range(from, &at, to, &out, end - at, 0);
      if (done < 0) die("copy");
      if (done == 0) break;
    }
  char *source = mmap(0, size, PROT_READ, MAP_SHARED, from, 0);
  char *target = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
  if (source == MAP_FAILED || target == MAP_FAILED) die("map");
  for (off_t begin = 0, end; stretch(&begin, &end); begin = end) {
    populate(source, begin, end);
    populate(target, begin, end);
  }
  printf("copied\n");
  fflush(stdout);
  if (read(0, &byte, 1) != 1) return 3;
  off_t changed = 0, last = 0;
  for (off_t begin = 0, end; stretch(&begin, &end); begin = last = end) {
    if (begin > last) empty(last, begin);
    for (off_t at = begin; at < end; at += PAGE) {
      size_t length = end - at < PAGE ? (size_t)(end - at) : PAGE;
      if (!memcmp(source + at, target + at, length)) continue;
      memcpy(target + at, source + at, length);
      changed += length;
    }
  }
  if (last < size) empty(last, size);
  printf("done %lld\n", (long long)changed);
  return 0;
}
