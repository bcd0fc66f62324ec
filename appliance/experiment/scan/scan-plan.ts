// What is asked of a device, in parts, and how long that may take at most. Pure.

import type { ScanPart, ScanProfile } from '../../model/scan/port-scan.ts';
import { PORTS, parsePorts } from '../../model/scan/port-set.ts';

/** Ports of a part: some minutes of work, which a power cut makes again. */
const TCP_PART = 8192;
const UDP_PART = 1024;

/** The paper's full scan (`-sS -sU -p 0-65535`), or what nmap's list has most often. TCP first: it is done in minutes. */
export function planParts(profile: ScanProfile): ScanPart[] {
  if (profile === 'quick') return [part('tcp', 'top 1000'), part('udp', 'top 100')];
  return [...split('tcp', TCP_PART), ...split('udp', UDP_PART)];
}

/** nmap keeps the timing: a Linux target answers one closed UDP port a second (net.ipv4.icmp_ratelimit), so that is the time announced. */
export function longestSeconds(parts: readonly ScanPart[], packetsPerSecond: number): { tcp: number; udp: number } {
  let tcp = 0;
  let udp = 0;
  for (const { proto, ports, done } of parts) {
    if (done !== null) continue;
    if (proto === 'tcp') tcp += (2 * portCount(ports)) / packetsPerSecond;
    else udp += portCount(ports);
  }
  return { tcp: Math.ceil(tcp), udp };
}

/** `2 min`, `18 h 12 min`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a person must know before the scan begins. */
export function timeText(parts: readonly ScanPart[], packetsPerSecond: number): string {
  const { tcp, udp } = longestSeconds(parts, packetsPerSecond);
  const slow = `UDP up to ${durationText(udp)}, since a device that answers one closed port a second cannot be asked faster`;
  return `TCP about ${durationText(tcp)}; ${slow}. It goes on after a restart.`;
}

export function portCount(ports: string): number {
  const top = /^top (\d+)$/.exec(ports);
  return top === null ? (parsePorts(ports)?.length ?? 0) : Number(top[1]);
}

function split(proto: 'tcp' | 'udp', size: number): ScanPart[] {
  const parts: ScanPart[] = [];
  for (let from = 0; from < PORTS; from += size) parts.push(part(proto, `${from}-${Math.min(from + size, PORTS) - 1}`));
  return parts;
}

function part(proto: 'tcp' | 'udp', ports: string): ScanPart {
  return { proto, ports, done: null, seconds: null };
}
