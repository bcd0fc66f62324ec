// What Amar's scripts read from packets rather than from logs: hourly sums of frame lengths, bytes by address, bursts of SSDP,
// silences, and which address a MAC had when. A fold with bounds next to zeek/tracker.ts.

import { ipv4Text, ipv6Text } from '../../decode/address-text.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { macFromBytes } from '../../model/mac.ts';

export interface Burst {
  /** Seconds since 1970, of its first frame. */
  readonly start: number;
  last: number;
  /** Frame lengths. */
  bytes: number;
  frames: number;
}

export interface Presence {
  first: number;
  last: number;
  frames: number;
  /** Silences of SILENCE_SECONDS and more: from, to. */
  readonly silences: [number, number][];
}

export interface AddressSpan {
  readonly mac: string;
  readonly ip: string;
  first: number;
  last: number;
  frames: number;
}

/** Frames closer together belong to one burst. */
export const BURST_SECONDS = 2;
export const SILENCE_SECONDS = 3600;
/** MACs in one hour's sums, and in the list of who was present; each that a frame finds no room for is counted. */
const MAX_DEVICES = 5000;
/** Bursts of SSDP of one MAC; a frame that would begin a further one is counted. */
const MAX_BURSTS = 200_000;
/** Sources, sinks, and pairs of MAC and address, each; a frame that finds no room there is counted. */
const MAX_ADDRESSES = 100_000;

export class AmarObserver implements FrameSink {
  /** By hour (seconds since 1970), then MAC; a frame counts for sender and receiver there, once under ''. */
  readonly hours = new Map<number, Map<string, number>>();
  readonly bursts = new Map<string, Burst[]>();
  readonly presence = new Map<string, Presence>();
  readonly spans = new Map<string, AddressSpan>();
  readonly sources = new Map<string, number>();
  readonly sinks = new Map<string, number>();
  /** Frames that met a bound. */
  leftOut = 0;
  readonly #walk = new Walk();

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    length: number,
    linkType: number,
  ): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    const time = seconds + nanoseconds / 1e9;
    const source = walk.sourceMac < 0 ? '' : macFromBytes(bytes, walk.sourceMac);
    const target = walk.destinationMac < 0 ? '' : macFromBytes(bytes, walk.destinationMac);
    this.#countHour(seconds - (seconds % 3600), source, target, length);
    if (source !== '') this.#see(source, time);
    if (walk.ipVersion === 0) return;
    const text = walk.ipVersion === 4 ? ipv4Text : ipv6Text;
    const [from, to] = [text(bytes, walk.sourceIp), text(bytes, walk.destinationIp)];
    const ipBytes = walk.ipEnd - walk.networkStart;
    this.#add(this.sources, from, ipBytes);
    this.#add(this.sinks, to, ipBytes);
    this.#span(source, from, time);
    if (walk.hasPorts && walk.destinationPort === 1900 && isMulticast(to)) this.#burst(source, time, length);
  }

  #countHour(hour: number, source: string, target: string, length: number): void {
    const row = this.hours.get(hour) ?? new Map<string, number>();
    this.hours.set(hour, row);
    for (const mac of new Set(['', source, target])) {
      if (row.size >= MAX_DEVICES && !row.has(mac)) this.leftOut++;
      else row.set(mac, (row.get(mac) ?? 0) + length);
    }
  }

  #see(mac: string, time: number): void {
    const known = this.presence.get(mac);
    if (known === undefined) {
      if (this.presence.size >= MAX_DEVICES) this.leftOut++;
      else this.presence.set(mac, { first: time, last: time, frames: 1, silences: [] });
      return;
    }
    if (time - known.last >= SILENCE_SECONDS && known.silences.length < 1000) known.silences.push([known.last, time]);
    known.last = Math.max(known.last, time);
    known.first = Math.min(known.first, time);
    known.frames++;
  }

  #burst(mac: string, time: number, length: number): void {
    const list = this.bursts.get(mac) ?? [];
    this.bursts.set(mac, list);
    const open = list.at(-1);
    if (open !== undefined && time - open.last < BURST_SECONDS && time >= open.last) {
      open.last = time;
      open.bytes += length;
      open.frames++;
    } else if (list.length >= MAX_BURSTS) this.leftOut++;
    else list.push({ start: time, last: time, bytes: length, frames: 1 });
  }

  #span(mac: string, ip: string, time: number): void {
    const key = `${mac} ${ip}`;
    const known = this.spans.get(key);
    if (known !== undefined) {
      known.last = Math.max(known.last, time);
      known.first = Math.min(known.first, time);
      known.frames++;
    } else if (this.spans.size >= MAX_ADDRESSES) this.leftOut++;
    else this.spans.set(key, { mac, ip, first: time, last: time, frames: 1 });
  }

  #add(table: Map<string, number>, key: string, bytes: number): void {
    if (table.size >= MAX_ADDRESSES && !table.has(key)) this.leftOut++;
    else table.set(key, (table.get(key) ?? 0) + bytes);
  }
}

export function isMulticast(ip: string): boolean {
  return /^(?:2(?:2[4-9]|3\d)\.|ff|255\.255\.255\.255$)/.test(ip);
}
