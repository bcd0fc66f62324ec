// Invented traffic, second by second, for the mock server.

import type { TrafficSecond } from '../../appliance/publish/schemas/events.ts';
import type { TrafficResponse } from '../../appliance/publish/schemas/traffic.ts';
import { noise } from './mock-figures.ts';

/** A camera's clip every minute, a stream, keep-alives; the same second always looks the same. */
export function trafficSecond(second: number): TrafficSecond {
  const base = 4000 + noise(second) * 9000;
  const clip = second % 60 < 7 ? 240_000 + noise(second + 3) * 90_000 : 0;
  const https = Math.round(base + (second % 97 < 14 ? 150_000 * noise(second + 1) : 0));
  const http = Math.round(clip + noise(second + 2) * 2000);
  const udp = Math.round(noise(second + 4) * 3000 + (second % 52 === 0 ? 22_000 : 0));
  const other = Math.round(noise(second + 5) * 1500);
  const parts = (share: number) => {
    const [h, s, u] = [Math.round(http * share), Math.round(https * (1.6 - share)), Math.round(udp * share)];
    const tcp = h + s + other;
    return { total: tcp + u, tcp, udp: u, http: h, https: s };
  };
  return { second, in: parts(0.3), out: parts(1) };
}

export function trafficOf(span: number): TrafficResponse {
  const from = Math.floor(Date.now() / 1000) - span;
  const seconds = Array.from({ length: span - 1 }, (_, index) => trafficSecond(from + index));
  const series = (direction: 'in' | 'out') => ({
    total: seconds.map((one) => one[direction].total),
    tcp: seconds.map((one) => one[direction].tcp),
    udp: seconds.map((one) => one[direction].udp),
    http: seconds.map((one) => one[direction].http),
    https: seconds.map((one) => one[direction].https),
  });
  return { device: null, from, step_seconds: 1, in: series('in'), out: series('out') };
}
