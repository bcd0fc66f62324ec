// Whom one device talks to on the Internet: where, whose, how much, and how it was protected. Pure.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { DeviceTraffic } from '../report/device-traffic.ts';
import type { ReportFigure } from '../report/report.ts';
import { stackedBars } from '../report/svg.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import { cutTable, tableName } from './device-part.ts';

interface Destination {
  readonly ip: string;
  readonly name: string;
  readonly country: string | null;
  readonly owner: string | null;
  sent: number;
  received: number;
  /** Bytes by verdict. */
  readonly verdicts: Map<string, number>;
}

/** Most bytes first; equal ones by address. */
function destinationsOf(traffic: readonly DeviceTraffic[]): Destination[] {
  const byIp = new Map<string, Destination>();
  for (const { conversation, peerIp, external, bytesSent, bytesReceived } of traffic) {
    if (!external) continue;
    const { names, country, provider, org, verdict } = conversation;
    const fresh = { ip: peerIp, name: names[0]?.name ?? '', country, owner: provider ?? org, sent: 0, received: 0 };
    const one: Destination = byIp.get(peerIp) ?? { ...fresh, verdicts: new Map<string, number>() };
    one.sent += bytesSent;
    one.received += bytesReceived;
    one.verdicts.set(verdict, (one.verdicts.get(verdict) ?? 0) + bytesSent + bytesReceived);
    byIp.set(peerIp, one);
  }
  return [...byIp.values()].sort((a, b) => b.sent + b.received - a.sent - a.received || byText(a.ip, b.ip));
}

export function destinationTable(
  { destinations }: AnalysisDocument,
  mac: string,
  traffic: readonly DeviceTraffic[],
): ReportTable {
  const names = new Map(destinations.map(({ ip, names: all }) => [ip, all[0]?.name ?? '']));
  const rows = destinationsOf(traffic).map((one): Cell[] => [
    names.get(one.ip) || one.name,
    one.ip,
    one.country ?? 'many places',
    one.owner,
    one.sent,
    one.received,
    verdictText(one.verdicts),
  ]);
  return cutTable({
    name: tableName('destinations', mac),
    title: 'Destinations on the Internet',
    notes: ['Bytes are those of frames; protection is the share of them by what their payload was.'],
    head: ['name', 'address', 'country', 'owner', 'bytes sent', 'bytes received', 'protection'],
    rows,
  });
}

/** `encrypted 98 %, cleartext 2 %`, the largest first. */
function verdictText(verdicts: ReadonlyMap<string, number>): string {
  const all = [...verdicts.values()].reduce((sum, bytes) => sum + bytes, 0);
  return [...verdicts]
    .sort(([x, a], [y, b]) => b - a || byText(x, y))
    .map(([verdict, bytes]) => `${verdict.replaceAll(/[_-]/g, ' ')} ${percent(bytes / Math.max(1, all))}`)
    .join(', ');
}

/** What is there is never shown as nothing. */
function percent(share: number): string {
  return share > 0 && share < 0.005 ? 'below 1 %' : `${Math.round(share * 100)} %`;
}

export function destinationFigure(mac: string, traffic: readonly DeviceTraffic[]): ReportFigure[] {
  const all = destinationsOf(traffic).slice(0, 15);
  if (all.length === 0) return [];
  const rows = all.map(({ ip, name, country, sent, received }) => ({
    label: `${name || ip} (${country ?? 'many places'})`,
    values: [sent, received],
  }));
  const title = 'Bytes by destination, the fifteen largest';
  return [{ name: tableName('bytes', mac), title, svg: stackedBars(title, 'B', ['sent', 'received'], rows) }];
}
