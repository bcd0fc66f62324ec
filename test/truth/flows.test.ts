// The flow matrix of the shared captures, made hour by hour as the appliance makes it: its sums by device and destination are
// those of the device's document, and those that tshark counts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import { type DeviceKey, isGroupMac, parseMac } from '../../appliance/model/mac.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { unpackBlock } from '../../appliance/store/index/flow-pack.ts';
import { addBlocks, type FlowRow } from '../../appliance/store/index/flow-row.ts';
import { hourOfSecond } from '../../appliance/store/index/hour-row.ts';
import { type PackedText, packText } from '../../appliance/store/index/packed-text.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import type { SegmentAnalyzer } from '../../appliance/store/thread/segment-analyzer.ts';
import { tsharkMissing } from '../analysis/labelled/tshark-labels.ts';
import { CORPUS, withoutCorpus } from './corpus.ts';

const FOLDERS = ['iot-ap', 'iot-lifecycle', 'iot-misc', 'iot-setup'];
const ETHERNET = 1;
/** Of a capture: the devices that say most. */
const MAX_DEVICES = 4;

const tools = openSummaryTools('curated', () => undefined);

interface Frame {
  readonly bytes: Buffer;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly length: number;
}

interface Slice {
  readonly hour: string;
  readonly summary: PackedText;
}

/** Frames of each device, as capture gives each its file: those that it sent, and those to it alone. */
async function framesByDevice(path: string): Promise<Map<DeviceKey, Frame[]>> {
  const files = new Map<DeviceKey, Frame[]>();
  await readCaptureFile(
    path,
    {
      frame(bytes, start, end, seconds, nanoseconds, length, linkType) {
        if (linkType !== ETHERNET || end - start < 14) return;
        const frame = { bytes: Buffer.from(bytes.subarray(start, end)), seconds, nanoseconds, length };
        const [to, from] = [macAt(frame.bytes, 0), macAt(frame.bytes, 6)];
        for (const mac of new Set([from, to])) {
          if (mac === undefined || isGroupMac(mac)) continue;
          const file = files.get(mac);
          if (file === undefined) files.set(mac, [frame]);
          else file.push(frame);
        }
      },
    },
    false,
  );
  return files;
}

function macAt(bytes: Buffer, at: number) {
  return parseMac(bytes.toString('hex', at, at + 6).replaceAll(/(..)(?=.)/g, '$1:'));
}

/** Sliced at the hour, each from the carry of the one before. */
function slicesOf(owner: DeviceKey, frames: readonly Frame[]): Slice[] {
  const slices: Slice[] = [];
  let carry: string | null = null;
  let open: { readonly hour: string; readonly analyzer: SegmentAnalyzer } | undefined;
  const finish = () => {
    if (open === undefined) return;
    const end = open.analyzer.finish();
    carry = end.carry;
    slices.push({ hour: open.hour, summary: packText(end.summary) });
  };
  for (const { bytes, seconds, nanoseconds, length } of frames) {
    const hour = hourOfSecond(seconds);
    if (open?.hour !== hour) {
      finish();
      const room = { device: owner, seq: 1, infra: [], linkType: ETHERNET, carry, dataDir: '' };
      open = { hour, analyzer: makeAnalyzer(room) };
    }
    open.analyzer.frame(bytes, 0, bytes.length, seconds, nanoseconds, length, ETHERNET);
  }
  finish();
  return slices;
}

type Sums = Record<string, readonly [bytesUp: number, bytesDown: number]>;

async function rowsOf(owner: DeviceKey, slices: readonly Slice[]): Promise<readonly FlowRow[]> {
  const blocks = [];
  for (const { hour, summary } of slices) {
    const { flows } = await tools.hour([summary], { device: owner, hour, phase: 'unlabelled' });
    blocks.push(unpackBlock(flows));
  }
  return addBlocks(blocks).rows;
}

function addTo(sums: Record<string, [number, number]>, key: string, up: number, down: number): void {
  const known = (sums[key] ??= [0, 0]);
  known[0] += up;
  known[1] += down;
}

function byPeer(rows: readonly FlowRow[]): Sums {
  const sums: Record<string, [number, number]> = {};
  for (const { address, bytes_up, bytes_down } of rows) addTo(sums, address, bytes_up, bytes_down);
  return sums;
}

interface Counted {
  readonly sums: Record<string, [number, number]>;
  /** From which it sent: who sends from addresses of the Internet forwards for others. */
  readonly own: Set<string>;
}

/** By device and peer: what tshark counts of TCP and UDP, later fragments and what ICMP quotes left out. */
function tsharkSums(path: string): Map<string, Counted> {
  const fields = ['eth.src', 'eth.dst', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'frame.len'];
  const options = ['-n', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];
  const asked = ['-Y', '(tcp || udp) && !icmp && !icmpv6', '-T', 'fields', '-E', 'occurrence=f'];
  const out = execFileSync('tshark', ['-r', path, ...options, ...asked, ...fields.flatMap((field) => ['-e', field])], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const devices = new Map<string, Counted>();
  const countedOf = (mac: string) => {
    const counted = devices.get(mac) ?? { sums: {}, own: new Set() };
    devices.set(mac, counted);
    return counted;
  };
  for (const line of out.split('\n')) {
    const [from = '', to = '', source4 = '', destination4 = '', source6 = '', destination6 = '', length] =
      line.split('\t');
    if (from === '') continue;
    addTo(countedOf(from).sums, destination4 || destination6, Number(length), 0);
    countedOf(from).own.add(source4 || source6);
    if (to !== from) addTo(countedOf(to).sums, source4 || source6, 0, Number(length));
  }
  return devices;
}

const skip = withoutCorpus || tsharkMissing() || false;

test('the sums of the matrix by device and destination are those of the documents and of tshark', {
  skip,
}, async (t) => {
  let [captures, devices, documents, compared] = [0, 0, 0, 0];
  for (const folder of FOLDERS) {
    for (const name of readdirSync(join(CORPUS, folder)).filter((each) => each.endsWith('.pcap'))) {
      const path = join(CORPUS, folder, name);
      const files = [...(await framesByDevice(path))].sort(([, x], [, y]) => y.length - x.length);
      if (files.length === 0) continue;
      const counted = tsharkSums(path);
      captures++;
      for (const [owner, frames] of files.slice(0, MAX_DEVICES)) {
        const slices = slicesOf(owner, frames);
        const rows = await rowsOf(owner, slices);
        const sums = byPeer(rows);
        const { sums: truth = {}, own = new Set() } = counted.get(owner) ?? {};
        assert.deepEqual(sums, truth, `${folder}/${name} ${owner}: tshark`);
        const parts = slices.map(({ summary }) => summary);
        const document = await tools.document(parts, { device: owner, path: name, bytes: 0 });
        devices++;
        compared += Object.keys(sums).length;
        // A router's file has both sides of what it forwards; capture gives those frames to the devices.
        if (document.destinations.some(({ ip }) => own.has(ip))) continue;
        documents++;
        for (const { ip, bytes_up, bytes_down } of document.destinations)
          assert.deepEqual(sums[ip], [bytes_up, bytes_down], `${folder}/${name} ${owner} ${ip}: document`);
        const abroad = new Set(rows.filter(({ scope }) => scope === 'internet').map(({ address }) => address));
        assert.deepEqual([...abroad].sort(), document.destinations.map(({ ip }) => ip).sort());
      }
    }
  }
  assert.ok(documents > 0);
  t.diagnostic(
    `${captures} captures, ${devices} devices, ${documents} of them no routers, ${compared} pairs with peers`,
  );
});
