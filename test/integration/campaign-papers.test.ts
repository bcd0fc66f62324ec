// A scaled campaign of the simulated home, as a data folder: the three papers are reproduced from it whole and twice alike, with figures
// as tshark and ent give them; its windows are those of editcap; the phone's own capture joins as a third channel.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { wholeDocument } from '../../appliance/analysis/render-document.ts';
import { withAnalysis } from '../../appliance/cli/analyze/analyze-file.ts';
import type { ChannelRow } from '../../appliance/model/document/channels.ts';
import type { WindowFigures } from '../../appliance/model/document/window-figures.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { csvRows, tshark, weir } from '../reproduce/outside.ts';
import { homeUnavailable } from '../testbed/home.ts';
import type { DeviceKind } from '../testbed/roster.ts';
import { type RecordedCampaign, recordCampaign, run, TAGS } from './recorded-campaign.ts';

const missing = ['editcap', 'mergecap', 'tshark', 'ent'].filter((name) => spawnSync('which', [name]).status !== 0);
const home = homeUnavailable();
const skip =
  home !== undefined ? `no simulated home here: ${home}` : missing.length > 0 && `${missing.join(', ')} not installed`;

const UNICAST = '!(ip.dst==224.0.0.0/4) && !(ip.dst==255.255.255.255)';
const PUBLIC = `ip && !icmp && !(ip.dst==192.168.0.0/16) && ${UNICAST}`;

let recorded: RecordedCampaign | undefined;
before(
  async () => {
    if (skip === false) recorded = await recordCampaign(20);
  },
  { timeout: 600_000 },
);
after(() => recorded?.close());

function campaign(): RecordedCampaign {
  assert.ok(recorded !== undefined, 'the campaign did not come to its end');
  return recorded;
}

const macOf = (kind: DeviceKind): string => campaign().home.devices.find((device) => device.kind === kind)?.mac ?? '';
const seen = (filter: string, ...fields: string[]): string[][] => tshark(campaign().merged, filter, ...fields);
const sum = (rows: readonly (readonly string[])[], column = 0): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
/** By five-tuple, as the paper counts: tshark gives a port that was used again a new stream. */
const streams = (filter: string, protocol: 'tcp' | 'udp' = 'tcp'): number =>
  new Set(
    seen(`${filter} && ${protocol} && !icmp`, 'ip.src', `${protocol}.srcport`, 'ip.dst', `${protocol}.dstport`).map(
      ([source, from, destination, to]) => [`${source}:${from}`, `${destination}:${to}`].sort().join(),
    ),
  ).size;

/** Reproduces twice; the folder of the first, after both were found alike. */
function reproducedTwice(paper: string, ...options: string[]): (name: string) => Record<string, string>[] {
  const [first, second] = ['1', '2'].map((time) => {
    const out = join(campaign().folder, `${paper}-${time}`);
    weir('reproduce', paper, campaign().data, '-o', out, ...options);
    return out;
  }) as [string, string];
  const names = readdirSync(first);
  assert.deepEqual(readdirSync(second), names);
  for (const name of names)
    assert.ok(readFileSync(join(first, name)).equals(readFileSync(join(second, name))), `${paper}: ${name}`);
  const html = readFileSync(join(first, 'report.html'), 'utf8');
  assert.doesNotMatch(html, /<script|<link|<img|src=|url\(|@import/);
  return (name) => csvRows(join(first, `${name}.csv`));
}

/** Bits per byte, by the program ent. */
function ent(hex: string): number {
  const { stdout } = spawnSync('ent', ['-t'], { input: Buffer.from(hex, 'hex'), encoding: 'utf8' });
  return Number(stdout.split('\n')[1]?.split(',')[2]);
}

test('reproduce paper: the figures are those of tshark and ent', { skip }, () => {
  const table = reproducedTwice('paper', '--no-measure');
  const method = new Map(table('method').map(({ what = '', value = '' }) => [what, value]));
  const frames = seen('', 'frame.time_epoch', 'frame.len');
  const facts = ['packets', 'bytes of frames', 'first packet', 'last packet', 'devices'];
  assert.deepEqual(
    facts.map((what) => method.get(what)),
    [`${frames.length}`, `${sum(frames, 1)}`, frames[0]?.[0], frames.at(-1)?.[0], `${campaign().home.devices.length}`],
  );

  const sent = table('figure-4');
  const label = new Map(table('table-2').map(({ mac = '', device = '' }) => [mac, device]));
  for (const kind of ['scale', 'hub', 'mijia-camera', 'speaker', 'phone'] as const) {
    const own = sent.filter(({ device }) => device === label.get(macOf(kind)));
    const bytes = own.reduce((total, row) => total + Number(row['bytes_sent']), 0);
    assert.equal(bytes, sum(seen(`eth.src==${macOf(kind)} && ${PUBLIC}`, 'frame.len')), `bytes sent by ${kind}`);
  }

  const three = new Map(table('table-3').map((row) => [row['mac'], row]));
  const withPhone = (kind: DeviceKind): string => `eth.addr==${macOf(kind)} && eth.addr==${macOf('phone')}`;
  for (const kind of ['hub', 'dlink-camera', 'tuya-plug'] as const)
    assert.equal(three.get(macOf(kind))?.['app-to-device connections'], `${streams(withPhone(kind))}`, kind);
  const [kasa, scale] = [three.get(macOf('kasa-plug')), three.get(macOf('scale'))];
  const both = streams(withPhone('kasa-plug')) + streams(withPhone('kasa-plug'), 'udp');
  assert.equal(kasa?.['app-to-device connections'], `${both}`);
  assert.equal(scale?.['device-to-cloud connections'], `${streams(`eth.addr==${macOf('scale')}`)}`);

  const byStream = new Map<string, number[]>();
  for (const [stream = '', hex = ''] of seen(`eth.addr==${macOf('scale')} && tcp.len > 0`, 'tcp.stream', 'tcp.payload'))
    byStream.set(stream, [...(byStream.get(stream) ?? []), ent(hex)]);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const means = [...byStream.values()].map(mean);
  // The program ent prints six digits of each packet's entropy, and the table six of the mean.
  assert.ok(Math.abs(Number(scale?.['device-to-cloud entropy']) - mean(means)) < 2e-6, JSON.stringify([scale, means]));
  const low = table('threshold-7').find(({ mac, channel }) => mac === macOf('scale') && channel === 'device-to-cloud');
  assert.equal(low?.['connections_at_or_below'], `${means.filter((each) => each <= 7).length}`);

  const answered = (kind: DeviceKind): string[] =>
    seen(`eth.src==${macOf(kind)} && tcp.flags.syn==1 && tcp.flags.ack==1`, 'tcp.srcport').map(([port = '']) => port);
  const two = new Map(table('table-2').map((row) => [row['mac'], row['tcp']]));
  for (const kind of ['hub', 'dlink-camera', 'kasa-plug', 'tuya-plug'] as const)
    assert.equal(two.get(macOf(kind)), [...new Set(answered(kind))].join(' '), `ports of ${kind}`);
});

test('reproduce amar: the figures are those of tshark', { skip }, () => {
  const table = reproducedTwice('amar');
  const seenFrames = new Map(table('presence').map(({ mac, frames }) => [mac, frames]));
  const sources = seen('', 'eth.src');
  for (const { mac, kind } of campaign().home.devices)
    assert.equal(seenFrames.get(mac), `${sources.filter(([source]) => source === mac).length}`, `frames of ${kind}`);

  const volumes = table('figure-2-protocol');
  for (const kind of ['scale', 'mijia-camera', 'kasa-plug'] as const) {
    const own = volumes.find(({ mac, protocol }) => mac === macOf(kind) && protocol === 'tcp');
    assert.equal(own?.['sent'], `${sum(seen(`eth.src==${macOf(kind)} && tcp && ip && !icmp`, 'ip.len'))}`, kind);
  }
  const hourly = table('figure-4-5').reduce((total, { bytes }) => total + Number(bytes), 0);
  assert.equal(hourly, sum(seen('', 'frame.len')));

  const bySource = new Map<string, number>();
  for (const [ips = '', lengths = ''] of seen('ip', 'ip.src', 'ip.len')) {
    const ip = ips.split(',')[0] ?? '';
    bySource.set(ip, (bySource.get(ip) ?? 0) + Number(lengths.split(',')[0]));
  }
  const [largest] = table('largest');
  assert.deepEqual(Number(largest?.['bytes']), Math.max(...bySource.values()));
  assert.equal(bySource.get(largest?.['ip'] ?? ''), Number(largest?.['bytes']));

  const asked = seen(
    'udp.dstport==53 && !icmp && dns.flags.response==0',
    'eth.src',
    'dns.qry.name',
    'udp.srcport',
    'dns.id',
  );
  const answered = seen(
    'udp.srcport==53 && !icmp && dns.flags.response==1',
    'eth.dst',
    'dns.qry.name',
    'udp.dstport',
    'dns.id',
  );
  // An answer that comes twice is a row of its own: of each question as many rows as it has queries or, if they are more, answers.
  const rowsOf = (mac = '', name = ''): number => {
    const times = [asked, answered].map((messages) => {
      const count = new Map<string, number>();
      for (const [by, what, port, id] of messages)
        if (by === mac && what === name) count.set(`${port} ${id}`, (count.get(`${port} ${id}`) ?? 0) + 1);
      return count;
    });
    const questions = new Set(times.flatMap((count) => [...count.keys()]));
    return [...questions].reduce((sum, key) => sum + Math.max(...times.map((count) => count.get(key) ?? 0)), 0);
  };
  const heads = table('dns-heads');
  // Names that end in .local are asked for by multicast, at another port, and are in a table of their own.
  assert.ok(!heads.some(({ name }) => name?.endsWith('.local')));
  assert.ok(table('home-name-heads').every(({ name }) => name?.endsWith('.local')));
  assert.ok(table('home-name-heads').length > 0);
  assert.ok(heads.length >= 10);
  for (const { mac, name, queries } of heads) assert.equal(queries, `${rowsOf(mac, name)}`, `${mac} ${name}`);
});

test('reproduce iotshark: the campaign’s tags are its runs, and windows are as editcap cuts them', {
  skip,
}, async () => {
  const table = reproducedTwice('iotshark');
  const runs = table('runs');
  assert.deepEqual(
    runs.map((row) => row['run']),
    TAGS,
  );
  assert.equal(new Set(table('compared-runs').map(({ a, b }) => `${a} ${b}`)).size, 6, 'each pair of four runs');

  const { data, folder, merged, home: running } = campaign();
  const { windows } = JSON.parse(weir('windows', data, '--json', '--kind', 'tag')) as {
    readonly windows: readonly { readonly id: string; readonly name: string }[];
  };
  for (const { id, name } of windows) {
    const { totals, window, coverage } = JSON.parse(weir('figures', data, '--window', id, '--json')) as WindowFigures;
    const cut = join(folder, `${name}.pcap`);
    await run('editcap', ['-F', 'nsecpcap', '-A', window.from, '-B', window.to ?? '', merged, cut]);
    const rows = tshark(cut, '', 'frame.len');
    assert.deepEqual([totals.packets, totals.bytes], [rows.length, sum(rows)], name);
    assert.equal(coverage.unread.length, 0);
    const counted = tshark(cut, '(tcp || udp) && !icmp && !icmpv6', 'frame.number').length;
    assert.equal(runs.find((row) => row['run'] === name)?.['packets'], `${counted}`, name);
  }
  assert.equal(windows.length, TAGS.length);

  const watched = running.devices.filter(({ kind }) => ['scale', 'kasa-plug', 'dlink-camera'].includes(kind));
  for (const { ip, kind } of watched) {
    const file = readdirSync(join(folder, 'iotshark-1')).find(
      (name) => name.includes(`_${ip}_`) && /\.right/.test(name),
    );
    const got = JSON.parse(readFileSync(join(folder, 'iotshark-1', file ?? ''), 'utf8')) as Record<string, number>;
    const payload = (side: 'src' | 'dst'): number => {
      const own = `ip.${side}==${ip} && !icmp`;
      const datagrams = tshark(merged, `${own} && udp`, 'udp.length');
      return sum(tshark(merged, `${own} && tcp`, 'tcp.len')) + sum(datagrams) - 8 * datagrams.length;
    };
    assert.deepEqual(
      [got['total_incoming_bytes'], got['total_outgoing_bytes']],
      [payload('dst'), payload('src')],
      kind,
    );
  }
});

/** A channel's packets, and bytes both ways. */
const shown = (rows: readonly ChannelRow[], channel: ChannelRow['channel']): number[] => {
  const row = rows.find((each) => each.channel === channel);
  return [row?.packets ?? 0, (row?.bytes_out ?? 0) + (row?.bytes_in ?? 0)];
};

test('the phone’s own capture joins, and the three channels are those of tshark', { skip }, async () => {
  const { data, folder, home: running } = campaign();
  const [phone, others] = [macOf('phone'), running.devices.filter(({ kind }) => kind !== 'phone')];
  const registry = join(folder, 'registry.csv');
  const lines = running.devices.map(({ mac, kind }) => `${mac},${kind},${kind === 'phone' ? 'phone' : 'device'}`);
  writeFileSync(registry, `mac,name,role\n${lines.join('\n')}\n`);
  // Without link-layer headers, as PCAPdroid writes: an app there sees what is sent to it alone.
  const [own, raw] = [join(folder, 'phone-ethernet.pcap'), join(folder, 'phone.pcap')];
  const filter = `eth.addr==${phone} && ip && (tcp || udp) && !icmp && ${UNICAST}`;
  await run('tshark', ['-n', '-r', campaign().merged, '-Y', filter, '-F', 'nsecpcap', '-w', own]);
  await run('editcap', ['-F', 'nsecpcap', '-C', '14', '-T', 'rawip', own, raw]);
  const joined = { path: raw, owner: parseMac(phone)! };
  const { channels } = await withAnalysis({ paths: [data], registry, phone: joined }, wholeDocument);
  const [atHome, onPhone] = channels ?? [];
  assert.deepEqual([atHome?.seen_at, onPhone?.seen_at, onPhone?.owner], ['access_point', 'phone', phone]);

  const count = (file: string, wanted: string): number[] => {
    const rows = tshark(file, `(tcp || udp) && !icmp && !icmpv6 && ${UNICAST} && (${wanted})`, 'frame.len');
    return [rows.length, sum(rows)];
  };
  const cloud = '(ip && (!(ip.src==192.168.0.0/16) || !(ip.dst==192.168.0.0/16))) && !(ip.src==0.0.0.0)';
  const devices = others.map(({ mac }) => `eth.addr==${mac}`).join(' || ');
  const toDevices = others.map(({ ip }) => `ip.addr==${ip}`).join(' || ');
  assert.deepEqual(
    [shown(atHome?.rows ?? [], 'device_cloud'), shown(atHome?.rows ?? [], 'app_cloud')],
    [count(campaign().merged, `(${devices}) && ${cloud}`), count(campaign().merged, `eth.addr==${phone} && ${cloud}`)],
  );
  assert.deepEqual(
    shown(atHome?.rows ?? [], 'app_device'),
    count(campaign().merged, `eth.addr==${phone} && (${devices})`),
  );
  assert.deepEqual(
    [shown(onPhone?.rows ?? [], 'app_cloud'), shown(onPhone?.rows ?? [], 'app_device')],
    [count(raw, cloud), count(raw, toDevices)],
  );
});
