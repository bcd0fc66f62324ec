// What is known of each device's ordinary hours, and whether it is enough to call something unusual. Read from a summary
// by first-seen.ts and anomalies.ts; the same summary gives the same answer, live or replayed.

import type { DocumentHistory, DocumentHour } from '../../model/analysis-document.ts';
import { type HourSums, readHours } from '../packet/hours.ts';
import type { Part } from '../summary/summary.ts';

export const HOUR_SECONDS = 3600;
/** Before that everything is new: a day, and in it as many hours with traffic. */
const LEAST_SPAN_HOURS = 24;
const LEAST_ACTIVE_HOURS = 12;

export class DeviceHistory {
  readonly #hours: ReadonlyMap<string, readonly HourSums[]>;
  /** Those that sent or were sent something. */
  readonly heard: ReadonlySet<string>;

  constructor(part: Part) {
    const all = [...readHours(part.hours)];
    this.heard = new Set(all.map(([mac]) => mac));
    const hours = all.map(([mac, list]) => [mac, list.filter(isActive)] as const);
    this.#hours = new Map(hours.filter(([, list]) => list.length > 0));
  }

  get devices(): string[] {
    return [...this.#hours.keys()].sort();
  }

  /** Hours in which the device sent something, in the order of time. */
  hours(mac: string): readonly HourSums[] {
    return this.#hours.get(mac) ?? [];
  }

  /** Hours in which the device sent something, before that of `seconds`. */
  before(mac: string, seconds: number): readonly HourSums[] {
    const hour = Math.floor(seconds / HOUR_SECONDS);
    return this.hours(mac).filter((sums) => sums.hour < hour);
  }

  /** Whether what happens at `seconds` can be held against a history. */
  isEnough(mac: string, seconds: number): boolean {
    const [first] = this.hours(mac);
    const span = first === undefined ? 0 : Math.floor(seconds / HOUR_SECONDS) - first.hour;
    return span >= LEAST_SPAN_HOURS && this.before(mac, seconds).length >= LEAST_ACTIVE_HOURS;
  }
}

function isActive({ packets_sent }: HourSums): boolean {
  return packets_sent > 0;
}

export function renderHistory(history: DeviceHistory): DocumentHistory[] {
  return history.devices.map((device) => {
    const hours = history.hours(device);
    const span = (hours.at(-1)?.hour ?? 0) - (hours[0]?.hour ?? 0) + 1;
    const enough = span > LEAST_SPAN_HOURS && hours.length > LEAST_ACTIVE_HOURS;
    const seen = `${hours.length} hours with traffic within ${span} hours`;
    const wanted = `${LEAST_ACTIVE_HOURS} hours with traffic within at least ${LEAST_SPAN_HOURS}`;
    const explanation = enough
      ? `${seen}: what is unlike them is listed`
      : `${seen}: not enough to decide what is unusual (${wanted} are needed)`;
    return { device, active_hours: hours.length, span_hours: span, enough, explanation };
  });
}

export function renderHours(history: DeviceHistory): DocumentHour[] {
  return history.devices.flatMap((device) =>
    history.hours(device).map(({ hour, ...sums }) => ({ device, hour: hourIso(hour), ...sums })),
  );
}

export function hourIso(hour: number): string {
  return new Date(hour * HOUR_SECONDS * 1000).toISOString();
}

/** `2 d 5 h` for people. */
export function hoursText(hours: number): string {
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
