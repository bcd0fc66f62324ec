// The numbers of the paper's text, counted on these captures, and Table 2 as far as captures show it.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { type DeviceTraffic, deviceLabels, trafficByDevice } from '../report/device-traffic.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import type { DeviceChannels } from './channels.ts';
import { type CountryBytes, countriesOf } from './places.ts';

/** Ports on which the device was seen to answer: it was not the one who opened, and it sent something back. */
export function answeringPorts(list: readonly DeviceTraffic[]): { readonly tcp: number[]; readonly udp: number[] } {
  const of = (proto: 'tcp' | 'udp'): number[] =>
    [
      ...new Set(
        list
          .filter((t) => t.conversation.proto === proto && !t.opened && t.packetsSent > 0 && t.ownPort > 0)
          .map((t) => t.ownPort),
      ),
    ].toSorted((a, b) => a - b);
  return { tcp: of('tcp'), udp: of('udp') };
}

export function tableTwo(document: AnalysisDocument): ReportTable {
  const labels = deviceLabels(document);
  return {
    name: 'table-2',
    title: 'Table 2: ports on which devices answered',
    notes: [
      'The paper scanned with nmap. These are the ports on which others were answered while the captures ran: a closed port and a port that nobody asked look alike.',
    ],
    head: ['device', 'mac', 'tcp', 'udp', 'cleartext_ports'],
    rows: [...trafficByDevice(document)].map(([mac, list]): Cell[] => {
      const { tcp, udp } = answeringPorts(list);
      const readable = list
        .filter((t) => !t.opened && t.conversation.payload_says === 'readable')
        .map((t) => `${t.ownPort}/${t.conversation.proto}`);
      return [
        labels.get(mac) ?? mac,
        mac,
        tcp.join(' '),
        udp.join(' '),
        [...new Set(readable)].toSorted(byText).join(' '),
      ];
    }),
  };
}

export function textNumbers(
  document: AnalysisDocument,
  devices: readonly DeviceChannels[],
  bytes: CountryBytes,
): ReportTable {
  const all = document.devices.length;
  const counts = [...bytes.values()].map((row) => countriesOf(row).length);
  const several = counts.filter((count) => count > 1).length;
  const most = [...bytes].map(([mac, row]) => [mac, countriesOf(row).length] as const).toSorted((a, b) => b[1] - a[1]);
  const ports = [...trafficByDevice(document).values()].map(answeringPorts);
  const withPort = (matches: (port: number) => boolean): number =>
    ports.filter(({ tcp, udp }) => [...tcp, ...udp].some(matches)).length;
  const any = (is: (d: DeviceChannels) => boolean): number => devices.filter(is).length;
  const readable = (d: DeviceChannels): boolean => Object.values(d.channels).some((channel) => channel.readable > 0);
  const cameras = devices.filter((d) => readable(d) && d.category === 'camera').length;
  const labels = deviceLabels(document);
  return {
    name: 'text-numbers',
    title: "The numbers of the paper's text, on these captures",
    notes: ['of: what the number is a part of.'],
    head: ['number', 'value', 'of', 'paper'],
    rows: [
      ['devices', all, null, '32'],
      ['devices with destinations in several countries', several, all, '24 of 32'],
      ['most countries of one device', most[0]?.[1] ?? 0, labels.get(most[0]?.[0] ?? '') ?? null, '28, LiFX'],
      ['devices with a port from 49152 to 65535', withPort((port) => port >= 49_152), all, '8 of 17 (its table: 6)'],
      ['devices with port 443', withPort((port) => port === 443), all, '3 of 17'],
      ['devices with port 80', withPort((port) => port === 80), all, '2 of 17 (its table: 3)'],
      ['devices with port 22', withPort((port) => port === 22), all, '1 of 17'],
      ['devices with readable traffic, any channel', any(readable), devices.length, '9 of 32'],
      ['device-to-cloud readable', any((d) => d.channels['device-to-cloud'].readable > 0), devices.length, '7 of 32'],
      ['app-to-cloud readable', any((d) => d.channels['app-to-cloud'].readable > 0), devices.length, null],
      ['app-to-device readable', any((d) => d.channels['app-to-device'].readable > 0), devices.length, '3 of 32'],
      ['cameras among devices with readable traffic', cameras, any(readable), '6 of 8 (its table: 5)'],
      [
        'devices with a mean of 7 or below in a channel',
        any((d) => Object.values(d.channels).some(({ entropy }) => entropy !== null && entropy <= 7)),
        devices.length,
        '10 of 32',
      ],
      ...providerRows(document),
    ],
  };
}

/** Devices that exchanged a packet with an address of each provider. */
function providerRows(document: AnalysisDocument): Cell[][] {
  const macs = new Map<string, Set<string>>();
  for (const [mac, list] of trafficByDevice(document)) {
    for (const { external, conversation } of list) {
      if (!external || conversation.provider === null) continue;
      macs.set(conversation.provider, (macs.get(conversation.provider) ?? new Set<string>()).add(mac));
    }
  }
  const printed: Readonly<Record<string, string>> = { Amazon: '21 of 32', Alibaba: '3 of 32' };
  return [...macs]
    .toSorted((a, b) => b[1].size - a[1].size || byText(a[0], b[0]))
    .map(([provider, devices]) => [
      `devices on ${provider}`,
      devices.size,
      document.devices.length,
      printed[provider] ?? null,
    ]);
}
