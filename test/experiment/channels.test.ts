// Device to cloud, app to cloud, app to device: at the access point from roles, and on the phone from its own capture (raw IP).

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderLargest, wholeDocument } from '../../appliance/analysis/render-document.ts';
import { withAnalysis } from '../../appliance/cli/analyze/analyze-file.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import type { ConfirmedIdentities } from '../../appliance/model/user-identity.ts';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { GATEWAY, pcap, record, temporaryFolder } from '../capture/fixture.ts';

const HOUR = 1_795_176_000;
const CAM = '18:b4:30:00:00:02';
const PHONE = '3c:22:fb:00:00:05';
const ETHERNET_BYTES = 14;
/** LINKTYPE_RAW, as PCAPdroid and PCAP Remote write. */
const RAW = 101;

const end = (mac: string, ip: string, port: number): Endpoint => ({ mac, ip, port });
const cam = (port: number) => end(CAM, '192.168.1.20', port);
const phone = (port: number) => end(PHONE, '192.168.1.30', port);
const cloud = (port: number) => end(GATEWAY, '93.184.216.34', port);
const say = (bytes: number) => [[0, Buffer.alloc(bytes, 0x41)]] as const;

interface Said {
  readonly frames: Uint8Array[];
  /** Of the frames from the opener, and back. */
  readonly out: number;
  readonly back: number;
}

function talk(from: Endpoint, to: Endpoint, bytes: number): Said {
  const frames = connection(from, to, say(bytes));
  const sent = (mac: string) =>
    frames.filter((frame) => Buffer.from(frame).toString('hex', 6, 12) === mac.replaceAll(':', ''));
  const sum = (list: Uint8Array[]) => list.reduce((total, frame) => total + frame.length, 0);
  return { frames, out: sum(sent(from.mac)), back: sum(sent(to.mac)) };
}

function capture(t: TestContext, name: string, frames: readonly Uint8Array[], linkType = 1): string {
  const file = join(temporaryFolder(t), name);
  const records = frames.map((frame, i) => record(HOUR, i * 1000, Buffer.from(frame)));
  writeFileSync(file, pcap(records, 'us', linkType));
  return file;
}

test('at the access point the channels follow from what the registry says of the ends', async (t) => {
  const said = [talk(cam(4000), cloud(443), 300), talk(phone(5000), cloud(443), 120), talk(phone(5001), cam(80), 70)];
  const path = capture(
    t,
    'ap.pcap',
    said.flatMap(({ frames }) => frames),
  );
  const registry = join(temporaryFolder(t), 'r.csv');
  writeFileSync(registry, `mac,name,role\n${CAM},Cam,device\n${PHONE},Jo,phone\n`);
  const { channels } = await withAnalysis({ paths: [path], registry, routers: [parseMac(GATEWAY)!] }, wholeDocument);
  assert.deepEqual(
    channels?.[0]?.rows.map(({ channel, conversations, bytes_out, bytes_in, payload_bytes, destinations }) => [
      channel,
      conversations,
      bytes_out,
      bytes_in,
      payload_bytes,
      destinations,
    ]),
    [
      ['device_cloud', 1, said[0]!.out, said[0]!.back, 300, 1],
      ['app_cloud', 1, said[1]!.out, said[1]!.back, 120, 1],
      ['app_device', 1, said[2]!.out, said[2]!.back, 70, 1],
    ],
  );
  assert.deepEqual([channels?.length, channels?.[0]?.seen_at], [1, 'access_point']);
});

test('the document of a running appliance has the channels as soon as a role was said', () => {
  const { tables } = openTables('0');
  const said = [talk(cam(4000), cloud(443), 300), talk(phone(5001), cam(80), 70)];
  // One row is shown, and sums are over all.
  const draw = (identities: ConfirmedIdentities) => {
    const analyzer = new Analyzer({ owner: null, infra: [parseMac(GATEWAY)!] });
    for (const frame of said.flatMap(({ frames }) => frames))
      analyzer.frame(frame, 0, frame.length, HOUR, 0, frame.length, 1);
    const source = { path: 'captures', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
    return renderLargest(analyzer.summary(), tables, { ...source, identities }, 1);
  };
  const who = { name: '', vendor: '', category: '', by: 'me', ts: '0' };
  assert.equal(draw({ [PHONE]: who }).channels, undefined);
  const { channels, conversations } = draw({ [PHONE]: { ...who, role: 'phone' } });
  assert.equal(conversations.length, 1);
  assert.deepEqual(
    channels?.[0]?.rows.map(({ channel, bytes_out, bytes_in }) => [channel, bytes_out, bytes_in]),
    [
      ['device_cloud', said[0]!.out, said[0]!.back],
      ['app_device', said[1]!.out, said[1]!.back],
    ],
  );
});

test('the router is no device where nobody named it, and without roles there are no channels', async (t) => {
  const path = capture(t, 'ap.pcap', talk(cam(4000), cloud(443), 300).frames);
  assert.equal((await withAnalysis({ paths: [path] }, wholeDocument)).channels, undefined);
  const registry = join(temporaryFolder(t), 'r.txt');
  writeFileSync(registry, `${CAM} cam\n`);
  const { channels } = await withAnalysis({ paths: [path], registry }, wholeDocument);
  assert.deepEqual(
    channels?.[0]?.rows.map(({ channel }) => channel),
    ['device_cloud'],
  );
});

test("a phone's own capture joins with its owner: app to cloud away from home, app to device by the device's address", async (t) => {
  const ap = capture(t, 'ap.pcap', [
    ...talk(cam(4000), cloud(443), 300).frames,
    ...talk(phone(5001), cam(80), 70).frames,
  ]);
  // In the VPN of the capturing app the phone has an address of its own.
  const inside = (port: number) => end(PHONE, '10.215.173.1', port);
  const away = [talk(inside(6000), cloud(443), 500), talk(inside(6001), end(GATEWAY, '8.8.8.8', 443), 40)];
  const local = talk(inside(6002), cam(80), 90);
  const frames = [...away, local].flatMap((one) => one.frames).map((frame) => frame.subarray(ETHERNET_BYTES));
  const file = capture(t, 'phone.pcap', frames, RAW);
  const owner = parseMac(PHONE)!;
  const { channels } = await withAnalysis(
    { paths: [ap], phone: { path: file, owner }, routers: [parseMac(GATEWAY)!] },
    wholeDocument,
  );
  const [home, own] = channels ?? [];
  assert.deepEqual(
    home?.rows.map(({ channel }) => channel),
    ['device_cloud', 'app_device'],
  );
  assert.deepEqual([own?.seen_at, own?.owner, own?.address], ['phone', PHONE, '10.215.173.1']);
  const without = (bytes: number, packets: number) => bytes - packets * ETHERNET_BYTES;
  const sum = (list: readonly Said[], key: 'out' | 'back') => list.reduce((total, one) => total + one[key], 0);
  assert.deepEqual(
    own?.rows.map(({ channel, conversations, packets, bytes_out, bytes_in, destinations }) => [
      channel,
      conversations,
      packets,
      bytes_out,
      bytes_in,
      destinations,
    ]),
    [
      // Four frames: three of the handshake (two of them out) and one with data out.
      ['app_cloud', 2, 8, without(sum(away, 'out'), 6), without(sum(away, 'back'), 2), 2],
      ['app_device', 1, 4, without(local.out, 3), without(local.back, 1), 1],
    ],
  );
});

test('a capture of a phone without traffic is refused in one line', async (t) => {
  const ap = capture(t, 'ap.pcap', talk(cam(4000), cloud(443), 300).frames);
  const empty = capture(t, 'phone.pcap', [], RAW);
  await assert.rejects(
    withAnalysis({ paths: [ap], phone: { path: empty, owner: parseMac(PHONE)! } }, wholeDocument),
    /holds no TCP or UDP of a phone\. Nothing was joined\.$/,
  );
});
