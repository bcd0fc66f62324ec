// Bytes per second, direction and kind for the live chart: a look at four header fields, nothing more. The figures of
// record come from the summaries; this only draws the last minutes. Runs in the analysis thread, per frame.

import type { DeviceKey } from '../model/mac.ts';
import { INFRA, OVERFLOW } from '../model/mac.ts';

/** Order of the numbers of one second: five kinds out of the device, then five into it. */
export const TRAFFIC_KINDS = ['total', 'tcp', 'udp', 'http', 'https'] as const;
export const TRAFFIC_CELLS = 2 * TRAFFIC_KINDS.length;

/** The appliance as a whole: every frame once. */
export const EVERY_DEVICE = '*';

export interface TrafficCell {
  readonly device: DeviceKey | typeof EVERY_DEVICE;
  readonly second: number;
  readonly bytes: number[];
}

const ETHERNET = 1;
const TCP = 6;
const UDP = 17;
/** Seconds kept before a flush; a burst of old packets (catching up) is flushed often enough. */
const MOST_CELLS = 4096;

export interface FrameOwner {
  readonly device: DeviceKey;
  readonly mac: Uint8Array | null;
  readonly infra: readonly Uint8Array[];
}

export class TrafficMeter {
  readonly #cells = new Map<string, TrafficCell>();

  get isFull(): boolean {
    return this.#cells.size >= MOST_CELLS;
  }

  add(owner: FrameOwner, bytes: Uint8Array, start: number, end: number, second: number, length: number, link: number) {
    if (link !== ETHERNET || end - start < 14) return;
    const own = owner.mac !== null && sameMac(bytes, start + 6, owner.mac);
    const fromInfra = owner.infra.some((mac) => sameMac(bytes, start + 6, mac));
    const out = owner.device === OVERFLOW ? !fromInfra : own;
    const kinds = kindsOf(bytes, start, end);
    this.#count(owner.device, second, out, kinds, length);
    // In the file of a device, a frame of another captured device stands in that one's file too: count it there.
    const shared = !own && !fromInfra && owner.device !== OVERFLOW && owner.device !== INFRA;
    if (!shared) this.#count(EVERY_DEVICE, second, out, kinds, length);
  }

  /** What was counted since the last call. */
  take(): TrafficCell[] {
    const cells = [...this.#cells.values()];
    this.#cells.clear();
    return cells;
  }

  #count(device: TrafficCell['device'], second: number, out: boolean, kinds: number, length: number): void {
    const key = `${device} ${second}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { device, second, bytes: Array.from({ length: TRAFFIC_CELLS }, () => 0) };
      this.#cells.set(key, cell);
    }
    const base = out ? 0 : TRAFFIC_KINDS.length;
    for (let kind = 0; kind < TRAFFIC_KINDS.length; kind++) {
      if ((kinds >> kind) & 1) cell.bytes[base + kind] = (cell.bytes[base + kind] ?? 0) + length;
    }
  }
}

function sameMac(bytes: Uint8Array, at: number, mac: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (bytes[at + i] !== mac[i]) return false;
  return true;
}

const TOTAL_BIT = 1;
const TCP_BIT = 2;
const UDP_BIT = 4;
const HTTP_BIT = 8;
const HTTPS_BIT = 16;

/** Bits in the order of TRAFFIC_KINDS. Tags (802.1Q, 802.1ad) are looked through, at most four. */
function kindsOf(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 12;
  let type = read16(bytes, at, end);
  for (let tags = 0; tags < 4 && (type === 0x8100 || type === 0x88a8); tags++) {
    at += 4;
    type = read16(bytes, at, end);
  }
  if (type === 0x0800) return kindsOfIpv4(bytes, at + 2, end);
  if (type === 0x86dd) return kindsOfTransport(bytes, bytes[at + 8] ?? 0, at + 42, end);
  return TOTAL_BIT;
}

/** RFC 791 §3.1; later fragments have no ports and count as their protocol only. */
function kindsOfIpv4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 20 > end) return TOTAL_BIT;
  const later = (read16(bytes, at + 6, end) & 0x1fff) !== 0;
  const ports = later ? end : at + ((bytes[at] ?? 0) & 15) * 4;
  return kindsOfTransport(bytes, bytes[at + 9] ?? 0, ports, end);
}

function kindsOfTransport(bytes: Uint8Array, protocol: number, at: number, end: number): number {
  if (at > end || (protocol !== TCP && protocol !== UDP)) return TOTAL_BIT;
  const source = read16(bytes, at, end);
  const destination = read16(bytes, at + 2, end);
  const has = (...ports: number[]) => ports.includes(source) || ports.includes(destination);
  if (protocol === UDP) return TOTAL_BIT | UDP_BIT | (has(443) ? HTTPS_BIT : 0);
  return TOTAL_BIT | TCP_BIT | (has(443, 8443) ? HTTPS_BIT : has(80, 8080) ? HTTP_BIT : 0);
}

function read16(bytes: Uint8Array, at: number, end: number): number {
  return at + 2 <= end ? ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0) : -1;
}
