// Put before the C library of a real server (LD_PRELOAD), this makes its disk fail and its clock jump while a test says so.
// The tests in Tests/EndToEndTests/Faults compile it and steer it by the files of the directory FAULTS:
//
//   clock   how many seconds the clock is off: "-86400"
//   disk    lines "CALL SUFFIX ERRNO": "sync -wal 5" has fsync and fdatasync of files whose names end in -wal fail with EIO;
//           "write .sqlite 30" has writes into the database itself fail with EROFS
//
// Without such a file everything is as it is.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// By system calls, so that reading the switch does not come back here.
static int read_switch(const char *name, char *text, int size) {
  const char *folder = getenv("FAULTS");
  char path[4096];
  if (!folder || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
  int saved = errno;
  int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  int count = file < 0 ? 0 : syscall(SYS_read, file, text, size - 1);
  if (file >= 0) syscall(SYS_close, file);
  errno = saved;
  text[count > 0 ? count : 0] = 0;
  return count > 0;
}

static int ends_with(const char *text, const char *suffix) {
  size_t length = strlen(text), end = strlen(suffix);
  return length >= end && strcmp(text + length - end, suffix) == 0;
}

// The errno with which `call` on this file is to fail; 0 if it is not.
static int fault(const char *call, int file) {
  char text[1024], link[64], path[4096];
  if (!read_switch("disk", text, sizeof text)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  char *rest;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char wanted[16], suffix[64];
    int number;
    if (sscanf(line, "%15s %63s %d", wanted, suffix, &number) == 3 && !strcmp(wanted, call) && ends_with(path, suffix)) return number;
  }
  return 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAILING(type, name, call, parameters, ...) \
  type name parameters { \
    static __typeof__(&name) real; \
    if (!real) real = REAL(name); \
    int number = fault(call, file); \
    if (number) { errno = number; return -1; } \
    return real(__VA_ARGS__); \
  }

FAILING(ssize_t, pwrite, "write", (int file, const void *bytes, size_t count, off_t offset), file, bytes, count, offset)
FAILING(ssize_t, pwrite64, "write", (int file, const void *bytes, size_t count, off64_t offset), file, bytes, count, offset)
FAILING(ssize_t, write, "write", (int file, const void *bytes, size_t count), file, bytes, count)
FAILING(int, fsync, "sync", (int file), file)
FAILING(int, fdatasync, "sync", (int file), file)

int clock_gettime(clockid_t clock, struct timespec *time) {
  static __typeof__(&clock_gettime) real;
  if (!real) real = REAL(clock_gettime);
  int result = real(clock, time);
  char text[64];
  if (result == 0 && clock == CLOCK_REALTIME && read_switch("clock", text, sizeof text)) time->tv_sec += atoll(text);
  return result;
}
