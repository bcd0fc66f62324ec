// Bytes per second, direction and kind for the live chart: a look at four header fields, nothing more. The figures of
// record come from the summaries; this only draws the last minutes. Runs in the analysis thread, per frame.

import type { DeviceKey } from '../../model/mac.ts';
import { INFRA, OVERFLOW } from '../../model/mac.ts';

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
const MAX_CELLS = 4096;

export interface FrameOwner {
  readonly device: DeviceKey;
  readonly mac: Uint8Array | null;
  readonly infra: readonly Uint8Array[];
}

export class TrafficMeter {
  readonly #cells = new Map<string, TrafficCell>();
  /** Of the second and device counted last: packets come in runs. */
  #own: TrafficCell | undefined;
  #all: TrafficCell | undefined;

  get isFull(): boolean {
    return this.#cells.size >= MAX_CELLS;
  }

  add(owner: FrameOwner, bytes: Uint8Array, start: number, end: number, second: number, length: number, link: number) {
    if (link !== ETHERNET || end - start < 14) return;
    const own = owner.mac !== null && sameMac(bytes, start + 6, owner.mac);
    const fromInfra = isAmong(bytes, start + 6, owner.infra);
    const out = owner.device === OVERFLOW ? !fromInfra : own;
    const kinds = kindsOf(bytes, start, end);
    this.#own = this.#cellOf(owner.device, second, this.#own);
    count(this.#own, out, kinds, length);
    // In the file of a device, a frame of another captured device is in that device's file too: count it there.
    const shared = !own && !fromInfra && owner.device !== OVERFLOW && owner.device !== INFRA;
    if (shared) return;
    this.#all = this.#cellOf(EVERY_DEVICE, second, this.#all);
    count(this.#all, out, kinds, length);
  }

  /** What was counted since the last call. */
  take(): TrafficCell[] {
    const cells = [...this.#cells.values()];
    this.#cells.clear();
    this.#own = undefined;
    this.#all = undefined;
    return cells;
  }

  #cellOf(device: TrafficCell['device'], second: number, last: TrafficCell | undefined): TrafficCell {
    if (last?.second === second && last.device === device) return last;
    const key = `${device} ${second}`;
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const cell = { device, second, bytes: Array.from({ length: TRAFFIC_CELLS }, () => 0) };
    this.#cells.set(key, cell);
    return cell;
  }
}

function count(cell: TrafficCell, out: boolean, kinds: number, length: number): void {
  const base = out ? 0 : TRAFFIC_KINDS.length;
  for (let kind = 0; kind < TRAFFIC_KINDS.length; kind++) if ((kinds >> kind) & 1) cell.bytes[base + kind]! += length;
}

function sameMac(bytes: Uint8Array, at: number, mac: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (bytes[at + i] !== mac[i]) return false;
  return true;
}

function isAmong(bytes: Uint8Array, at: number, macs: readonly Uint8Array[]): boolean {
  for (const mac of macs) if (sameMac(bytes, at, mac)) return true;
  return false;
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
  if (protocol === UDP) return TOTAL_BIT | UDP_BIT | (source === 443 || destination === 443 ? HTTPS_BIT : 0);
  if (isHttps(source) || isHttps(destination)) return TOTAL_BIT | TCP_BIT | HTTPS_BIT;
  return TOTAL_BIT | TCP_BIT | (isHttp(source) || isHttp(destination) ? HTTP_BIT : 0);
}

function isHttps(port: number): boolean {
  return port === 443 || port === 8443;
}

function isHttp(port: number): boolean {
  return port === 80 || port === 8080;
}

function read16(bytes: Uint8Array, at: number, end: number): number {
  return at + 2 <= end ? ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0) : -1;
}
