// The last fifteen minutes of bytes per second, per device, in capture time. Filled by traffic-meter.ts through the
// analysis thread, drawn by the page. Capture time, not wall time: a file replayed years later draws the same curve.

import type { DeviceKey } from '../../model/mac.ts';
import { EVERY_DEVICE, TRAFFIC_CELLS, TRAFFIC_KINDS, type TrafficCell } from '../thread/traffic-meter.ts';

export const RING_SECONDS = 900;
/** More than capture distinguishes at once (64); others came in an earlier run of it. */
const MAX_DEVICES = 80;
/** A clock that was set back by more than this restarts the chart. */
const STEP_BACK_SECONDS = 120;

export type TrafficKind = (typeof TRAFFIC_KINDS)[number];
export type TrafficSeries = Readonly<Record<TrafficKind, number[]>>;

export interface TrafficWindow {
  readonly from: number;
  readonly out: TrafficSeries;
  readonly in: TrafficSeries;
}

export class TrafficRing {
  readonly #rings = new Map<string, Float64Array>();
  /** Newest second of capture time, and when it was seen on the monotonic clock (ms). */
  #newest = 0;
  #seenAt = 0;

  add(cells: readonly TrafficCell[], nowMs: number): void {
    for (const cell of cells) {
      this.#turnTo(cell.second, nowMs);
      if (cell.second <= this.#newest - RING_SECONDS) continue;
      const ring = this.#ring(cell.device);
      const base = (cell.second % RING_SECONDS) * TRAFFIC_CELLS;
      for (let i = 0; i < TRAFFIC_CELLS; i++) ring[base + i] = (ring[base + i] ?? 0) + (cell.bytes[i] ?? 0);
    }
  }

  /** The second that capture time has reached: it goes on while no packet comes. 0 before the first packet. */
  now(nowMs: number): number {
    return this.#newest === 0 ? 0 : this.#newest + Math.max(0, Math.floor((nowMs - this.#seenAt) / 1000));
  }

  /** `seconds` values that end with the current second; zeros where nothing was seen. */
  window(device: DeviceKey | typeof EVERY_DEVICE, seconds: number, nowMs: number): TrafficWindow {
    const last = this.now(nowMs);
    const from = last - seconds + 1;
    const out = emptySeries(seconds);
    const into = emptySeries(seconds);
    const ring = this.#rings.get(device);
    for (let i = 0; ring !== undefined && i < seconds; i++) this.#copy(ring, from + i, i, out, into);
    return { from, out, in: into };
  }

  clear(): void {
    this.#rings.clear();
    this.#newest = 0;
  }

  #copy(ring: Float64Array, second: number, to: number, out: TrafficSeries, into: TrafficSeries): void {
    if (second > this.#newest || second <= this.#newest - RING_SECONDS || second < 0) return;
    const base = (second % RING_SECONDS) * TRAFFIC_CELLS;
    TRAFFIC_KINDS.forEach((kind, index) => {
      out[kind][to] = ring[base + index] ?? 0;
      into[kind][to] = ring[base + TRAFFIC_KINDS.length + index] ?? 0;
    });
  }

  /** Moves the newest second forward and empties what it passes over. */
  #turnTo(second: number, nowMs: number): void {
    if (second < this.#newest - STEP_BACK_SECONDS && nowMs - this.#seenAt > STEP_BACK_SECONDS * 1000) this.clear();
    if (second <= this.#newest) return;
    const gap = this.#newest === 0 ? 0 : Math.min(RING_SECONDS, second - this.#newest);
    for (let i = 1; i <= gap; i++) {
      const base = ((this.#newest + i) % RING_SECONDS) * TRAFFIC_CELLS;
      for (const ring of this.#rings.values()) ring.fill(0, base, base + TRAFFIC_CELLS);
    }
    this.#newest = second;
    this.#seenAt = nowMs;
  }

  /** Most recently active last. Where there are too many, the one silent for longest makes room. */
  #ring(device: string): Float64Array {
    const ring = this.#rings.get(device) ?? new Float64Array(RING_SECONDS * TRAFFIC_CELLS);
    this.#rings.delete(device);
    this.#rings.set(device, ring);
    const [silent] = this.#rings.keys();
    if (this.#rings.size > MAX_DEVICES && silent !== undefined) this.#rings.delete(silent);
    return ring;
  }
}

function emptySeries(seconds: number): TrafficSeries {
  const zeros = () => Array.from({ length: seconds }, () => 0);
  return { total: zeros(), tcp: zeros(), udp: zeros(), http: zeros(), https: zeros() };
}
