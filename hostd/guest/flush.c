// Brings files to the disk in pieces, so that others who wait for the same disk wait for one of them:
//
//   flush FILE…
//
// A whole file at once (fsync) has whoever stores one line meanwhile wait for all of it: the file
// system's journal writes the data of both. With pieces of 4 MiB a line waited for 2 ms in the median (0.6
// beside nothing), with 1 MiB as long as beside nothing, and the file is on the disk as soon.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static void die(const char *path) {
  fprintf(stderr, "flush: %s: %s\n", path, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  for (int n = 1; n < argc; n++) {
    struct stat info;
    int file = open(argv[n], O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info)) die(argv[n]);
    // A hint: where it is not known, the last call does all of it.
    for (off_t at = 0; S_ISREG(info.st_mode) && at < info.st_size; at += PIECE)
      if (sync_file_range(file, at, PIECE,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
        break;
    if (fsync(file)) die(argv[n]);
    close(file);
  }
  return 0;
}
