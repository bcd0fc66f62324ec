// The analysis document of the invented home, or of one of its devices. Times follow the clock.

import type {
  AnalysisDocument,
  Counts,
  DocumentBehaviour,
  DocumentConversation,
  DocumentDestination,
  DocumentDevice,
  DocumentMinute,
  SourcedName,
} from '../../appliance/model/analysis-document.ts';
import { type CountTable, countedParts } from '../../appliance/model/document/counted-tables.ts';
import { downOf, HOUR, ipOf, noise, seconds, upOf } from './mock-figures.ts';
import { findingsOf } from './mock-findings.ts';
import { HOSTILE_NAMES, type HomeDevice, type Talk } from './mock-home.ts';

/** The document of one device, or of the whole home. */
export function documentOf(devices: readonly HomeDevice[], now: number): AnalysisDocument {
  const conversations = devices.flatMap((one) => one.talks.map((each, index) => conversationOf(one, each, index, now)));
  const hostile = devices.some(isHostile) ? HOSTILE_NAMES : [];
  const encrypted = conversations.filter((one) => one.verdict === 'encrypted');
  const peers = devices.flatMap((one) => one.talks.map((each) => each.peer.name ?? ''));
  const counted: Partial<Record<CountTable, Counts>> = {
    'dns.queries': counts([...peers, ...hostile]),
    'tls.sni': counts(encrypted.map((one) => one.names[0]?.name ?? '')),
    'tls.versions': { '1.3': 90, '1.2': 41 },
    'http.hosts': counts(['scalews.health.example', ...hostile]),
    'http.methods': { GET: 9 },
    'http.user_agents': counts(['Linux UPnP/1.0 Home/57.9', ...hostile]),
  };
  return {
    schema: 'weir.analysis/1',
    tool: {
      name: 'weir',
      version: '0.1.0',
      geo: { date: '2026-06-01', sha256: 'ab'.repeat(32) },
      ports_profile: 'curated',
      ports_sha256: '0'.repeat(64),
      rules_sha256: null,
    },
    input: {
      path: 'live',
      bytes: 0,
      sha256: null,
      format: 'pcap',
      link_types: [1],
      packets: 1_204_113,
      captured_bytes: 0,
      frame_bytes: 0,
      first_ts: seconds(now, 26 * HOUR),
      last_ts: seconds(now, 1),
      time_steps_back: 0,
      damage: null,
    },
    devices: devices.map((one) => documentDevice(one)),
    conversations,
    protocols: { tcp: 9000, udp: 2200 },
    ports: { tcp: { '443': 6000, '80': 3000 }, udp: { '53': 1800 } },
    port_occurrences: [],
    ...countedParts((table) => counted[table] ?? {}),
    dhcp: {
      clients: Object.fromEntries(
        devices.map((one) => [
          one.mac,
          { hostname: [one.name], vendor_class: ['udhcp 1.24.2', ...hostile], param_request: ['1,3,6,12,15,28,42'] },
        ]),
      ),
    },
    destinations: destinationsOf(devices),
    countries: countriesOf(devices),
    findings: devices.flatMap((one) => findingsOf(one, now)),
    traffic: minutesOf(devices.length, now),
    behaviour: behaviourOf(devices, now),
    limits: {
      conversations_joined: 0,
      conversations_evicted: 0,
      packets_in_evicted: 0,
      bytes_in_evicted: 0,
      names_dropped: hostile.length > 0 ? 31 : 0,
      findings_dropped: 0,
      stream_gaps: 0,
    },
  };
}

function documentDevice(one: HomeDevice): DocumentDevice {
  return {
    mac: one.mac,
    vendor: one.vendor,
    randomised: one.randomised,
    names: [
      { name: one.name, source: one.source },
      { name: `${one.name.toLowerCase().slice(0, 20)}.local`, source: 'mdns' },
    ],
    ips: [ipOf(one)],
    packets_sent: Math.ceil(upOf(one) / 700),
    bytes_sent: upOf(one),
    packets_received: Math.ceil(downOf(one) / 700),
    bytes_received: downOf(one),
    category: one.category,
    maker: one.vendor,
    model: one.name.slice(0, 30),
    identity_evidence: [`category ${one.category}: model ${one.name}`, `maker: ${one.vendor}`],
    ...(one.category === 'camera'
      ? {
          encrypted_dns: ['DoT dns.google'],
          encrypted_hellos: [{ outer_name: 'cloudflare-ech.com', announced: true }],
        }
      : {}),
    linked: one.randomised ? [{ mac: '7a:10:11:20:00:0c', evidence: [`hostname ${one.name}`] }] : [],
    platforms: [],
  };
}

function conversationOf(one: HomeDevice, each: Talk, index: number, now: number): DocumentConversation {
  const names: SourcedName[] = each.peer.name === null ? [] : [{ name: each.peer.name, source: each.peer.source }];
  return {
    proto: each.proto,
    a_ip: ipOf(one),
    a_port: 40_000 + index,
    b_ip: each.peer.ip,
    b_port: each.port,
    pkts_ab: Math.ceil(each.up / 700),
    pkts_ba: Math.ceil(each.down / 700),
    bytes_ab: each.up,
    bytes_ba: each.down,
    payload_ab: Math.round(each.up * 0.92),
    payload_ba: Math.round(each.down * 0.92),
    H_ab: each.H,
    H_ba: each.H,
    H: each.H,
    H_packets_mean: each.H === null ? null : each.H * 0.96,
    chi2: 261.2,
    printable_share: each.verdict === 'cleartext' ? 0.97 : 0.37,
    service: each.service,
    names,
    country: each.peer.country,
    asn: each.peer.asn,
    org: each.peer.org,
    provider: each.peer.org?.startsWith('Amazon') ? 'Amazon' : null,
    verdict: each.verdict,
    verdict_reason: each.reason,
    H_expected: each.expected,
    threshold7: each.H === null ? 'no_payload' : each.H > 7 ? 'above' : 'at_or_below',
    secure_port: each.port === 443,
    payload_says: each.verdict === 'encrypted' ? 'protected' : 'unknown',
    port_check: each.verdict === 'encrypted' && each.port === 443 ? 'agreement' : 'open',
    a_mac: one.mac,
    b_mac: null,
    first_ts: seconds(now, 20 * HOUR),
    last_ts: seconds(now, one.silentSeconds),
    sessions: 1 + (index % 4),
  };
}

function behaviourOf(devices: readonly HomeDevice[], now: number): DocumentBehaviour {
  const periods = devices.flatMap((one) =>
    one.talks.map(({ proto, peer, port }, index) => ({
      device: one.mac,
      proto,
      ip: peer.ip,
      peer: peer.name ?? peer.ip,
      port,
      seconds: 0.5 + index * 51.5,
      share: 0.97,
      intervals: 120,
    })),
  );
  const [{ mac } = { mac: '' }] = devices;
  const unreached = HOSTILE_NAMES.map((name, index) => ({ device: mac, name, queries: 9, resolved: index % 2 === 0 }));
  const hostile = devices.some(isHostile);
  const first_ts = String(Math.floor(now / 1000) - 3600);
  const destinations = devices.flatMap((one) => one.talks.map(({ proto, peer, port }) => ({ one, proto, peer, port })));
  const first_seen = destinations.map(({ one, proto, peer, port }, known_before) => ({
    device: one.mac,
    destination: (hostile ? HOSTILE_NAMES[known_before % HOSTILE_NAMES.length] : undefined) ?? peer.name ?? peer.ip,
    ip: peer.ip,
    proto,
    port,
    first_ts,
    known_before,
    is_new: known_before > 1,
    evidence: [{ segment: 4, packet: 17, ts: first_ts }],
  }));
  const anomalies = first_seen
    .filter(({ is_new }) => is_new)
    .map(({ device, destination, ip, evidence }) => ({
      rule: 'ANOM-01',
      kind: 'destination' as const,
      device,
      subject: destination,
      ts: first_ts,
      explanation: `first packet to ${destination} (${ip}), tcp port 443, after 3 d 4 h in which it talked to 2 others`,
      evidence,
    }));
  const history = devices.map((one) => ({
    device: one.mac,
    active_hours: 76,
    span_hours: 76,
    enough: true,
    explanation: '76 hours with traffic within 76 hours: what is unlike them is listed',
  }));
  return { periods, unreached: hostile ? unreached : [], first_seen, anomalies, history, hours: hoursOf(devices, now) };
}

/** Of ten days, with nights in which a device says nothing. */
function hoursOf(devices: readonly HomeDevice[], now: number): NonNullable<DocumentBehaviour['hours']> {
  const last = Math.floor(now / 3_600_000);
  return devices.flatMap(({ mac: device }, seed) =>
    Array.from({ length: 240 }, (_, back) => last - back)
      .filter((hour) => hour % 24 > 5)
      .map((hour) => ({
        device,
        hour: new Date(hour * 3_600_000).toISOString(),
        packets_sent: 90,
        bytes_sent: Math.round(noise(hour + seed) ** 6 * 4e6) + 4000,
        packets_received: 70,
        bytes_received: 3100,
      })),
  );
}

function isHostile(one: HomeDevice): boolean {
  return one.randomised && one.vendor !== null;
}

/** Three hours, with silent minutes left out as the document leaves them out. */
function minutesOf(seed: number, now: number): DocumentMinute[] {
  const end = Math.floor(now / 60_000);
  return Array.from({ length: 180 }, (_, back) => end - back)
    .filter((minute) => noise(minute) > 0.2)
    .reverse()
    .map((minute) => {
      const [http, https] = [Math.round(noise(minute + seed) ** 8 * 9e6), Math.round(noise(minute + 1) ** 4 * 2e6)];
      return {
        minute: new Date(minute * 60_000).toISOString(),
        minutes: 1,
        out_udp: 40_000,
        out_tcp: http + https + 9000,
        out_http: http,
        out_https: https,
        in_udp: 22_000,
        in_tcp: https * 2,
        in_http: 0,
        in_https: https * 2,
      };
    });
}

function counts(names: readonly string[]): Record<string, number> {
  const entries = names.filter((name) => name !== '').map((name, index) => [name, 900 - index * 7] as const);
  return Object.fromEntries(entries);
}

function destinationsOf(devices: readonly HomeDevice[]): DocumentDestination[] {
  const byIp = new Map<string, DocumentDestination>();
  for (const one of devices) {
    for (const { peer: to, up, down } of one.talks) {
      const known = byIp.get(to.ip);
      byIp.set(to.ip, {
        ip: to.ip,
        names: to.name === null ? [] : [{ name: to.name, source: to.source }],
        country: to.country,
        asn: to.asn,
        org: to.org,
        provider: null,
        domain: null,
        region: null,
        region_country: null,
        bytes_up: (known?.bytes_up ?? 0) + up,
        bytes_down: (known?.bytes_down ?? 0) + down,
        devices: [...new Set([...(known?.devices ?? []), one.mac])],
        round_trip: roundTripOf(to.country),
      });
    }
  }
  return [...byIp.values()];
}

/** China is too far for so quick an answer in the invented home. */
function roundTripOf(country: string | null): NonNullable<DocumentDestination['round_trip']> | null {
  if (country === 'local' || country === null) return null;
  const impossible = country === 'CN';
  return {
    shortest_ms: impossible ? 3.2 : 31.5,
    handshakes: 4,
    reach_km: impossible ? 480 : 4722,
    claim: impossible ? 'impossible' : 'possible',
    explanation: 'an answer after 3.200 ms comes from at most 480 km',
    evidence: [],
  };
}

function countriesOf(devices: readonly HomeDevice[]): AnalysisDocument['countries'] {
  const sums = new Map<string, { devices: number; bytes_up: number; bytes_down: number }>();
  for (const to of destinationsOf(devices)) {
    if (to.country === 'local') continue;
    const code = to.country ?? 'XX';
    const known = sums.get(code) ?? { devices: 0, bytes_up: 0, bytes_down: 0 };
    sums.set(code, {
      devices: known.devices + to.devices.length,
      bytes_up: known.bytes_up + to.bytes_up,
      bytes_down: known.bytes_down + to.bytes_down,
    });
  }
  return Object.fromEntries(sums);
}
