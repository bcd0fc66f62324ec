// The ear of a service manager: binds a Unix datagram socket (NOTIFY_SOCKET, sd_notify(3)) and prints each message as a line.

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char text[4096];
  ssize_t length;
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("notify-receiver");
    return 1;
  }
  puts("listening");
  fflush(stdout);
  while ((length = recv(fd, text, sizeof text - 1, 0)) >= 0) {
    text[length] = 0;
    printf("%s\n", text);
    fflush(stdout);
  }
  return 1;
}
