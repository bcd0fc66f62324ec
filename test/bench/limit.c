// The speed limit of the histogram pass on this machine: walk pcap records, find the conversation of each TCP and UDP
// packet over IPv4 and IPv6, count the bytes of its payload into an exact histogram per direction. Four tables, merged when
// the direction changes. Reads Ethernet with at most two VLAN tags; no options, no output but a checksum.
// cc -O3 -march=native -o limit limit.c -lm

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { uint8_t key[38]; uint32_t used; uint64_t packets, bytes, payload; uint32_t counts[256]; } Flow;

static Flow **flows;
static uint32_t mask = (1 << 20) - 1;
static uint32_t table[4][256];
static Flow *current;

static void flush_tables(void) {
  if (!current) return;
  for (int i = 0; i < 256; i++) current->counts[i] += table[0][i] + table[1][i] + table[2][i] + table[3][i];
  memset(table, 0, sizeof table);
}

static Flow *find(const uint8_t *key) {
  uint32_t hash = 2166136261u;
  for (int i = 0; i < 38; i += 2) hash = (hash ^ (key[i] << 8 | key[i + 1])) * 16777619u;
  for (uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (!flows[slot]) {
      flows[slot] = calloc(1, sizeof(Flow));
      memcpy(flows[slot]->key, key, 38);
      return flows[slot];
    }
    if (!memcmp(flows[slot]->key, key, 38)) return flows[slot];
  }
}

static void count(const uint8_t *p, const uint8_t *end) {
  for (; p + 4 <= end; p += 4) { table[0][p[0]]++; table[1][p[1]]++; table[2][p[2]]++; table[3][p[3]]++; }
  for (; p < end; p++) table[0][*p]++;
}

static void packet(const uint8_t *p, const uint8_t *end, uint32_t length) {
  if (end - p < 34) return;
  uint32_t type = p[12] << 8 | p[13];
  p += 14;
  for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8) && end - p > 4; tags++) { type = p[2] << 8 | p[3]; p += 4; }
  uint8_t key[38] = {0};
  uint8_t protocol;
  const uint8_t *transport, *stop;
  if (type == 0x0800 && end - p >= 20) {
    if ((p[6] & 0x1f) || p[7]) return;
    transport = p + (p[0] & 15) * 4;
    stop = p + (p[2] << 8 | p[3]);
    protocol = p[9];
    memcpy(key, p + 12, 4);
    memcpy(key + 16, p + 16, 4);
  } else if (type == 0x86dd && end - p >= 40) {
    transport = p + 40;
    stop = transport + (p[4] << 8 | p[5]);
    protocol = p[6];
    memcpy(key, p + 8, 32);
  } else return;
  if (stop > end) stop = end;
  if ((protocol != 6 && protocol != 17) || transport + 8 > stop) return;
  memcpy(key + 32, transport, 4);
  key[36] = protocol;
  key[37] = type == 0x0800;
  const uint8_t *payload = transport + (protocol == 17 ? 8 : transport + 13 > stop ? 20 : (transport[12] >> 4) * 4);
  Flow *flow = find(key);
  flow->packets++;
  flow->bytes += length;
  if (payload >= stop) return;
  flow->payload += stop - payload;
  if (flow != current) { flush_tables(); current = flow; }
  count(payload, stop);
}

int main(int argc, char **argv) {
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (!file) { fprintf(stderr, "usage: limit FILE\n"); return 2; }
  flows = calloc(mask + 1, sizeof *flows);
  static uint8_t buffer[1 << 20];
  size_t have = fread(buffer, 1, sizeof buffer, file), at = 24;
  uint64_t packets = 0;
  for (;;) {
    uint32_t header[4];
    while (have - at >= 16 && (memcpy(header, buffer + at, 16), have - at >= 16 + (size_t)header[2])) {
      packet(buffer + at + 16, buffer + at + 16 + header[2], header[3]);
      at += 16 + header[2];
      packets++;
    }
    memmove(buffer, buffer + at, have - at);
    have -= at;
    at = 0;
    size_t more = fread(buffer + have, 1, sizeof buffer - have, file);
    if (more == 0) break;
    have += more;
  }
  flush_tables();
  double entropy = 0;
  uint64_t directions = 0;
  for (uint32_t i = 0; i <= mask; i++) {
    if (!flows[i] || !flows[i]->payload) continue;
    double n = flows[i]->payload, sum = 0;
    for (int v = 0; v < 256; v++) { double c = flows[i]->counts[v]; if (c > 1) sum += c * log2(c); }
    entropy += log2(n) - sum / n;
    directions++;
  }
  printf("%llu packets %llu directions %f bits\n", (unsigned long long)packets, (unsigned long long)directions, entropy);
  return 0;
}
