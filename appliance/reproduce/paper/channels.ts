// Table 3, Table 4 and the threshold list: entropy, clear text and protocol of each device by channel.

import type { AnalysisDocument, DocumentConversation, PayloadSays } from '../../model/analysis-document.ts';
import { type DeviceTraffic, deviceLabels, trafficByDevice } from '../report/device-traffic.ts';
import type { Cell, ReportTable } from '../report/table.ts';
import { CHANNELS, type Channel } from './printed-tables.ts';

/** What runs apps: their traffic to a device, and to the clouds of a device, are the app channels. */
const APP_CATEGORIES: ReadonlySet<string> = new Set(['phone', 'computer', 'tablet']);

export interface ChannelFacts {
  readonly conversations: readonly DocumentConversation[];
  /** Mean over the connections with payload of their packets' mean, bits per byte; null without payload. */
  readonly entropy: number | null;
  readonly pooledLowest: number | null;
  readonly readable: number;
  readonly protocols: readonly string[];
}

export interface DeviceChannels {
  readonly mac: string;
  readonly label: string;
  readonly category: string | null;
  readonly channels: Readonly<Record<Channel, ChannelFacts>>;
}

/** Devices that are no phone or computer, in the document's order. */
export function deviceChannels(document: AnalysisDocument): readonly DeviceChannels[] {
  const traffic = trafficByDevice(document);
  const labels = deviceLabels(document);
  const apps = new Set(document.devices.filter((d) => APP_CATEGORIES.has(d.category ?? '')).map((d) => d.mac));
  const domains = new Map(document.destinations.map((d) => [d.ip, d.domain ?? d.org ?? d.ip]));
  const appTraffic = [...apps].flatMap((mac) => traffic.get(mac) ?? []).filter(({ external }) => external);
  return document.devices
    .filter(({ mac }) => !apps.has(mac))
    .map(({ mac, category }) => {
      const own = traffic.get(mac) ?? [];
      const clouds = new Set(own.filter(({ external }) => external).map(({ peerIp }) => domains.get(peerIp)));
      const shared = appTraffic.filter(({ peerIp }) => clouds.has(domains.get(peerIp)));
      return {
        mac,
        label: labels.get(mac) ?? mac,
        category,
        channels: {
          'device-to-cloud': factsOf(own.filter(({ external }) => external)),
          'app-to-cloud': factsOf(shared),
          'app-to-device': factsOf(own.filter(({ peerMac }) => peerMac !== null && apps.has(peerMac))),
        },
      };
    });
}

function factsOf(traffic: readonly DeviceTraffic[]): ChannelFacts {
  const conversations = traffic.map(({ conversation }) => conversation);
  const means = conversations.flatMap((c) => (c.H_packets_mean === null ? [] : [c.H_packets_mean]));
  const pooled = conversations.flatMap((c) => (c.H === null ? [] : [c.H]));
  return {
    conversations,
    entropy: means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length,
    pooledLowest: pooled.length === 0 ? null : pooled.reduce((a, b) => Math.min(a, b)),
    readable: conversations.filter((c) => c.payload_says === 'readable').length,
    protocols: [
      ...new Set(
        conversations.flatMap((c) => (c.service === null || c.payload_ab + c.payload_ba === 0 ? [] : [c.service])),
      ),
    ].toSorted(),
  };
}

export function tableThree(devices: readonly DeviceChannels[]): ReportTable {
  return {
    name: 'table-3',
    title: 'Table 3: entropy, clear text and protocol by channel',
    notes: [
      "entropy: the mean over a channel's connections of the mean of their packets, bits per byte, as the paper counts; lowest_pooled: the lowest entropy of a whole connection's payload.",
      'cleartext: whether a listener can read the payload of one of them; empty where none had payload. App-to-cloud: connections of phones and computers to the organisations or domains that the device talks to; which app spoke cannot be seen here.',
    ],
    head: [
      'category',
      'device',
      'mac',
      ...CHANNELS.flatMap((channel) =>
        ['entropy', 'lowest_pooled', 'cleartext', 'connections', 'protocols'].map((column) => `${channel} ${column}`),
      ),
    ],
    rows: devices.map(({ mac, label, category, channels }) => [
      category,
      label,
      mac,
      ...CHANNELS.flatMap((channel) => channelCells(channels[channel])),
    ]),
  };
}

function channelCells({ conversations, entropy, pooledLowest, readable, protocols }: ChannelFacts): Cell[] {
  const isReadable = entropy === null ? null : readable > 0;
  return [rounded(entropy), rounded(pooledLowest), isReadable, conversations.length, protocols.join(' ')];
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(6));
}

/** Devices with clear text, and what was recognised in it. */
export function tableFour(document: AnalysisDocument, devices: readonly DeviceChannels[]): ReportTable {
  const rows = devices.flatMap(({ mac, label, channels }) =>
    CHANNELS.filter((channel) => channels[channel].readable > 0).map((channel): Cell[] => [
      channel,
      label,
      mac,
      rounded(channels[channel].entropy),
      channels[channel].protocols.join(' '),
      channels[channel].readable,
      channel === 'app-to-cloud' ? null : findingsText(document, mac),
    ]),
  );
  return {
    name: 'table-4',
    title: 'Table 4: unencrypted communication',
    notes: [
      'found: findings of the device about readable payload, with how often; their masked excerpts are in the findings of the document.',
    ],
    head: ['channel', 'device', 'mac', 'entropy', 'protocols', 'readable_connections', 'found'],
    rows,
  };
}

const CLEARTEXT_RULE = /^(?:CLR|PII|CRED)-/;

function findingsText(document: AnalysisDocument, mac: string): string {
  const counts = new Map<string, number>();
  for (const { device, rule, count } of document.findings) {
    if (device === mac && CLEARTEXT_RULE.test(rule)) counts.set(rule, (counts.get(rule) ?? 0) + count);
  }
  return [...counts].map(([rule, count]) => `${rule} ${count}`).join(', ');
}

/** The paper's starting point: devices with a connection at 7 or below, in any channel; what proves it next to it. */
export function thresholdList(devices: readonly DeviceChannels[]): ReportTable {
  const rows = devices.flatMap(({ mac, label, channels }) =>
    CHANNELS.flatMap((channel): Cell[][] => {
      const { entropy, conversations } = channels[channel];
      const below = conversations.filter((c) => c.threshold7 === 'at_or_below');
      if (below.length === 0) return [];
      const says = (what: PayloadSays): number => below.filter((c) => c.payload_says === what).length;
      return [
        [
          label,
          mac,
          channel,
          rounded(entropy),
          entropy !== null && entropy <= 7,
          below.length,
          says('readable'),
          says('protected'),
        ],
      ];
    }),
  );
  return {
    name: 'threshold-7',
    title: 'Devices at or below the threshold of 7 bits per byte',
    notes: [
      'mean_at_or_below: the channel as the paper judges it. connections_at_or_below: single connections; of these readable: a listener can read; encrypted: proven encryption that the threshold suspects, mostly because packets are short.',
    ],
    head: [
      'device',
      'mac',
      'channel',
      'entropy',
      'mean_at_or_below',
      'connections_at_or_below',
      'readable',
      'encrypted_at_or_below',
    ],
    rows,
  };
}
