// The host's hand inside a microVM. One static program, no library of the guest is used.
//
//   agon-guest        renews the machine's identity when the host asks, and joins the sockets that
//                     the examiner and the holder of terminals dial to two virtio-serial ports
//   agon-guest tsc    (on a host) prints the rate of the time stamp counter in kHz
//   agon-guest small-pages COMMAND…   (on a host) becomes a command that gets no huge pages
//
// A port is a bare stream that either side may lose in the middle of a frame, and a snapshot may
// hold half of one. So the host begins each connection with MAGIC and a nonce; whatever came before
// is forgotten, the guest answers with MAGIC, the nonce and the machine's credential, and frames
// follow in both directions: type (1 byte), 0, session (2), length (4), body; little endian.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <linux/types.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "/run/agon-host"
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, __u64)

// Of the output, SPARE is for frames without a body: beginnings and ends always find room.
enum { BODY = 16384, HEAD = 8, SESSIONS = 4, PORTS = 3, IN = 2 * BODY };
enum { SPARE = 1024, OUT = 4 * BODY + SPARE };
// Milliseconds between looks at a port without a host, and at one whose host just said something;
// milliseconds until that host counts as gone, if it was there and if the kernel never knew of it.
enum { LOOK = 15, LOOK_SOON = 2, GONE = 4, NEVER_CAME = 3000 };
enum { T_OPEN = 1, T_DATA = 2, T_CLOSE = 3, T_PING = 4 };

static const unsigned char MAGIC[16] = {0xa6, 'A', 'G', 'O', 'N', '-', 'P', 'O',
                                        'R', 'T', '-', '1', 0x0d, 0x0a, 0x1a, 0x5e};
static unsigned char credential[32];

struct session {
  int fd;  // -1: free
  uint16_t id;
  int ending;  // the host closed it: what is buffered is still delivered
  size_t from, to;
  unsigned char buffer[BODY];
};

struct port {
  const char *name;
  const char *socket;  // 0: this port carries operations
  int fd, listener, synced;
  int open;       // the kernel knows of a host since the connection began
  int absent;     // it knew of none at the last look
  int64_t since;  // when that began, in milliseconds
  size_t matched, nonce, in, out;
  uint16_t next;
  unsigned char nonces[16], input[IN], output[OUT];
  struct session sessions[SESSIONS];
};

static struct port ports[PORTS] = {
    {.name = "org.agon.guest"},
    {.name = "org.agon.examiner", .socket = FOLDER "/examiner.sock"},
    {.name = "org.agon.terminals", .socket = FOLDER "/terminals.sock"},
};

static void end_session(struct session *s) {
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->from = s->to = 0;
  s->ending = 0;
}

static void forget(struct port *p) {
  for (int i = 0; i < SESSIONS; i++) end_session(&p->sessions[i]);
  p->synced = p->open = p->absent = 0;
  p->in = p->out = p->nonce = 0;
}

static int frame(struct port *p, int type, uint16_t session, const void *body, uint32_t length) {
  if (p->out + HEAD + length > OUT) return 0;
  unsigned char *to = p->output + p->out;
  to[0] = type;
  to[1] = 0;
  to[2] = session & 255;
  to[3] = session >> 8;
  for (int i = 0; i < 4; i++) to[4 + i] = length >> (8 * i);
  memcpy(to + HEAD, body, length);
  p->out += HEAD + length;
  return 1;
}

// ---- operations of the control port -------------------------------------------------------------

static char failure[256];
static int file = -1;

static void failed(const char *what, const char *on) {
  if (!failure[0]) snprintf(failure, sizeof failure, "%s %s: %s", what, on, strerror(errno));
}

static uint32_t u32(const unsigned char *b) {
  return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static void parents(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0755);
    *slash = '/';
  }
}

// mode, uid, gid (4 each), kind (f file, a append, d folder, l link), path, 0, link's target, 0
static void open_file(unsigned char *b, uint32_t length) {
  if (file >= 0) close(file);
  file = -1;
  if (length < 15 || b[length - 1]) return;
  uint32_t mode = u32(b), uid = u32(b + 4), gid = u32(b + 8);
  char kind = b[12], *path = (char *)b + 13, *target = path + strlen(path) + 1;
  parents(path);
  if (kind == 'l') {
    if (target >= (char *)b + length) return;
    unlink(path);
    if (symlink(target, path)) failed("link", path);
    return;
  }
  if (kind == 'd') {
    if (mkdir(path, mode) && errno != EEXIST) failed("folder", path);
    if (chown(path, uid, gid) || chmod(path, mode)) failed("folder", path);
    return;
  }
  // A new file takes the place of a link; what can't be unlinked (a mount) is written over.
  if (kind == 'f') unlink(path);
  file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (kind == 'a' ? O_APPEND : O_TRUNC), 0600);
  if (file < 0) return failed("write", path);
  if (fchown(file, uid, gid) || fchmod(file, mode)) failed("owner of", path);
}

// index, MAC (6), IPv4 (4; 0 = none), length of the prefix
static void plug(const unsigned char *b) {
  struct ifreq r = {0};
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  snprintf(r.ifr_name, sizeof r.ifr_name, "eth%d", b[0]);
  r.ifr_flags = 0;
  ioctl(s, SIOCSIFFLAGS, &r);
  r.ifr_hwaddr.sa_family = 1;
  memcpy(r.ifr_hwaddr.sa_data, b + 1, 6);
  if (ioctl(s, SIOCSIFHWADDR, &r)) failed("MAC of", r.ifr_name);
  struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
  if (u32(b + 7)) {
    memset(a, 0, sizeof *a);
    a->sin_family = AF_INET;
    memcpy(&a->sin_addr, b + 7, 4);
    if (ioctl(s, SIOCSIFADDR, &r)) failed("address of", r.ifr_name);
    a->sin_addr.s_addr = htonl(b[11] ? ~0u << (32 - b[11]) : 0);
    if (ioctl(s, SIOCSIFNETMASK, &r)) failed("mask of", r.ifr_name);
  }
  memset(&r.ifr_ifru, 0, sizeof r.ifr_ifru);
  r.ifr_flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST | IFF_RUNNING;
  if (ioctl(s, SIOCSIFFLAGS, &r)) failed("start of", r.ifr_name);
  close(s);
}

// IPv4 of the gateway (4)
static void route(const unsigned char *b) {
  struct rtentry r = {.rt_flags = RTF_UP | RTF_GATEWAY};
  struct sockaddr_in *a = (struct sockaddr_in *)&r.rt_gateway;
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  a->sin_family = AF_INET;
  memcpy(&a->sin_addr, b, 4);
  r.rt_dst.sa_family = r.rt_genmask.sa_family = AF_INET;
  // Told again to a machine that runs: a learner may have taken the cable out.
  if (ioctl(s, SIOCADDRT, &r) && errno != EEXIST && errno != ENETUNREACH) failed("route to", "gateway");
  close(s);
}

// Both: new bytes alone would only be mixed in at the next reseeding, minutes later.
static void stir(const unsigned char *b, uint32_t length) {
  struct {
    int entropy, size;
    unsigned char bytes[512];
  } pool = {0};
  int random = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  if (length > sizeof pool.bytes) length = sizeof pool.bytes;
  pool.entropy = length * 8;
  pool.size = length;
  memcpy(pool.bytes, b, length);
  if (ioctl(random, RNDADDENTROPY, &pool) || ioctl(random, RNDRESEEDCRNG)) failed("stir", "random");
  close(random);
}

// read-only? (1), device, 0, folder, 0, filesystem, 0
static void mount_drive(unsigned char *b, uint32_t length) {
  if (length < 7 || b[length - 1]) return;
  char *device = (char *)b + 1, *folder = device + strlen(device) + 1;
  char *filesystem = folder + strlen(folder) + 1;
  if (filesystem >= (char *)b + length) return;
  parents(folder);
  mkdir(folder, 0755);
  // The kernel hears of the drive's size a moment after its restore.
  for (int tries = 0; mount(device, folder, filesystem, b[0] ? MS_RDONLY : 0, NULL); tries++) {
    if (tries >= 150) return failed("mount", folder);
    usleep(20000);
  }
}

static void grow(void) {
  unsigned long long sectors = 0;
  struct stat at;
  char path[64];
  if (stat("/", &at)) return failed("look at", "/");
  snprintf(path, sizeof path, "/sys/dev/block/%u:%u/size", major(at.st_dev), minor(at.st_dev));
  FILE *f = fopen(path, "re");
  if (!f || fscanf(f, "%llu", &sectors) != 1) failed("size of", path);
  if (f) fclose(f);
  int root = open("/", O_RDONLY | O_CLOEXEC);
  __u64 blocks = sectors / 8;
  if (blocks && ioctl(root, EXT4_IOC_RESIZE_FS, &blocks)) failed("grow", "/");
  close(root);
}

// A new MAC while the interface is up: addresses and routes stay, neighbours are asked anew.
static void address(const unsigned char *b) {
  struct ifreq r = {0};
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  snprintf(r.ifr_name, sizeof r.ifr_name, "eth%d", b[0]);
  r.ifr_hwaddr.sa_family = 1;
  memcpy(r.ifr_hwaddr.sa_data, b + 1, 6);
  // A learner may have given it another name.
  if (ioctl(s, SIOCSIFHWADDR, &r) && errno != ENODEV) failed("MAC of", r.ifr_name);
  close(s);
}

// The sshd that listens read its key when it started.
static void ssh_again(void) {
  DIR *folder = opendir("/proc");
  if (!folder) return;
  for (struct dirent *e; (e = readdir(folder));) {
    char path[300], name[64] = "";
    int pid = atoi(e->d_name), parent = 0;
    if (pid <= 1) continue;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f) continue;
    if (fscanf(f, "%*d (%60[^)]) %*c %d", name, &parent) == 2 && parent == 1 && !strcmp(name, "sshd"))
      kill(pid, SIGHUP);
    fclose(f);
  }
  closedir(folder);
}

// journald goes on in the folder of the machine id that it began with, and journalctl looks into the
// one of today's: that becomes another name of the first.
static void journal_of(const char *id) {
  static const char *const places[] = {"/var/log/journal", "/run/log/journal"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    DIR *folder = opendir(places[i]);
    if (!folder) continue;
    for (struct dirent *e; (e = readdir(folder));) {
      char path[300];
      struct stat s;
      if (strlen(e->d_name) != 32 || !strcmp(e->d_name, id)) continue;
      snprintf(path, sizeof path, "%s/%s", places[i], e->d_name);
      if (lstat(path, &s) || !S_ISDIR(s.st_mode)) continue;
      snprintf(path, sizeof path, "%s/%s", places[i], id);
      if (symlink(e->d_name, path) && errno != EEXIST) failed("link", path);
      break;
    }
    closedir(folder);
  }
}

static void operate(struct port *p, int type, uint16_t session, unsigned char *b, uint32_t n) {
  switch (type) {
    case 'T': {  // seconds (8), nanoseconds (4)
      if (n < 12) return;
      struct timespec t = {u32(b) | (uint64_t)u32(b + 4) << 32, u32(b + 8)};
      if (clock_settime(CLOCK_REALTIME, &t)) failed("set", "clock");
      break;
    }
    case 'E':
      stir(b, n);
      break;
    case 'H':
      if (sethostname((char *)b, n)) failed("set", "hostname");
      break;
    case 'K':
      if (n == sizeof credential) memcpy(credential, b, n);
      break;
    case 'F':
      open_file(b, n);
      break;
    case 'W':
      for (uint32_t at = 0; file >= 0 && at < n;) {
        ssize_t done = write(file, b + at, n - at);
        if (done < 0) return failed("write", "a file");
        at += done;
      }
      break;
    case 'N':
      if (n >= 12) plug(b);
      break;
    case 'R':
      if (n >= 4) route(b);
      break;
    case 'M':
      mount_drive(b, n);
      break;
    case 'G':
      grow();
      break;
    case 'A':  // index, MAC (6)
      if (n >= 7) address(b);
      break;
    case 'J': {  // the machine id, 32 digits
      char id[33] = "";
      if (n != 32) return;
      memcpy(id, b, 32);
      return journal_of(id);
    }
    case 'U':
      ssh_again();
      break;
    case 'P':  // systemd's signal for a shutdown
      sync();
      if (kill(1, SIGRTMIN + 4)) failed("stop", "the system");
      break;
    case 'S':
      sync();
      break;
    case 'B':  // do both daemons wait at their sockets?
      for (int i = 1; i < PORTS; i++) {
        struct pollfd f = {.fd = ports[i].listener, .events = POLLIN};
        errno = EAGAIN;
        if (poll(&f, 1, 0) != 1) failed("nobody dials", ports[i].name);
      }
      break;
    case 'D':  // done? answers with the first failure since the last one, empty = none
      if (file >= 0) close(file);
      file = -1;
      frame(p, 'D', session, failure, strlen(failure));
      failure[0] = 0;
      break;
  }
}

// ---- ports --------------------------------------------------------------------------------------

static int open_port(struct port *p) {
  char path[300], name[64];
  DIR *folder = opendir("/sys/class/virtio-ports");
  if (!folder) return 0;
  for (struct dirent *e; (e = readdir(folder)) && p->fd < 0;) {
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", e->d_name);
    int f = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = f < 0 ? -1 : read(f, name, sizeof name - 1);
    if (f >= 0) close(f);
    if (n <= 0) continue;
    name[n] = 0;
    name[strcspn(name, "\n")] = 0;
    if (strcmp(name, p->name)) continue;
    snprintf(path, sizeof path, "/dev/%s", e->d_name);
    p->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  closedir(folder);
  return p->fd >= 0;
}

static void listen_on(struct port *p) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  p->listener = -1;
  if (!p->socket) return;
  strcpy(a.sun_path, p->socket);
  unlink(p->socket);
  p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(p->listener, (void *)&a, sizeof a) || chmod(p->socket, 0600) || listen(p->listener, 8))
    perror(p->socket), exit(1);
}

static struct session *find(struct port *p, uint16_t id) {
  for (int i = 0; i < SESSIONS; i++)
    if (p->sessions[i].fd >= 0 && p->sessions[i].id == id) return &p->sessions[i];
  return 0;
}

static struct session *unused(struct port *p) {
  for (int i = 0; i < SESSIONS; i++)
    if (p->sessions[i].fd < 0) return &p->sessions[i];
  return 0;
}

// Handles the complete frames of the input; one whose session has no room waits.
static void frames(struct port *p) {
  size_t at = 0;
  while (p->synced && p->in - at >= HEAD) {
    unsigned char *h = p->input + at;
    uint16_t id = h[2] | h[3] << 8;
    uint32_t length = u32(h + 4);
    if (length > BODY) return forget(p);  // not a frame: the host will notice and begin anew
    if (p->in - at < HEAD + length) break;
    struct session *s = p->socket ? find(p, id) : 0;
    if (h[0] == T_PING)
      frame(p, T_PING, id, "", 0);
    else if (!p->socket)
      operate(p, h[0], id, h + HEAD, length);
    else if (s && h[0] == T_CLOSE)
      s->ending = 1;
    else if (s && h[0] == T_DATA) {
      if (s->from == s->to) s->from = s->to = 0;
      if (BODY - s->to < length) break;
      memcpy(s->buffer + s->to, h + HEAD, length);
      s->to += length;
    }
    at += HEAD + length;
  }
  memmove(p->input, p->input + at, p->in - at);
  p->in -= at;
}

// Bytes of the host, of which a MAGIC makes everything before it void.
static void take(struct port *p, const unsigned char *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    p->matched = b[i] == MAGIC[p->matched] ? p->matched + 1 : b[i] == MAGIC[0];
    if (p->matched < sizeof MAGIC) continue;
    p->matched = 0;
    forget(p);
    p->nonce = sizeof p->nonces;
    b += i + 1;
    n -= i + 1;
    i = (size_t)-1;
  }
  for (; p->nonce && n; b++, n--) {
    p->nonces[sizeof p->nonces - p->nonce--] = *b;
    if (p->nonce) continue;
    memcpy(p->output, MAGIC, sizeof MAGIC);
    memcpy(p->output + sizeof MAGIC, p->nonces, sizeof p->nonces);
    memcpy(p->output + sizeof MAGIC + sizeof p->nonces, credential, sizeof credential);
    p->out = sizeof MAGIC + sizeof p->nonces + sizeof credential;
    p->synced = 1;
  }
  if (!p->synced || p->in + n > IN) return;
  memcpy(p->input + p->in, b, n);
  p->in += n;
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void serve(void) {
  enum { EACH = 2 + SESSIONS };
  struct pollfd polled[PORTS * EACH];
  unsigned char buffer[BODY];
  int room = 0;  // a session took what was buffered for it: a frame of the input may have waited for that
  for (;;) {
    int wait = -1;
    for (int i = 0; i < PORTS; i++) {
      struct port *p = &ports[i];
      struct pollfd *f = polled + i * EACH;
      for (int k = 0; k < EACH; k++) f[k] = (struct pollfd){.fd = -1};
      f[0].fd = p->absent ? -1 : p->fd;
      f[0].events = (p->in + BODY <= IN ? POLLIN : 0) | (p->out ? POLLOUT : 0);
      // A port without a host is always ready to tell that: such ones are looked at now and then.
      if (p->absent && (wait < 0 || p->synced)) wait = p->synced ? LOOK_SOON : LOOK;
      if (p->socket && p->synced && p->out + HEAD <= OUT && unused(p))
        f[1].fd = p->listener, f[1].events = POLLIN;
      for (int k = 0; k < SESSIONS; k++) {
        struct session *s = &p->sessions[k];
        int readable = p->out + HEAD + BODY <= OUT - SPARE;
        if (s->fd < 0 || (!readable && s->from == s->to)) continue;
        f[2 + k].fd = s->fd;
        f[2 + k].events = (readable ? POLLIN : 0) | (s->from < s->to ? POLLOUT : 0);
      }
    }
    // Such a frame fills the input, so nothing more is read of its port and no event would come.
    if (poll(polled, PORTS * EACH, room ? 0 : wait) < 0) continue;
    room = 0;
    for (int i = 0; i < PORTS; i++) {
      struct port *p = &ports[i];
      struct pollfd *f = polled + i * EACH;
      if (p->absent) {
        f[0].fd = p->fd;
        f[0].revents = 0;
        poll(f, 1, 0);
      }
      // A new host's first bytes come by an interrupt, and that it is there by a worker of the
      // kernel, often later: until then a HUP says nothing about the connection that just began.
      if (f[0].revents & POLLHUP) {
        int began = p->synced || p->nonce;
        if (!p->absent) p->since = now();
        // By the clock: other ports that are busy make many looks of a moment.
        if (began && now() - p->since >= (p->open ? GONE : NEVER_CAME)) forget(p);
        p->absent = 1;
      } else {
        p->absent = 0;
        p->open = 1;
      }
      if (f[0].revents & POLLIN) {
        ssize_t n = read(p->fd, buffer, sizeof buffer);
        if (n > 0) take(p, buffer, n);
      }
      frames(p);
      if (f[1].revents & POLLIN && p->synced) {
        struct session *s = unused(p);
        int fd = accept4(p->listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
          s->fd = fd;
          s->id = ++p->next;
          frame(p, T_OPEN, s->id, "", 0);
          continue;  // what was polled of this place belongs to an earlier session
        }
      }
      for (int k = 0; k < SESSIONS; k++) {
        struct session *s = &p->sessions[k];
        if (s->fd < 0 || f[2 + k].fd != s->fd) continue;
        int over = 0;
        if (s->from < s->to) {
          ssize_t n = write(s->fd, s->buffer + s->from, s->to - s->from);
          if (n > 0) s->from += n, room = 1;
          if (n < 0 && errno != EAGAIN) over = 1;
        }
        if (f[2 + k].revents & (POLLIN | POLLHUP | POLLERR) &&
            p->out + HEAD + BODY <= OUT - SPARE) {
          ssize_t n = read(s->fd, buffer, sizeof buffer);
          if (n > 0) frame(p, T_DATA, s->id, buffer, n);
          if (n == 0 || (n < 0 && errno != EAGAIN)) over = 1;
        }
        if (over) frame(p, T_CLOSE, s->id, "", 0);
        if (over || (s->ending && s->from == s->to)) end_session(s);
      }
      for (int k = 0; k < SESSIONS; k++) {
        struct session *s = &p->sessions[k];
        if (s->fd >= 0 && s->ending && s->from == s->to) end_session(s);
      }
      while (p->out) {
        ssize_t n = write(p->fd, p->output, p->out);
        if (n <= 0) break;
        memmove(p->output, p->output + n, p->out - n);
        p->out -= n;
      }
    }
  }
}

static int tsc(void) {
#if defined(__x86_64__)
  struct timespec a, b, rest = {0, 200000000};
  clock_gettime(CLOCK_MONOTONIC_RAW, &a);
  unsigned long long from = __builtin_ia32_rdtsc();
  nanosleep(&rest, 0);
  clock_gettime(CLOCK_MONOTONIC_RAW, &b);
  unsigned long long to = __builtin_ia32_rdtsc();
  double ms = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
  printf("%.0f\n", (to - from) / ms);
  return 0;
#else
  return 1;
#endif
}

static int small_pages(char **command) {
  if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)) perror("small pages");
  execvp(command[0], command);
  perror(command[0]);
  return 127;
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "tsc")) return tsc();
  if (argc > 2 && !strcmp(argv[1], "small-pages")) return small_pages(argv + 2);
  mkdir(FOLDER, 0755);
  for (int i = 0; i < PORTS; i++) {
    struct port *p = &ports[i];
    p->fd = -1;
    for (int k = 0; k < SESSIONS; k++) p->sessions[k].fd = -1;
    listen_on(p);
    for (int tries = 0; !open_port(p); tries++) {
      if (tries > 600) {
        fprintf(stderr, "no port %s\n", p->name);
        return 1;
      }
      usleep(50000);
    }
  }
  serve();
}
