// What a device does unlike it did before: simple comparisons with its own history, each with the figures it rests on.
// Never against other devices, never learned weights: a reader can check it. From a summary, when a document is
// rendered. Only after enough history (device-history.ts); before that the document says so.

import { registrableDomain } from '../../geo/domain.ts';
import type {
  DocumentAnomaly,
  DocumentFirstSeen,
  DocumentPeriod,
  FindingEvidence,
} from '../../model/analysis-document.ts';
import type { OutlinedConversation } from '../document/conversations.ts';
import type { DocumentTables } from '../document/tables.ts';
import type { RuleId } from '../inspect/rules.ts';
import type { HourSums } from '../packet/hours.ts';
import { compareTimes, later, type Part, timeText } from '../summary/summary.ts';
import { type DeviceHistory, HOUR_SECONDS, hourIso, hoursText } from './device-history.ts';
import { firstServices } from './first-seen.ts';
import { longSilences, newCountries, newResolvers } from './novelties.ts';
import { isScanned } from './scans.ts';

/** How many times its median hour a device must send, and how much at least: small devices vary. */
const VOLUME_TIMES = 10;
/** Fewer times are enough where it is also so many times what the device ever sent in an hour: one that often sends much is used to. */
const STEADY_VOLUME_TIMES = 5;
const TIMES_OF_LARGEST = 2;
const LEAST_VOLUME_BYTES = 1024 * 1024;
/** Hours with traffic that a median is taken from. */
const LEAST_HOURS_FOR_MEDIAN = 24;
/** Days on which a device was there before and after an hour of the day, and silent in it. */
const LEAST_SILENT_DAYS = 7;
const HOURS_PER_DAY = 24;
/** Periods that must be missed, and seconds. */
const MISSED_PERIODS = 10;
const LEAST_SILENCE_SECONDS = 3600;
/** Intervals that a habit rests on. */
const LEAST_INTERVALS = 12;

/** Newest first. */
export function findAnomalies(
  part: Part,
  firstSeen: readonly DocumentFirstSeen[],
  periods: readonly DocumentPeriod[],
  history: DeviceHistory,
  last: LastContacts,
  tables: DocumentTables,
): DocumentAnomaly[] {
  const wasScanned = isScanned(part);
  const met = firstSeen.filter((first) => !wasScanned(first));
  return [
    ...newDestinations(met, history),
    ...newCountries(part, met, tables),
    ...newServices(part, history),
    ...newResolvers(part, history),
    ...longSilences(history),
    ...history.devices.flatMap((mac) => [...largeHours(mac, history), ...strangeHours(mac, history)]),
    ...silences(part, periods, last, history),
  ].sort((x, y) => compareTimes(y.ts, x.ts) || (`${x.rule}${x.subject}` < `${y.rule}${y.subject}` ? -1 : 1));
}

interface Reported {
  readonly rule: RuleId;
  readonly kind: DocumentAnomaly['kind'];
  readonly device: string;
  readonly subject: string;
  readonly ts: string;
  readonly explanation: string;
  readonly evidence?: readonly FindingEvidence[];
}

function anomaly(reported: Reported): DocumentAnomaly {
  return { ...reported, evidence: reported.evidence ?? [] };
}

/** For how long the device had been watched when it happened. */
function watched(mac: string, ts: string, history: DeviceHistory): string {
  const first = history.hours(mac)[0]?.hour ?? 0;
  return hoursText(Math.floor(Number.parseInt(ts, 10) / HOUR_SECONDS) - first);
}

function newDestinations(firstSeen: readonly DocumentFirstSeen[], history: DeviceHistory): DocumentAnomaly[] {
  return firstSeen
    .filter(({ is_new }) => is_new)
    .map(({ device, destination, ip, proto, port, first_ts, known_before, evidence }) => {
      const where = destination === ip ? ip : `${destination} (${ip})`;
      const after = `after ${watched(device, first_ts, history)} in which it talked to ${many(known_before, 'other')}`;
      const explanation = `first packet to ${where}, ${proto} port ${port}, ${after}`;
      return anomaly({
        rule: 'ANOM-01',
        kind: 'destination',
        device,
        subject: destination,
        ts: first_ts,
        explanation,
        evidence,
      });
    });
}

function newServices(part: Part, history: DeviceHistory): DocumentAnomaly[] {
  return firstServices(part)
    .filter(({ contact }) => history.isEnough(contact.mac, Number.parseInt(contact.evidence.ts, 10)))
    .map(({ subject, contact: { mac, way, proto, port, peer, evidence }, knownBefore }) => {
      const did =
        way === 'to' ? `used ${proto} port ${port} of ${peer}` : `answered ${peer} on its own ${proto} port ${port}`;
      const after = `after ${watched(mac, evidence.ts, history)} with ${many(knownBefore, 'other service')}`;
      return anomaly({
        rule: 'ANOM-02',
        kind: 'service',
        device: mac,
        subject,
        ts: evidence.ts,
        explanation: `${did} for the first time, ${after}`,
        evidence: [evidence],
      });
    });
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function hourTs(hour: number): string {
  return timeText(hour * HOUR_SECONDS, 0);
}

/** Each hour against the hours before it, so that an earlier statement stays true. */
function largeHours(mac: string, history: DeviceHistory): DocumentAnomaly[] {
  const hours = history.hours(mac);
  return hours.flatMap((sums, i) => {
    if (i < LEAST_HOURS_FOR_MEDIAN || sums.bytes_sent < LEAST_VOLUME_BYTES) return [];
    const before = hours.slice(0, i).map(({ bytes_sent }) => bytes_sent);
    const median = medianOf(before);
    const isRecord = sums.bytes_sent >= TIMES_OF_LARGEST * Math.max(...before);
    if (sums.bytes_sent < (isRecord ? STEADY_VOLUME_TIMES : VOLUME_TIMES) * median) return [];
    const times = median === 0 ? '' : `, ${Math.round(sums.bytes_sent / median)} times`;
    const explanation = `sent ${sums.bytes_sent} bytes in the hour of ${hourIso(sums.hour)}${times} the median of ${median} bytes in its ${i} hours before`;
    return [
      anomaly({
        rule: 'ANOM-03',
        kind: 'volume',
        device: mac,
        subject: hourIso(sums.hour),
        ts: hourTs(sums.hour),
        explanation,
      }),
    ];
  });
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Days count where the device was seen before and after that hour: else it, or capture, may have been off. Days and hours
 * are UTC, like segments, ledger and page: the same capture gives the same statements on every machine, wherever it was recorded.
 */
function strangeHours(mac: string, history: DeviceHistory): DocumentAnomaly[] {
  const days = new Map<number, Set<number>>();
  return history.hours(mac).flatMap(({ hour }: HourSums) => {
    const day = Math.floor(hour / HOURS_PER_DAY);
    const ofDay = hour % HOURS_PER_DAY;
    const silent = silentDays(days, day, ofDay);
    days.set(day, (days.get(day) ?? new Set()).add(ofDay));
    if (silent < LEAST_SILENT_DAYS) return [];
    const explanation = `sent in the hour of ${hourIso(hour)}; on all ${silent} days before it was there earlier and later, and silent at ${ofDay}:00 UTC`;
    return [
      anomaly({
        rule: 'ANOM-04',
        kind: 'hour',
        device: mac,
        subject: `${ofDay}:00 UTC`,
        ts: hourTs(hour),
        explanation,
      }),
    ];
  });
}

/** Earlier days that say the device keeps silent in that hour; -1 when one says the opposite. */
function silentDays(days: ReadonlyMap<number, ReadonlySet<number>>, today: number, ofDay: number): number {
  let silent = 0;
  for (const [day, hours] of days) {
    if (day >= today) continue;
    if (hours.has(ofDay)) return -1;
    const list = [...hours];
    if (list.some((hour) => hour < ofDay) && list.some((hour) => hour > ofDay)) silent++;
  }
  return silent;
}

/** Regular traffic that ended long before the device's last packet. */
function silences(
  part: Part,
  periods: readonly DocumentPeriod[],
  last: LastContacts,
  history: DeviceHistory,
): DocumentAnomaly[] {
  const end = part.last_ts;
  if (end === null) return [];
  return periods.flatMap(({ device, proto, ip, peer, port, seconds, intervals, share }) => {
    const ts = last.get(`${device} ${proto} ${ip} ${port}`);
    if (ts === undefined || intervals < LEAST_INTERVALS) return [];
    const silent = Number.parseInt(end, 10) - Number.parseInt(ts, 10);
    const enough = Math.max(LEAST_SILENCE_SECONDS, MISSED_PERIODS * seconds);
    if (silent < enough || watchedBetween(history, device, ts, end) < enough) return [];
    if (compareTimes(last.ofService(device, proto, ip, port), ts) > 0) return [];
    const habit = `every ${seconds} s (${Math.round(share * 100)} % of ${intervals} intervals)`;
    const explanation = `${proto} port ${port} of ${peer}: ${habit} until then, silent for ${hoursText(Math.floor(silent / HOUR_SECONDS))} since`;
    return [
      anomaly({ rule: 'ANOM-05', kind: 'silence', device, subject: `${proto} ${peer} ${port}`, ts, explanation }),
    ];
  });
}

/** Seconds of the hours between two times in which the device sent something: a pause of the recording is no silence. */
function watchedBetween(history: DeviceHistory, device: string, from: string, to: string): number {
  const [first = 0, last = 0] = [from, to].map((ts) => Math.floor(Number.parseInt(ts, 10) / HOUR_SECONDS));
  return history.hours(device).filter(({ hour }) => hour > first && hour < last).length * HOUR_SECONDS;
}

/** Time of the last packet by `mac proto address port`, of those that have a rhythm. Fed with conversations in any order. */
export class LastContacts {
  readonly #last = new Map<string, string>();
  readonly #rhythms: Part['rhythms'];
  /** Addresses that any rhythm is with: most conversations end here, before a key is made of them. */
  readonly #peers = new Set<string>();
  /** The same by the domain of the address, else by its owner: a cloud goes on under another address. */
  readonly #ofOwner = new Map<string, string>();
  /** By address. */
  readonly #owners = new Map<string, string | null>();
  readonly #tables: DocumentTables;
  readonly #addresses: Part['addresses'];

  constructor({ rhythms, addresses }: Part, tables: DocumentTables) {
    this.#rhythms = rhythms;
    this.#tables = tables;
    this.#addresses = addresses;
    for (const key of Object.keys(rhythms)) this.#peers.add(key.split(' ', 3)[2] ?? '');
  }

  add({ proto, a_ip, a_port, b_ip, b_port, shares }: OutlinedConversation, ts: string): void {
    for (const { a_mac, b_mac } of shares) {
      if (this.#peers.size > 0) {
        this.#noteOwner(a_mac, proto, b_ip, b_port, ts);
        this.#noteOwner(b_mac, proto, a_ip, a_port, ts);
      }
      if (this.#peers.has(b_ip)) this.#note(`${a_mac ?? ''} ${proto} ${b_ip} ${b_port}`, ts);
      if (this.#peers.has(a_ip)) this.#note(`${b_mac ?? ''} ${proto} ${a_ip} ${a_port}`, ts);
    }
  }

  #noteOwner(device: string | null, proto: string, ip: string, port: number, ts: string): void {
    const key = this.#ownerKey(device ?? '', proto, ip, port);
    if (key !== undefined) this.#ofOwner.set(key, later(this.#ofOwner.get(key) ?? ts, ts));
  }

  #ownerKey(device: string, proto: string, ip: string, port: number): string | undefined {
    let owner = this.#owners.get(ip);
    if (owner === undefined) {
      owner = this.#ownerOf(ip);
      this.#owners.set(ip, owner);
    }
    return owner === null ? undefined : `${device} ${proto} ${port} ${owner}`;
  }

  #ownerOf(ip: string): string | null {
    const { provider, org } = this.#tables.describeAddress(ip);
    return this.#domainOf(ip) ?? provider ?? org;
  }

  /** What somebody registered of the name under which the address was resolved; null without one. */
  #domainOf(ip: string): string | null {
    const names = Object.keys(this.#addresses[ip] ?? {}).filter((key) => key.startsWith('dns '));
    const [name] = names.toSorted();
    return name === undefined ? null : registrableDomain(name.slice('dns '.length));
  }

  /** Of the last packet with that port of any address of the same owner; 0.0 where nobody is known to own it. */
  ofService(device: string, proto: string, ip: string, port: number): string {
    const key = this.#ownerKey(device, proto, ip, port);
    return (key === undefined ? undefined : this.#ofOwner.get(key)) ?? '0.0';
  }

  #note(key: string, ts: string): void {
    if (this.#rhythms[key] !== undefined) this.#last.set(key, later(this.#last.get(key) ?? ts, ts));
  }

  get(key: string): string | undefined {
    return this.#last.get(key);
  }
}
