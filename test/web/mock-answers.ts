// The lists that the API gives of the invented home: devices, findings, segments. Times follow the clock.

import { isReadableContent } from '../../appliance/model/protection.ts';
import type { SegmentRow } from '../../appliance/publish/schemas/captures.ts';
import type { DeviceRow } from '../../appliance/publish/schemas/devices.ts';
import type { FindingRow } from '../../appliance/publish/schemas/findings.ts';
import { downOf, HOUR, idOf, ipOf, noise, upOf } from './mock-figures.ts';
import { findingsOf } from './mock-findings.ts';
import { HOME, type HomeDevice, type Talk } from './mock-home.ts';

export function deviceRows(now: number): DeviceRow[] {
  return HOME.map((one, index) => {
    const findings = findingsOf(one, now);
    const level = (word: string) => findings.filter((finding) => finding.severity === word).length;
    return {
      id: idOf(one.mac),
      mac: one.mac,
      name: one.name,
      name_source: one.source,
      vendor: one.vendor,
      maker: one.vendor,
      model: null,
      randomised: one.randomised,
      category: one.category,
      platforms: [],
      ips: [ipOf(one)],
      first_seen: new Date(now - 26 * HOUR * 1000).toISOString(),
      last_seen: new Date(now - one.silentSeconds * 1000).toISOString(),
      present: one.silentSeconds < 300,
      packets: Math.round((upOf(one) + downOf(one)) / 640),
      bytes_up: upOf(one),
      bytes_down: downOf(one),
      destinations: one.talks.filter((each) => each.peer.country !== 'local').length,
      countries: [...new Set(one.talks.map((each) => each.peer.country ?? 'XX'))].filter((code) => code !== 'local'),
      findings: { low: level('low'), medium: level('medium'), high: level('high') },
      cleartext: one.talks.some((each) => each.verdict === 'cleartext' || each.verdict === 'compressed-in-clear'),
      verdicts: verdictsOf(one.talks),
      protection: {
        internet: verdictsOf(one.talks.filter(({ peer }) => peer.country !== 'local')),
        home: verdictsOf(one.talks.filter(({ peer }) => peer.country === 'local')),
      },
      readable: findings.some(isReadableContent),
      segments: 4 + index,
      sparkline_minute: Math.floor(now / 60_000) * 60,
      sparkline: Array.from({ length: 60 }, (_, minute) => sparkValue(index, minute)),
    };
  });
}

function verdictsOf(talks: readonly Talk[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { verdict, service, up, down } of talks) {
    if (service !== 'dns' && service !== 'ntp' && service !== 'ssdp') sums[verdict] = (sums[verdict] ?? 0) + up + down;
  }
  return sums;
}

function sparkValue(index: number, minute: number): number {
  const busy = noise(index * 97 + minute);
  return busy < 0.35 ? 0 : Math.round(busy ** 6 * 900_000 + 1200 * busy);
}

export function findingRows(now: number): FindingRow[] {
  return HOME.flatMap((one) =>
    findingsOf(one, now).map((finding, index) => {
      const { country = null, org = null, name = '' } = one.talks[0]?.peer ?? {};
      const peer = { name: name ?? 'unnamed', country, organisation: org };
      const row = { ...finding, evidence: [...finding.evidence], peer };
      const isKnown = one.category === 'hub' && index === 0;
      const said = { reason: 'our own test account', by: 'page from 192.0.2.9', ts: String(Math.floor(now / 1000)) };
      return isKnown ? { ...row, set_aside: said } : row;
    }),
  );
}

export function segmentRows(now: number): SegmentRow[] {
  return HOME.flatMap((one, index) => [0, 1, 2].map((back) => segmentRow(one, index * 3 + back, back, now))).sort(
    (a, b) => b.seq - a.seq,
  );
}

function segmentRow(one: HomeDevice, seq: number, back: number, now: number): SegmentRow {
  const opened = now - (back + 1) * HOUR * 1000;
  const folder = one.mac.replaceAll(':', '-');
  const open = back === 0;
  return {
    seq: seq + 1,
    device: one.mac,
    path: `${folder}/2026/11/20/${folder}_20261120T${String(9 + back).padStart(2, '0')}0000Z_${String(seq).padStart(8, '0')}_idle.pcap`,
    phase: back === 1 ? 'intensive' : 'idle',
    state: open ? 'open' : 'closed',
    opened: new Date(opened).toISOString(),
    closed: open ? null : new Date(opened + HOUR * 1000).toISOString(),
    first_ts: new Date(opened + 400).toISOString(),
    last_ts: open ? null : new Date(opened + HOUR * 1000 - 900).toISOString(),
    packets: open ? null : 4000 + seq * 37,
    bytes: open ? null : 2_400_000 + seq * 91_233,
    sha256: open ? null : `${(seq * 7919).toString(16).padStart(8, '0')}`.repeat(8),
    cut: open ? null : 'hour',
    analysed: true,
  };
}
