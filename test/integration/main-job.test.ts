// The main job from the first packet to the page, on real traffic: a simulated home, an independent tcpdump next to our own,
// the appliance killed and started again, phases switched from the API. One run, looked at from all sides.
// WEIR_RUN_SECONDS sets its length (default 60; CI 180).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureClient } from '../../appliance/experiment/capture-client.ts';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import type { DeviceRow, DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { type Home, homeUnavailable, startHome } from '../testbed/home.ts';
import { CLI, Installation } from './installation.ts';
import { type Frame, framesOf } from './pcap-frames.ts';
import { recordBridge } from './second-tcpdump.ts';

const SECONDS = Number(process.env['WEIR_RUN_SECONDS'] ?? '60');
const reason = homeUnavailable();
const skip = reason === undefined ? false : `no simulated home here: ${reason}`;

interface Observed {
  readonly folder: string;
  readonly home: Home;
  readonly weir: Installation;
  /** Wall-clock nanoseconds between which both captures certainly ran. */
  readonly from: bigint;
  readonly to: bigint;
  readonly seenAfterSeconds: number;
  readonly final: StatusResponse;
  readonly totals: StatusResponse['totals'];
  readonly deviceNames: readonly DeviceRow[];
}

let run: Observed | undefined;

function observed(): Observed {
  assert.ok(run !== undefined, 'the run did not come to its end');
  return run;
}

before(
  async () => {
    if (skip !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'weir-run-'));
    const home = await startHome({ dir: join(folder, 'home'), seed: 7 });
    run = await watchHome(folder, home);
  },
  { timeout: (SECONDS + 240) * 1000 },
);

after(async () => {
  await run?.weir.stop();
  await run?.home.stop();
  if (run !== undefined) rmSync(run.folder, { recursive: true, force: true });
});

async function watchHome(folder: string, home: Home): Promise<Observed> {
  const weir = new Installation(folder, home);
  // Self-test frames are traffic to the independent tcpdump and none to us: off, so that both see the same.
  weir.configure({ http: { port: 0 }, capture: { canary_seconds: 0 } });
  const second = await recordBridge(home, join(folder, 'independent.pcap'));
  await weir.startCapture();
  weir.startAppliance();
  const socket = new CaptureClient(join(weir.data, 'run', 'capture.sock'));
  await weir.until('the first packet', 30, async () => (await socket.status()).counters.captured > 0);
  const from = BigInt(Date.now()) * 1_000_000n;
  const started = performance.now();
  await weir.until('all devices on the page', 90, async () => (await devices(weir)).length >= home.devices.length);
  const seenAfterSeconds = (performance.now() - started) / 1000;
  await sleep(SECONDS * 150);
  await weir.end('appliance', 'SIGKILL');
  await sleep(SECONDS * 150);
  weir.startAppliance();
  await weir.until('the appliance to come back', 60, async () => (await status(weir)).analysis.state === 'live');
  await weir.post('/api/v1/phase', { phase: 'intensive', interaction: 'lan_app', note: 'test' });
  await home.intensive(SECONDS * 0.3);
  await sleep(SECONDS * 300);
  await weir.post('/api/v1/phase', { phase: 'idle', interaction: 'none', note: '' });
  await sleep(SECONDS * 300);
  await home.quiesce();
  const to = BigInt(Date.now()) * 1_000_000n;
  await sleep(1500);
  await weir.until('analysis to catch up', 30, async () => (await status(weir)).analysis.lag_seconds < 1);
  // The first question since the restart: on a loaded machine a row is drawn after the answer to it.
  const isNamed = ({ name, vendor }: DeviceRow): boolean => name !== '' || vendor !== null;
  await weir.until('the rows to be drawn', 60, async () => (await devices(weir)).every(isNamed));
  const deviceNames = await devices(weir);
  const final = await status(weir);
  await weir.end('capture', 'SIGTERM');
  await weir.until('every segment to be in the index', 60, async () => (await openSegments(weir)) === 0);
  // Totals are of the rows as they were last drawn.
  await weir.until('rows that show all of it', 60, async () => (await status(weir)).analysis.rows_age_seconds === 0);
  const totals = (await status(weir)).totals;
  await weir.end('appliance', 'SIGTERM');
  await second.stop();
  return { folder, home, weir, from, to, seenAfterSeconds, final, totals, deviceNames };
}

function status(weir: Installation): Promise<StatusResponse> {
  return weir.get('/api/v1/status');
}

/** Segments that are open or not yet in the index. */
async function openSegments(weir: Installation): Promise<number> {
  const { segments } = await weir.get<SegmentsResponse>('/api/v1/segments?limit=1000');
  return segments.filter(({ state, analysed }) => state === 'open' || !analysed).length;
}

/** The rows of devices, without the access point's own. */
async function devices(weir: Installation): Promise<readonly DeviceRow[]> {
  const answer = await weir.get<DevicesResponse>('/api/v1/devices');
  return answer.devices.filter(({ mac }) => mac !== null);
}

test('every device of the home is on the page within 60 s', { skip }, () => {
  assert.ok(observed().seenAfterSeconds < 60, `took ${observed().seenAfterSeconds} s`);
});

test('each device has a name or a vendor, by which a person knows it', { skip }, () => {
  const { deviceNames, home } = observed();
  const rows = home.devices.map(({ mac }) => [mac, deviceNames.find((device) => device.mac === mac)] as const);
  const unnamed = rows.filter(([, row]) => row === undefined || (row.name === '' && row.vendor === null));
  assert.deepEqual(unnamed, []);
});

test('the files hold exactly the frames that an independent tcpdump saw, those between two devices once', {
  skip,
}, (t) => {
  const { folder, weir, from, to } = observed();
  const inside = ({ ns }: { ns: bigint }): boolean => ns >= from && ns <= to;
  const theirs = framesOf(join(folder, 'independent.pcap')).filter(inside);
  const ours = weir.storedFrames().filter(inside);
  t.diagnostic(`${theirs.length} frames in ${Number(to - from) / 1e9} s`);
  assert.ok(theirs.length > SECONDS, `only ${theirs.length} frames`);
  assert.deepEqual({ missing: surplus(theirs, ours), invented: surplus(ours, theirs) }, { missing: [], invented: [] });
});

/** What the first list holds more often than the second, in words. */
function surplus(first: readonly Frame[], second: readonly Frame[]): string[] {
  const left = new Map<string, number>();
  for (const { identity } of second) left.set(identity, (left.get(identity) ?? 0) + 1);
  return first.flatMap(({ identity, ns, source, destination, length }) => {
    const rest = left.get(identity) ?? 0;
    left.set(identity, rest - 1);
    return rest > 0 ? [] : [`${ns} ${source} > ${destination} ${length} bytes`];
  });
}

test('the books balance: every frame that reached capture is stored, lost with a reason, or refused', { skip }, () => {
  const counters = observed().final.capture?.counters ?? assert.fail('capture gave no status');
  const { captured, written, lost_queue, lost_disk, refused, canaries } = counters;
  assert.equal(captured, written + lost_queue + lost_disk + refused + canaries, JSON.stringify(counters));
});

test('tcpdump and tshark read every segment without complaint', { skip }, () => {
  const complaints = observed()
    .weir.segments()
    .flatMap(({ path, sidecar }) => [
      ...complaintsOf('tcpdump', ['-n', '-r', path], sidecar.packets),
      ...complaintsOf('tshark', ['-n', '-r', path, '-T', 'fields', '-e', 'frame.number'], sidecar.packets),
    ]);
  assert.deepEqual(complaints, []);
});

function complaintsOf(program: string, args: readonly string[], packets: number): string[] {
  const answer = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = answer.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('\t')).length;
  const words = answer.stderr
    .split('\n')
    .filter((line) => line !== '' && !/^reading from|^Running as user|^dropped privs/.test(line));
  if (answer.status !== 0) words.push(`exit ${answer.status}`);
  if (program === 'tshark' && lines !== packets) words.push(`${lines} packets instead of ${packets}`);
  return words.map((word) => `${program} ${args.at(2)}: ${word}`);
}

test('each phase has segments of its own, cut at the switch', { skip }, () => {
  const { weir } = observed();
  const closed = weir.segments();
  const phases = new Set(closed.map(({ sidecar }) => sidecar.phase));
  assert.deepEqual([...phases].sort(), ['idle', 'intensive']);
  assert.ok(closed.some(({ sidecar }) => sidecar.cut === 'phase' && sidecar.phase === 'intensive'));
});

test('an appliance that was killed counts nothing twice and misses nothing', { skip }, () => {
  const { totals, weir } = observed();
  const frames = weir.storedFrames();
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  assert.deepEqual({ packets: totals.packets, bytes: totals.bytes }, { packets: frames.length, bytes });
});

test('the stored segments, replayed, give the summaries of the live run byte for byte', { skip }, () => {
  const { weir } = observed();
  const live = spawnSync(process.execPath, [CLI, 'replay', '--index', weir.data], { maxBuffer: 1 << 28 });
  const again = spawnSync(process.execPath, [CLI, 'replay', weir.data], { maxBuffer: 1 << 28 });
  assert.ok(live.stdout.length > 10_000, live.stderr.toString());
  assert.ok(live.stdout.equals(again.stdout), 'the summaries differ');
});

test('the run verifies: ledger, sidecars, segments and signatures agree', { skip }, () => {
  const answer = spawnSync(process.execPath, [CLI, 'verify', observed().weir.data], { encoding: 'utf8' });
  assert.equal(answer.status, 0, answer.stdout);
});
