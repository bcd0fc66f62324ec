// Targets that a device tried in vain, and that others tried in vain on it: TCP that no SYN-ACK answered, UDP to a well-known port
// of the home that nothing answered. Of each hour and device; only where they are many, so that an ordinary home has none. What
// makes a scan of them is decided when a document is rendered (behaviour/scans.ts). Fed by the analyzer when a session opens.

import type { FindingEvidence } from '../../model/analysis-document.ts';
import { minuteOf } from '../summary/minutes.ts';
import { compareTimes, type ScanRecord, type Table, table } from '../summary/summary.ts';
import { earlierContact } from './contacts.ts';

/** `to`: the device tried; `from`: others tried it. */
export type ScanWay = 'to' | 'from';

/** Targets of one device and hour that are reported one by one; further ones are counted as probes. */
export const MAX_TARGETS = 256;
/** Fewer are no scan, and are not kept. */
const LEAST_TARGETS = 10;
/** Devices of an hour; for a file that holds more, the scans of these are reported. */
const MAX_DEVICES = 2048;

interface Tried {
  probes: number;
  /** First packet by `peer proto port`. */
  readonly targets: Map<string, FindingEvidence>;
}

export class Scans {
  /** Of the current hour, by `mac way`. */
  readonly #tried = new Map<string, Tried>();
  readonly #records = table<ScanRecord>();
  #hour = -1;
  /** Devices without room. */
  dropped = 0;

  /** A session to `target` (`peer proto port`) begins. */
  open(mac: string, way: ScanWay, target: string, seconds: number, evidence: () => FindingEvidence): void {
    this.#turn(seconds);
    const key = `${mac} ${way}`;
    const known = this.#tried.get(key);
    if (known === undefined && this.#tried.size >= MAX_DEVICES) {
      this.dropped++;
      return;
    }
    const tried = known ?? { probes: 0, targets: new Map<string, FindingEvidence>() };
    if (known === undefined) this.#tried.set(key, tried);
    tried.probes++;
    if (!tried.targets.has(target) && tried.targets.size < MAX_TARGETS) tried.targets.set(target, evidence());
  }

  /** It was answered: the target is none of a scan. */
  answered(mac: string, way: ScanWay, target: string): void {
    const tried = this.#tried.get(`${mac} ${way}`);
    if (tried?.targets.delete(target) === true) tried.probes--;
  }

  #turn(seconds: number): void {
    const hour = Math.floor(minuteOf(seconds) / 60);
    if (hour === this.#hour) return;
    this.#keep(this.#records);
    this.#tried.clear();
    this.#hour = hour;
  }

  #keep(records: Table<ScanRecord>): void {
    for (const [key, { probes, targets }] of this.#tried) {
      if (targets.size < LEAST_TARGETS) continue;
      const record = { probes, targets: Object.assign(table<FindingEvidence>(), Object.fromEntries(targets)) };
      const at = `${key} ${this.#hour}`;
      records[at] = records[at] === undefined ? record : mergeScans(records[at], record);
    }
  }

  /** By `mac way hour`; undefined where nobody scans. */
  records(): Table<ScanRecord> | undefined {
    const records = Object.assign(table<ScanRecord>(), this.#records);
    this.#keep(records);
    return Object.keys(records).length === 0 ? undefined : records;
  }
}

export function mergeScans(a: ScanRecord, b: ScanRecord): ScanRecord {
  const targets = Object.assign(table<FindingEvidence>(), a.targets);
  for (const [target, evidence] of Object.entries(b.targets)) {
    const known = targets[target];
    targets[target] = known === undefined ? evidence : earlierContact(known, evidence);
  }
  const keys = Object.keys(targets);
  if (keys.length > MAX_TARGETS) {
    const order = (x: string, y: string): number => compareTimes(targets[x]!.ts, targets[y]!.ts) || (x < y ? -1 : 1);
    for (const key of keys.sort(order).slice(MAX_TARGETS)) delete targets[key];
  }
  return { probes: a.probes + b.probes, targets };
}
