// Sends numbered frames into a network interface: what the home of a fault test says. Compiled by traffic.ts at test time.
// Every frame carries its run, its number and who speaks to whom, so that the reader (evidence.ts) can tell exactly what is
// missing, doubled, in the wrong file or altered. AF_PACKET + sendmmsg(2) in batches; needs CAP_NET_RAW.
//
// Frame: Ethernet 14 | IPv4 20 | UDP 8 | payload. Payload, big-endian, from offset 42:
//   magic "WFLT" 4 | run 4 | number 8 | device 2 | peer 2 | direction 1 (0 up, 1 down, 2 peer, 3 spoofed) | 0 1 | length 2
// and in the last four bytes the low half of the number again, as proof that the frame is whole.
// Addresses: device d is 02:d0:00:00:dd:dd, the gateway 02:67:77:00:00:01, a spoofed one 06:5f:00:nn:nn:nn.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, MAX_FRAME = 1514, MIN_FRAME = 70, MAGIC_AT = 42 };
enum { UP, DOWN, PEER, SPOOFED };

static volatile sig_atomic_t stopped;
static uint8_t frames[BATCH][MAX_FRAME];
static uint64_t random_state = 88172645463325252u;

static void on_signal(int signal_number) {
  (void)signal_number;
  stopped = 1;
}

static uint64_t next_random(void) { // xorshift64
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static void put(uint8_t *at, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--, value >>= 8) at[i] = value & 0xff;
}

static void put_device(uint8_t *at, unsigned device) {
  memcpy(at, "\x02\xd0\x00\x00", 4);
  put(at + 4, device, 2);
}

static void put_gateway(uint8_t *at) { memcpy(at, "\x02\x67\x77\x00\x00\x01", 6); }

static void put_spoofed(uint8_t *at, uint64_t index) {
  memcpy(at, "\x06\x5f\x00", 3);
  put(at + 3, index, 3);
}

// The mix of research/capture-engines.md: 30 % 90, 20 % 400-800, 50 % 1000-1414 bytes; mean about 752.
static unsigned mixed_size(void) {
  uint64_t r = next_random();
  unsigned share = r % 100;
  if (share < 30) return 90;
  if (share < 50) return 400 + (r >> 8) % 401;
  return 1000 + (r >> 8) % 415;
}

static uint16_t ip_checksum(const uint8_t *header) {
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += header[i] << 8 | header[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

struct options {
  const char *interface;
  unsigned devices, size, down, peer, run, lead;
  uint64_t count, rate, first, spoofed;
};

static void put_addresses(uint8_t *f, int direction, unsigned device, unsigned peer, uint64_t spoof) {
  if (direction == DOWN) {
    put_device(f, device);
    put_gateway(f + 6);
  } else {
    if (direction == PEER) put_device(f, peer); else put_gateway(f);
    if (direction == SPOOFED) put_spoofed(f + 6, spoof); else put_device(f + 6, device);
  }
}

static unsigned build(uint8_t *f, const struct options *o, uint64_t number) {
  static unsigned device, burst;
  if (burst == 0) {
    device = next_random() % o->devices;
    burst = 1 + next_random() % 6;
  }
  burst--;
  unsigned size = o->size ? o->size : mixed_size();
  unsigned share = next_random() % 100, speaker = device, peer = 0;
  int direction = share < o->down ? DOWN : share < o->down + o->peer && o->devices > 1 ? PEER : UP;
  uint64_t spoof = 0;
  if (number - o->first < o->lead) { // every device speaks first, so that it is known before it is spoken to
    speaker = (number - o->first) % o->devices;
    direction = UP;
  } else if (o->spoofed) {
    direction = SPOOFED;
    spoof = number % o->spoofed;
  }
  if (direction == PEER) peer = (speaker + 1 + next_random() % (o->devices - 1)) % o->devices;

  put_addresses(f, direction, speaker, peer, spoof);
  put(f + 12, 0x0800, 2);
  uint8_t *ip = f + 14;
  memcpy(ip, "\x45\0\0\0\0\0\x40\0\x40\x11\0\0", 12);
  put(ip + 2, size - 14, 2);
  put(ip + 12, direction == DOWN ? 0xcb007101u : 0x0a000000u + speaker, 4);
  put(ip + 16, direction == DOWN ? 0x0a000000u + speaker : 0xcb007101u, 4);
  put(ip + 10, ip_checksum(ip), 2);
  put(ip + 20, 20000 + speaker % 1000, 2);
  put(ip + 22, 9, 2);
  put(ip + 24, size - 34, 2);
  put(ip + 26, 0, 2);
  memcpy(f + MAGIC_AT, "WFLT", 4);
  put(f + 46, o->run, 4);
  put(f + 50, number, 8);
  put(f + 58, speaker, 2);
  put(f + 60, peer, 2);
  put(f + 62, (uint64_t)direction << 8, 2);
  put(f + 64, size, 2);
  put(f + size - 4, number, 4);
  return size;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void wait_until(double moment) {
  double left = moment - now();
  if (left <= 0) return;
  struct timespec t = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (time_t)left) * 1e9)};
  nanosleep(&t, NULL);
}

static int open_socket(const char *interface) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = 0, .sll_ifindex = (int)if_nametoindex(interface)};
  if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof to) < 0) {
    perror(interface);
    exit(1);
  }
  return fd;
}

// Sends all of a batch over short counts; false when the interface is gone or down.
static int send_all(int fd, struct mmsghdr *messages, unsigned count) {
  for (unsigned done = 0; done < count;) {
    int n = sendmmsg(fd, messages + done, count - done, 0);
    if (n > 0) done += (unsigned)n;
    else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) return perror("sendmmsg"), 0;
  }
  return 1;
}

static uint64_t send_frames(int fd, const struct options *o) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec parts[BATCH];
  for (int i = 0; i < BATCH; i++) {
    parts[i].iov_base = frames[i];
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  double start = now();
  uint64_t sent = 0;
  while (sent < o->count && !stopped) {
    unsigned batch = o->rate && o->rate < 3200 ? 1 + (unsigned)(o->rate / 100) : BATCH;
    if (o->count - sent < batch) batch = (unsigned)(o->count - sent);
    for (unsigned i = 0; i < batch; i++) parts[i].iov_len = build(frames[i], o, o->first + sent + i);
    if (!send_all(fd, messages, batch)) break;
    sent += batch;
    if (o->rate) wait_until(start + (double)sent / (double)o->rate);
  }
  return sent;
}

static uint64_t number(const char *text) { return strtoull(text, NULL, 10); }

int main(int argc, char **argv) {
  struct options o = {.devices = 20, .count = UINT64_MAX, .down = 40, .rate = 1000};
  for (int c; (c = getopt(argc, argv, "i:n:c:r:s:d:x:m:g:f:e:l:")) != -1;) {
    switch (c) {
      case 'i': o.interface = optarg; break;
      case 'n': o.devices = (unsigned)number(optarg); break;
      case 'c': o.count = number(optarg); break;
      case 'r': o.rate = number(optarg); break; // frames a second; 0 is as fast as it goes
      case 's': o.size = (unsigned)number(optarg); break; // 0 is the mix
      case 'd': o.down = (unsigned)number(optarg); break; // percent
      case 'x': o.peer = (unsigned)number(optarg); break; // percent
      case 'm': o.spoofed = number(optarg); break;
      case 'g': o.run = (unsigned)number(optarg); break;
      case 'f': o.first = number(optarg); break;
      case 'l': o.lead = (unsigned)number(optarg); break;
      case 'e': random_state = number(optarg) * 2654435761u + 1; break;
      default: return 2;
    }
  }
  if (!o.interface || o.devices < 1 || o.devices > 65535 || (o.size && (o.size < MIN_FRAME || o.size > MAX_FRAME))) return 2;
  if (o.lead == 0) o.lead = o.devices;
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  int fd = open_socket(o.interface);
  double start = now();
  uint64_t sent = send_frames(fd, &o);
  printf("{\"sent\":%llu,\"seconds\":%.6f}\n", (unsigned long long)sent, now() - start);
  return 0;
}
