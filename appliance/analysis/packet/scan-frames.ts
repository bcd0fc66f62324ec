// Frames of the appliance's own scanner, recognised by their content: between one of its ports and a device, and what ARP and ICMP say
// about those. Everything else that the appliance and a device say to each other (DNS, DHCP, time, ARP that the device asks) is
// none. Whether a scan ran at that time is asked by the caller (store/tail/scan-windows.ts). Untagged Ethernet and IPv4 only, as the
// scanner sends it.

import { SCANNER_PORTS } from '../../model/scan/port-scan.ts';

const ETHERNET = 14;
const ARP = 0x0806;
const IPV4 = 0x0800;
const ICMP = 1;
const TCP = 6;
const UDP = 17;
/** Request types of ICMP (RFC 792) and, one less or more, their answers: echo, timestamp, address mask. */
const QUESTIONS: ReadonlySet<number> = new Set([8, 13, 17]);
const ANSWERS: ReadonlySet<number> = new Set([0, 14, 18]);
/** Those that quote the packet they are about: unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/**
 * IPv4 address (as a number) of the device that the frame of a scan is about, or -1 for all others.
 * @param appliance MAC addresses of the appliance, six bytes each
 */
export function scannedHost(bytes: Uint8Array, start: number, end: number, appliance: readonly Uint8Array[]): number {
  if (end - start < ETHERNET + 20) return -1;
  const type = read16(bytes, start + 12);
  if (type === IPV4) return hostOfIpv4(bytes, start, end, appliance);
  return type === ARP && end - start >= ETHERNET + 28 ? hostOfArp(bytes, start, appliance) : -1;
}

function hostOfIpv4(bytes: Uint8Array, start: number, end: number, appliance: readonly Uint8Array[]): number {
  const ip = start + ETHERNET;
  const l4 = ip + ((bytes[ip] ?? 0) & 15) * 4;
  const protocol = bytes[ip + 9];
  const isLaterFragment = (read16(bytes, ip + 6) & 0x1fff) !== 0;
  if (isLaterFragment || l4 + 4 > end) return -1;
  if (protocol === TCP || protocol === UDP) {
    if (isOurs(read16(bytes, l4)) && isAmong(bytes, start + 6, appliance)) return read32(bytes, ip + 16);
    return isOurs(read16(bytes, l4 + 2)) && isAmong(bytes, start, appliance) ? read32(bytes, ip + 12) : -1;
  }
  return protocol === ICMP ? hostOfIcmp(bytes, start, end, l4, appliance) : -1;
}

function hostOfIcmp(
  bytes: Uint8Array,
  start: number,
  end: number,
  icmp: number,
  appliance: readonly Uint8Array[],
): number {
  const ip = start + ETHERNET;
  const type = bytes[icmp] ?? 255;
  const isFrom = isAmong(bytes, start + 6, appliance);
  const isTo = isAmong(bytes, start, appliance);
  if (QUESTIONS.has(type)) return isFrom ? read32(bytes, ip + 16) : -1;
  if (ANSWERS.has(type)) return isTo ? read32(bytes, ip + 12) : -1;
  if (!ERRORS.has(type)) return -1;
  const quoted = icmp + 8;
  const ports = quoted + ((bytes[quoted] ?? 0) & 15) * 4;
  if (ports < quoted + 20 || ports + 4 > end) return -1;
  if (isTo && isOurs(read16(bytes, ports))) return read32(bytes, quoted + 16);
  // The kernel refuses answers to a port at which no program of its own listens.
  return isFrom && isOurs(read16(bytes, ports + 2)) ? read32(bytes, quoted + 12) : -1;
}

/** The appliance asks, the device answers. What the device asks is its own. */
function hostOfArp(bytes: Uint8Array, start: number, appliance: readonly Uint8Array[]): number {
  const arp = start + ETHERNET;
  const operation = read16(bytes, arp + 6);
  if (operation === 1) return isAmong(bytes, start + 6, appliance) ? read32(bytes, arp + 24) : -1;
  return operation === 2 && isAmong(bytes, start, appliance) ? read32(bytes, arp + 14) : -1;
}

function isOurs(port: number): boolean {
  return port >= SCANNER_PORTS.first && port <= SCANNER_PORTS.last;
}

function isAmong(bytes: Uint8Array, at: number, addresses: readonly Uint8Array[]): boolean {
  return addresses.some((address) => address.every((byte, i) => bytes[at + i] === byte));
}

function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function read32(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 65_536 + read16(bytes, at + 2);
}
