// A home whose devices are scanned in the middle of an idle and of an intensive hour, next to the same home without: what the page
// shows of both phases is the same text, byte by byte.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { deviceId } from '../../appliance/model/mac.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import { DataFolder, device, eventually, GATEWAY, packet, record, START_NS, udpFrame } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const HOUR_NS = 3_600_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const HOURS = [
  { phase: 'idle', atNs: START_NS },
  { phase: 'intensive', atNs: START_NS + HOUR_NS },
] as const;
const DEVICES = [1, 2, 3].map(device);
const PACKETS = 100;
/** Ports that are asked of each device in each hour, each of which answers. */
const PORTS = 40;
/** Of the records of both scans of a device: Ethernet, IPv4, UDP and five bytes, behind a head of 16. */
const SCAN_BYTES = HOURS.length * PORTS * 2 * (16 + 14 + 20 + 8 + 5);
/** The size of the captures that a document is made from, whatever its phase: evidence, and no figure. */
const INPUT_BYTES = /(?<="input":\{"path":"[^"]*",)"bytes":(\d+),/;
const addressOf = (index: number) => `10.0.0.${index + 11}`;

/** The scanner asks, and the device answers a part of a second later. */
function probes(index: number, port: number, atNs: bigint): Buffer[] {
  const owner = DEVICES[index]!;
  const ask = { from: GATEWAY, to: owner, source: '10.0.0.1', destination: addressOf(index) };
  const answer = { from: owner, to: GATEWAY, source: addressOf(index), destination: '10.0.0.1' };
  const payload = Buffer.from('probe');
  return [
    record(udpFrame({ ...ask, sourcePort: 61_000, destinationPort: port, payload }), atNs),
    record(udpFrame({ ...answer, sourcePort: port, destinationPort: 61_000, payload }), atNs + 1n),
  ];
}

function recordScan(folder: DataFolder, index: number, phase: string, atNs: bigint): void {
  const scan = `${phase}-${index}`;
  const owner = DEVICES[index]!;
  const range = { first_port: 61_000, last_port: 61_999, profile: 'quick', by: '' };
  const ts = formatSeconds(atNs - SECOND_NS);
  folder.line({ type: 'scan-started', ts, scan, device: owner, address: addressOf(index), ...range });
  const until = formatSeconds(atNs + 60n * SECOND_NS);
  folder.line({ type: 'scan-ended', scan, device: owner, until, state: 'done', sha256: '' });
}

function home(t: TestContext, isScanned: boolean): DataFolder {
  const folder = DataFolder.make(t);
  for (const { phase, atNs } of HOURS) {
    for (const [index, owner] of DEVICES.entries()) {
      if (isScanned) recordScan(folder, index, phase, atNs);
      const segment = folder.open(owner, atNs, phase);
      for (let i = 0; i < PACKETS; i++) {
        folder.append(segment, packet(owner, i, atNs));
        // Between the device's own packets, ten milliseconds apart.
        if (!isScanned || i >= PORTS) continue;
        for (const probe of probes(index, 1000 + i, atNs + BigInt(i) * 10_000_000n + 5n)) {
          folder.append(segment, probe);
        }
      }
      folder.close(segment);
    }
  }
  return folder;
}

interface Shown {
  readonly texts: Map<string, string>;
  readonly sizes: readonly number[];
  readonly scanned: number;
}

/** What a person is shown of the two phases, by the question that was asked; and the packets of the phase scan. */
async function shown(t: TestContext, isScanned: boolean): Promise<Shown> {
  const appliance = await startTestAppliance(t, undefined, home(t, isScanned));
  const cookie = await appliance.logIn();
  const get = (path: string, accept = 'application/json') => appliance.ask(path, { headers: { cookie, accept } });
  const documentOf = async (owner: (typeof DEVICES)[number], phase: string) =>
    await get(`/api/v1/devices/${deviceId(owner)}?phase=${phase}`);
  const packets = async (phase: string) => {
    const answers = await Promise.all(DEVICES.map((owner) => documentOf(owner, phase)));
    return answers.reduce((sum, { json }) => sum + ((json as AnalysisDocument).input?.packets ?? 0), 0);
  };
  const isWhole = async () =>
    (await packets('idle')) === DEVICES.length * PACKETS && (await packets('intensive')) === DEVICES.length * PACKETS;
  await eventually('both phases are analysed', isWhole, 120);
  const texts = new Map<string, string>();
  const sizes: number[] = [];
  for (const { phase } of HOURS) {
    for (const owner of DEVICES) {
      const { text } = await documentOf(owner, phase);
      const [, size = ''] = INPUT_BYTES.exec(text) ?? [];
      sizes.push(Number(size));
      texts.set(`document ${owner} ${phase}`, text.replace(INPUT_BYTES, ''));
    }
    const rows = `/api/v1/flows?phase=${phase}&by=device,address,service,hour`;
    texts.set(`rows ${phase}`, (await get(rows, 'text/csv')).text);
  }
  return { texts, sizes, scanned: await packets('scan') };
}

test('idle and intensive documents and rows of a home are the same bytes with and without a scan in each', async (t) => {
  const without = await shown(t, false);
  const beside = await shown(t, true);
  assert.equal(without.scanned, 0);
  assert.equal(
    beside.scanned,
    HOURS.length * DEVICES.length * PORTS * 2,
    'every packet of the scans is of its own phase',
  );
  const kept = without.sizes.map((size) => size + SCAN_BYTES);
  assert.deepEqual(beside.sizes, kept, 'the captures of each device hold the scans as well');
  assert.equal(without.texts.size, HOURS.length * (DEVICES.length + 1));
  for (const [asked, text] of without.texts) {
    assert.ok(text.includes(asked.startsWith('rows') ? ',' : '"conversations"'), `${asked}: ${text.slice(0, 200)}`);
    assert.ok(beside.texts.get(asked) === text, `${asked}: ${unlike(text, beside.texts.get(asked) ?? '')}`);
  }
});

/** Where two texts part, for a person. */
function unlike(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return `${a.slice(Math.max(0, at - 80), at + 80)} … ${b.slice(Math.max(0, at - 80), at + 80)}`;
}
