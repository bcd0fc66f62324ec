// What Amar's text reports of each device: DNS heads, names never contacted, connections by port, periods, presence, addresses,
// SSDP's LOCATION, keys of the local control plane, what polling and pictures give away.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { byText, type Cell, type ReportTable } from '../report/table.ts';
import type { HttpRow } from '../zeek/app-logs.ts';
import type { ConnRow } from '../zeek/conn-row.ts';
import type { ConnTracker } from '../zeek/tracker.ts';
import type { AmarObserver } from './observer.ts';
import { mostFrequent, type Period, periodsOf } from './periods.ts';
import { isExternal, isoHour, type Names } from './volume.ts';

const HEADS = 10;

/** As `bro-cut query | sort | uniq -c | sort -nr | head` in the trace of each device: what it asked and what it was asked. */
export function dnsHeads(tracker: ConnTracker, names: Names): ReportTable {
  return heads(tracker, names, {
    name: 'dns-heads',
    title: 'DNS: the ten names that each device asked for most',
    notes: [
      'Rows of dns.log by the MAC that asked. A query without an answer and an answer without a query are rows of their own.',
      'What was asked within the home (mDNS, LLMNR, NetBIOS names) is in a table of its own.',
    ],
    isMeant: (port) => !HOME_NAME_PORTS.has(port),
  });
}

/** mDNS, LLMNR, NetBIOS name service: questions to everybody in the home, of which no resolver knows. */
const HOME_NAME_PORTS: ReadonlySet<number> = new Set([5353, 5355, 137]);

export function homeNameHeads(tracker: ConnTracker, names: Names): ReportTable {
  return heads(tracker, names, {
    name: 'home-name-heads',
    title: 'Names within the home: the ten that each device asked for most',
    notes: ['Rows of dns.log over mDNS, LLMNR and the NetBIOS name service, by the MAC that asked.'],
    isMeant: (port) => HOME_NAME_PORTS.has(port),
  });
}

interface HeadsTable extends Pick<ReportTable, 'name' | 'title' | 'notes'> {
  /** By the port that answers. */
  readonly isMeant: (port: number) => boolean;
}

function heads({ apps }: ConnTracker, names: Names, { isMeant, ...about }: HeadsTable): ReportTable {
  const counts = new Map<string, Map<string, number>>();
  for (const { conn, query } of apps.dns) {
    if (!isMeant(conn.respPort)) continue;
    const row = counts.get(conn.origMac) ?? new Map<string, number>();
    counts.set(conn.origMac, row.set(query.toLowerCase(), (row.get(query.toLowerCase()) ?? 0) + 1));
  }
  return {
    ...about,
    head: ['device', 'mac', 'queries', 'name'],
    rows: [...counts]
      .toSorted((a, b) => byText(a[0], b[0]))
      .flatMap(([mac, row]): Cell[][] =>
        [...row]
          .toSorted((a, b) => b[1] - a[1] || byText(a[0], b[0]))
          .slice(0, HEADS)
          .map(([name, count]) => [names(mac), mac, count, name]),
      ),
  };
}

export function neverContacted(document: AnalysisDocument, names: Names): ReportTable {
  return {
    name: 'never-contacted',
    title: 'Resolved but never contacted',
    notes: ['Names for which a device asked without ever exchanging a packet with an address of theirs.'],
    head: ['device', 'mac', 'name', 'queries', 'resolved'],
    rows: (document.behaviour?.unreached ?? []).map(({ device, name, queries, resolved }) => [
      names(device),
      device,
      name,
      queries,
      resolved,
    ]),
  };
}

/** Connections that each device began, by protocol, responder's port and service; ICMP has type and code as Zeek has. */
export function connectionsByPort(rows: readonly ConnRow[], names: Names): ReportTable {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const port = row.proto === 'icmp' ? `${row.origPort}→${row.respPort}` : String(row.respPort);
    const key = [row.origMac, row.proto, port, row.service ?? ''].join('\t');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return {
    name: 'connections-by-port',
    title: 'Connections by port',
    notes: [
      'Rows of conn.log by the MAC that began them. UDP and ICMP connections end after a minute of silence, TCP after five.',
    ],
    head: ['device', 'mac', 'proto', 'port', 'service', 'connections'],
    rows: [...counts]
      .toSorted(
        (a, b) => byText(a[0].split('\t')[0] ?? '', b[0].split('\t')[0] ?? '') || b[1] - a[1] || byText(a[0], b[0]),
      )
      .map(([key, count]): Cell[] => {
        const [mac = '', proto = '', port = '', service = ''] = key.split('\t');
        return [names(mac), mac, proto, port, service, count];
      }),
  };
}

function periodCells({ mean, shortest, longest, intervals }: Period): Cell[] {
  return [Number(mean.toFixed(1)), Number(shortest.toFixed(1)), Number(longest.toFixed(1)), intervals];
}

/** SSDP bursts, HTTP polling, and connections to one end: each with all its periods. */
export function periods(observer: AmarObserver, tracker: ConnTracker, names: Names): ReportTable {
  const ssdp = [...observer.bursts].flatMap(([mac, bursts]): Cell[][] => {
    const bytes = mostFrequent(bursts.map((burst) => burst.bytes)) ?? null;
    return periodsOf(bursts.map(({ start }) => start)).map((period) => [
      names(mac),
      mac,
      'ssdp bursts',
      '',
      ...periodCells(period),
      bytes,
    ]);
  });
  const polls = timesOf(
    tracker.apps.http.map((row) => [
      row.conn.origMac,
      `${row.method} ${row.conn.respHost}${pathPattern(row.uri)}`,
      row.ts / 1e6,
    ]),
  );
  const begins = timesOf(
    tracker
      .rows()
      .filter(({ proto }) => proto === 'tcp')
      .map((row) => [row.origMac, `${row.respHost}:${row.respPort}`, row.ts / 1e6]),
  );
  const rows = (what: string, table: ReadonlyMap<string, number[]>): Cell[][] =>
    [...table].flatMap(([key, times]) => {
      const [mac = '', to = ''] = key.split('\t');
      return periodsOf(times.toSorted((a, b) => a - b)).map((period): Cell[] => [
        names(mac),
        mac,
        what,
        to,
        ...periodCells(period),
        null,
      ]);
    });
  return {
    name: 'periods',
    title: 'Periods',
    notes: [
      'A device may keep several in turn: each group of like intervals is a row. seconds is the mean of its intervals; bytes: frame lengths of the usual burst, of frames less than 2 s apart.',
    ],
    head: ['device', 'mac', 'what', 'to', 'seconds', 'shortest', 'longest', 'intervals', 'burst_bytes'],
    rows: [...ssdp, ...rows('http requests', polls), ...rows('tcp connections', begins)],
  };
}

function timesOf(
  list: readonly (readonly [mac: string, what: string, seconds: number])[],
): ReadonlyMap<string, number[]> {
  const table = new Map<string, number[]>();
  for (const [mac, what, seconds] of list)
    table.set(`${mac}\t${what}`, [...(table.get(`${mac}\t${what}`) ?? []), seconds]);
  return table;
}

/** Long tokens and numbers of a path are not what it is about; a query's values neither. */
export function pathPattern(uri: string): string {
  const [path = ''] = uri.split('?');
  return path
    .replaceAll(/\/[A-Za-z0-9_-]{16,}(?=\/|$)/g, '/*')
    .replaceAll(/\d+/g, '#')
    .slice(0, 120);
}

/** Silences of an hour and more. */
export function presence({ presence: seen }: AmarObserver, names: Names): ReportTable {
  return {
    name: 'presence',
    title: 'Presence of each MAC address',
    notes: ['absent: an hour or more without a frame from it, from its last to its next one (UTC).'],
    head: ['device', 'mac', 'first', 'last', 'frames', 'absent'],
    rows: [...seen]
      .toSorted((a, b) => byText(a[0], b[0]))
      .map(([mac, p]) => [
        names(mac),
        mac,
        isoHour(p.first),
        isoHour(p.last),
        p.frames,
        p.silences.map(([from, to]) => `${isoHour(from)} to ${isoHour(to)}`).join('; '),
      ]),
  };
}

/** Which address a MAC had when, and the names that it gave itself over DHCP. */
export function addressesOverTime(observer: AmarObserver, { apps }: ConnTracker, names: Names): ReportTable {
  const given = new Map<string, Set<string>>();
  for (const { mac, hostName } of apps.dhcp)
    if (hostName !== undefined) given.set(mac, (given.get(mac) ?? new Set<string>()).add(hostName));
  return {
    name: 'addresses-over-time',
    title: 'Addresses and names over time',
    notes: ['From the frames that each MAC sent; dhcp_names: host names of its own DHCP messages.'],
    head: ['device', 'mac', 'ip', 'first', 'last', 'frames', 'dhcp_names'],
    rows: [...observer.spans.values()]
      .filter(({ mac, ip }) => mac !== '' && !isExternal(ip))
      .toSorted((a, b) => byText(a.mac, b.mac) || a.first - b.first || byText(a.ip, b.ip))
      .map((span) => [
        names(span.mac),
        span.mac,
        span.ip,
        isoHour(span.first),
        isoHour(span.last),
        span.frames,
        [...(given.get(span.mac) ?? [])].join(' '),
      ]),
  };
}

/** Amar's eight "MAC addresses of one iPad": what their own DNS heads show of each. */
export function eightAddresses(): ReportTable {
  const rows: Cell[][] = [
    [
      '78:4f:43:6e:f4:b1',
      'jamess-macbook-pro.local',
      'the MacBook of the same script, whose line for it has a capital F and so never matches',
    ],
    ['18:65:90:43:0c:58', '_sleep-proxy._udp.local, outlook.ha.office365.com', 'Apple; no name of its own'],
    ['b0:70:2d:e4:1e:82', '_sleep-proxy._udp.local, prod14-api.acompli.net', 'Apple; no name of its own'],
    [
      '88:30:8a:77:5f:cc',
      'clients3.google.com, mtalk4.google.com, android.clients.google.com',
      "asks Android's push names",
    ],
    ['78:7e:61:90:e4:c0', 'time-ios.apple.com, e10.whatsapp.net', 'WhatsApp: a phone'],
    ['70:ee:50:12:84:aa', 'netcom.netatmo.net only', 'the weather station'],
    ['84:89:ad:3e:33:66', 'jamess-ipad.local', 'the iPad'],
    ['6c:19:c0:81:a9:cb', '_sleep-proxy._udp.local, imap.gmail.com', 'Apple; no name of its own'],
  ];
  return {
    name: 'eight-addresses',
    title: 'The eight addresses that the paper calls one iPad',
    notes: [
      "Their answer: one iPad with eight randomised addresses. The right one: not joined. None of the eight has the local bit that random addresses have, and what they ask for contradicts itself. Weir joins addresses only by a device's own words; see `linked` in the document.",
    ],
    head: ['mac', 'asks', 'evidence', 'local_bit', 'joined'],
    rows: rows.map(([mac = '', asks = '', evidence = '']) => [
      mac,
      asks,
      evidence,
      (Number.parseInt(String(mac).slice(0, 2), 16) & 2) !== 0,
      false,
    ]),
  };
}

/** Where devices say that they can be described, and whether anybody fetched it. */
export function locations({ apps }: ConnTracker, names: Names): ReportTable {
  const fetched = new Map<string, number>();
  for (const { conn, uri } of apps.http) {
    const key = `${conn.respHost}:${conn.respPort}${uri}`;
    fetched.set(key, (fetched.get(key) ?? 0) + 1);
  }
  return {
    name: 'ssdp-locations',
    title: 'SSDP: LOCATION announced and fetched',
    notes: [
      'fetched: requests for that address seen in the captures. Announced again and again and never fetched is what the paper found of its router.',
    ],
    head: ['device', 'mac', 'location', 'announced', 'fetched'],
    rows: [...apps.locations.values()]
      .toSorted((a, b) => byText(a.mac, b.mac) || byText(a.url, b.url))
      .map(({ mac, url, count }) => [names(mac), mac, url, count, fetched.get(locationKey(url)) ?? 0]),
  };
}

function locationKey(url: string): string {
  const match = /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  return match === null ? url : `${match[1]}:${match[2] ?? '80'}${match[3] ?? '/'}`;
}

/** Keys in the paths of local HTTP: Hue's `/api/KEY/…`. Shown masked; the same key over days is one that does not expire. */
export function controlKeys({ apps }: ConnTracker, names: Names): ReportTable {
  const keys = new Map<string, { rows: HttpRow[]; key: string }>();
  for (const row of apps.http) {
    const key = /^\/(?:api|v\d)\/([A-Za-z0-9_-]{16,})(?:\/|$|\?)/.exec(row.uri)?.[1];
    if (key === undefined || isExternal(row.conn.respHost)) continue;
    const id = `${row.conn.respHost}\t${key}`;
    const known = keys.get(id) ?? { rows: [], key };
    keys.set(id, known);
    known.rows.push(row);
  }
  return {
    name: 'control-keys',
    title: 'Keys of the local control plane, readable in plain HTTP',
    notes: [
      'Anybody on the network reads such a key and can use it. accepted: requests answered with success; by: MACs that used it; hours: from its first to its last use. The paper replayed one weeks later from another laptop: it does not expire and is bound to no address. Weir does not replay.',
    ],
    head: ['device', 'ip', 'key_masked', 'requests', 'accepted', 'by', 'first', 'last', 'hours'],
    rows: [...keys.values()].map(({ rows, key }): Cell[] => {
      const [first, last] = [rows[0]!, rows.at(-1)!];
      const users = [...new Set(rows.map(({ conn }) => conn.origMac))];
      const accepted = rows.filter(({ status }) => status !== undefined && status < 300).length;
      return [
        names(first.conn.respMac),
        first.conn.respHost,
        `${key.slice(0, 4)}…(${key.length})`,
        rows.length,
        accepted,
        users.join(' '),
        isoHour(first.ts / 1e6),
        isoHour(last.ts / 1e6),
        Number(((last.ts - first.ts) / 3.6e9).toFixed(2)),
      ];
    }),
  };
}

/** Requests by kind: what a listener learns from how often and from what. */
export function givenAway({ apps }: ConnTracker, names: Names): ReportTable {
  const kinds = new Map<string, { rows: HttpRow[]; what: string }>();
  for (const row of apps.http) {
    const what = kindOf(row);
    if (what === undefined) continue;
    const key = `${row.conn.origMac}\t${row.host ?? row.conn.respHost}\t${what}`;
    const known = kinds.get(key) ?? { rows: [], what };
    kinds.set(key, known);
    known.rows.push(row);
  }
  return {
    name: 'given-away',
    title: 'What polling and pictures give away',
    notes: ['An inference of what a listener may learn, not a proof that somebody did.'],
    head: ['device', 'mac', 'host', 'what', 'requests', 'first', 'last', 'reveals'],
    rows: [...kinds].map(([key, { rows, what }]): Cell[] => {
      const [mac = '', host = ''] = key.split('\t');
      return [
        names(mac),
        mac,
        host,
        what,
        rows.length,
        isoHour(rows[0]!.ts / 1e6),
        isoHour(rows.at(-1)!.ts / 1e6),
        REVEALS[what as keyof typeof REVEALS],
      ];
    }),
  };
}

const REVEALS = {
  'state polling': 'on, off and colour of lights, hence who is in which room',
  pictures: 'what is looked at: covers and icons are fetched when they are shown',
  'captive portal probe': 'that the device has just joined the network',
  'device description': 'who controls whom in the home',
} as const;

function kindOf({ uri, responseType }: HttpRow): keyof typeof REVEALS | undefined {
  if (/generate_204|hotspot-detect|connecttest|ncsi\.txt/.test(uri)) return 'captive portal probe';
  if (/\/(?:lights|groups|sensors|state|status)(?:\/|$|\?)/.test(uri)) return 'state polling';
  if (/description\.xml|setup\.xml|rootDesc\.xml/i.test(uri)) return 'device description';
  return responseType?.startsWith('image/') === true || /\.(?:jpe?g|png|webp)(?:\?|$)/.test(uri)
    ? 'pictures'
    : undefined;
}
