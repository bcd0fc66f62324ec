// Cuts the power of one mounted ext4: FS_IOC_SHUTDOWN with "no log flush" drops everything that was not synced, and
// all later I/O fails. The same as pulling the plug, as far as the file system can tell (it trusts the device's own cache).
// Prints the moment before the cut, in nanoseconds since 1970.

#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

#define FS_IOC_SHUTDOWN _IOR('X', 125, __u32)

int main(int argc, char **argv) {
  __u32 no_log_flush = 2;
  int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (fd < 0 || ioctl(fd, FS_IOC_SHUTDOWN, &no_log_flush) < 0) {
    perror("power-cut");
    return 1;
  }
  printf("%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  return 0;
}
