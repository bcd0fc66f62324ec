// What a device does for the first time beyond new peers and services: a country, a DNS server, a silence longer than any before.
// Reported by anomalies.ts; like all there only against the device's own history.

import type { DocumentAnomaly, DocumentFirstSeen } from '../../model/analysis-document.ts';
import type { DocumentTables } from '../document/tables.ts';
import { type Contact, readContacts } from '../packet/contacts.ts';
import type { Part } from '../summary/summary.ts';
import { timeText } from '../summary/summary.ts';
import { type DeviceHistory, HOUR_SECONDS, hourIso, hoursText } from './device-history.ts';

/** Recorded hours without a word, at least, and how many times the longest silence before. */
const LEAST_SILENT_HOURS = 24;
const SILENCE_TIMES = 2;
/** A week has its own rhythm: before that any silence may be a habit. */
const LEAST_SPAN_HOURS = 7 * 24;
/** Where names are resolved: DNS, and DNS over TLS. */
const RESOLVER_SERVICES: ReadonlySet<string> = new Set(['udp 53', 'tcp 53', 'tcp 853']);

/**
 * Countries of destinations that are new themselves: a cloud that answers from another country under the names it always had is
 * no change of the device's.
 */
export function newCountries(
  part: Part,
  firstSeen: readonly DocumentFirstSeen[],
  tables: DocumentTables,
): DocumentAnomaly[] {
  const fresh = new Set(
    firstSeen.filter(({ is_new }) => is_new).map(({ device, ip, first_ts }) => `${device} ${ip} ${first_ts}`),
  );
  const known = new Map<string, Set<string>>();
  return readContacts(part.contacts).flatMap(({ mac, peer, proto, port, evidence }) => {
    const { country, internal } = tables.describeAddress(peer);
    if (internal || country === null) return [];
    const before = known.get(mac) ?? new Set<string>();
    known.set(mac, before);
    if (before.has(country)) return [];
    const isNew = fresh.has(`${mac} ${peer} ${evidence.ts}`) && before.size > 0;
    const earlier = [...before].sort().join(', ');
    before.add(country);
    if (!isNew) return [];
    const explanation = `first packet to ${country} (${peer}, ${proto} port ${port}); until then it talked to ${earlier}`;
    return [
      {
        rule: 'ANOM-06',
        kind: 'country',
        device: mac,
        subject: country,
        ts: evidence.ts,
        explanation,
        evidence: [evidence],
      },
    ];
  });
}

/** DNS servers that a device asks after it had asked others for long enough. */
export function newResolvers(part: Part, history: DeviceHistory): DocumentAnomaly[] {
  const known = new Map<string, Set<string>>();
  return readContacts(part.contacts)
    .filter(asksForNames)
    .flatMap(({ mac, peer, proto, port, evidence }) => {
      const before = known.get(mac) ?? new Set<string>();
      known.set(mac, before);
      const isNew = before.size > 0 && !before.has(peer) && history.isEnough(mac, Number.parseInt(evidence.ts, 10));
      const earlier = [...before].slice(0, 3).join(', ');
      before.add(peer);
      if (!isNew) return [];
      const explanation = `asked the DNS server ${peer} (${proto} port ${port}) for the first time; until then it asked ${earlier}`;
      return [
        {
          rule: 'DNS-02',
          kind: 'resolver',
          device: mac,
          subject: peer,
          ts: evidence.ts,
          explanation,
          evidence: [evidence],
        },
      ];
    });
}

function asksForNames({ way, proto, port }: Contact): boolean {
  return way === 'to' && RESOLVER_SERVICES.has(`${proto} ${port}`);
}

/** Only hours count in which another device was heard: then it was recorded, and the home had power. */
export function longSilences(history: DeviceHistory): DocumentAnomaly[] {
  const { devices } = history;
  const speakers = new Map<number, number>();
  for (const mac of devices)
    for (const { hour } of history.hours(mac)) speakers.set(hour, (speakers.get(hour) ?? 0) + 1);
  const recorded = [...speakers.keys()].sort((x, y) => x - y);
  return devices.flatMap((mac) => silencesOf(mac, history, recorded));
}

function silencesOf(mac: string, history: DeviceHistory, recorded: readonly number[]): DocumentAnomaly[] {
  const own = new Set(history.hours(mac).map(({ hour }) => hour));
  const [first = 0] = own;
  const found: DocumentAnomaly[] = [];
  let [last, silent, longest] = [first, 0, 0];
  const end = (): void => {
    const isLong = silent >= LEAST_SILENT_HOURS && silent > SILENCE_TIMES * longest;
    if (isLong && last - first >= LEAST_SPAN_HOURS) found.push(absence(mac, last, silent, longest));
    longest = Math.max(longest, silent);
    silent = 0;
  };
  for (const hour of recorded) {
    if (hour < first) continue;
    if (!own.has(hour)) silent++;
    else {
      end();
      last = hour;
    }
  }
  end();
  return found;
}

function absence(device: string, last: number, silent: number, longest: number): DocumentAnomaly {
  const explanation = `said nothing for ${hoursText(silent)} of recorded time after ${hourIso(last)}, while others went on; its longest silence before was ${hoursText(longest)}`;
  const ts = timeText(last * HOUR_SECONDS, 0);
  return { rule: 'ANOM-07', kind: 'absence', device, subject: hourIso(last), ts, explanation, evidence: [] };
}
