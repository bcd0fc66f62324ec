// The other end of sd_notify(3): prints each message that arrives on the socket of that path. Compiled and started by limited.ts;
// Node has no datagram sockets of the Unix kind. A descriptor that comes along (BARRIER=1) is closed: that is the answer.

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  unlink(argv[1]);
  int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return perror(argv[1]), 1;
  chmod(argv[1], 0666);
  puts("LISTENING");
  for (fflush(stdout);; fflush(stdout)) {
    char text[4096], control[256];
    struct iovec part = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t bytes = recvmsg(listener, &message, 0);
    if (bytes < 0) return 1;
    text[bytes] = 0;
    puts(text);
    for (struct cmsghdr *extra = CMSG_FIRSTHDR(&message); extra; extra = CMSG_NXTHDR(&message, extra))
      if (extra->cmsg_level == SOL_SOCKET && extra->cmsg_type == SCM_RIGHTS) close(*(int *)CMSG_DATA(extra));
  }
}
