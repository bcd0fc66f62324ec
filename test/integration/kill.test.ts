// SIGKILL of the capture process while the home talks: what is lost, what is said about it, and that nobody else notices.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { type Home, homeUnavailable, startHome } from '../testbed/home.ts';
import { CLI, Installation } from './installation.ts';
import { type Frame, framesOf } from './pcap-frames.ts';
import { recordBridge } from './second-tcpdump.ts';

const reason = homeUnavailable();
const skip = reason === undefined ? false : `no simulated home here: ${reason}`;
/** Buffers reach the file each second and the kernel hands its ring over each second; the rest is tolerance of the clock. */
const UNSYNCED_TAIL_NS = 3_000_000_000n;

interface Killed {
  readonly folder: string;
  readonly home: Home;
  readonly weir: Installation;
  readonly killedAt: bigint;
  readonly backAt: bigint;
  readonly answeredMeanwhile: StatusResponse;
  readonly totals: StatusResponse['totals'];
  readonly independent: readonly Frame[];
}

let run: Killed | undefined;

function observed(): Killed {
  assert.ok(run !== undefined, 'the run did not come to its end');
  return run;
}

before(
  async () => {
    if (skip !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'weir-kill-'));
    const home = await startHome({ dir: join(folder, 'home'), seed: 11 });
    run = await killCapture(folder, home);
  },
  { timeout: 180_000 },
);

after(async () => {
  await run?.weir.stop();
  await run?.home.stop();
  if (run !== undefined) rmSync(run.folder, { recursive: true, force: true });
});

async function killCapture(folder: string, home: Home): Promise<Killed> {
  const weir = new Installation(folder, home);
  weir.configure({ http: { port: 0 }, capture: { canary_seconds: 0 } });
  const second = await recordBridge(home, join(folder, 'independent.pcap'));
  await weir.startCapture();
  weir.startAppliance();
  await weir.until('live analysis', 60, async () => (await ask(weir)).totals.packets > 100);
  await home.intensive(60);
  await sleep(6000);
  const killedAt = now();
  await weir.end('capture', 'SIGKILL');
  await sleep(1500);
  const answeredMeanwhile = await ask(weir);
  rmSync(join(weir.data, 'run', 'capture.sock'), { force: true });
  await weir.startCapture();
  await weir.until('packets again', 30, async () => ((await ask(weir)).capture?.counters.captured ?? 0) > 0);
  const backAt = now();
  await sleep(5000);
  await home.quiesce();
  await sleep(1500);
  await weir.end('capture', 'SIGTERM');
  await second.stop();
  await weir.until('every segment to be in the index', 60, async () => (await unfinished(weir)) === 0);
  // Totals are of the rows as they were last drawn.
  await weir.until('rows that show all of it', 60, async () => (await ask(weir)).analysis.rows_age_seconds === 0);
  const { totals } = await ask(weir);
  await weir.end('appliance', 'SIGTERM');
  return { folder, home, weir, killedAt, backAt, answeredMeanwhile, totals, independent: framesOf(second.path) };
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

function ask(weir: Installation): Promise<StatusResponse> {
  return weir.get('/api/v1/status');
}

async function unfinished(weir: Installation): Promise<number> {
  const { segments } = await weir.get<SegmentsResponse>('/api/v1/segments?limit=1000');
  return segments.filter(({ state, analysed }) => state === 'open' || !analysed).length;
}

test('the appliance goes on while capture is dead, and says so', { skip }, () => {
  const { answeredMeanwhile } = observed();
  assert.equal(answeredMeanwhile.capture, null);
  assert.notEqual(answeredMeanwhile.capture_reason, '');
});

test('only the unsynced tail and the time without capture are missing', { skip }, (t) => {
  const { weir, killedAt, backAt, independent } = observed();
  const frames = weir.storedFrames();
  const times = new Map<string, Frame[]>();
  for (const frame of frames) times.set(frame.identity, [...(times.get(frame.identity) ?? []), frame]);
  const first = frames.reduce((least, { ns }) => (ns < least ? ns : least), frames[0]?.ns ?? 0n);
  const missing = independent.filter(({ identity, ns }) => ns > first && !isNear(ns, times.get(identity) ?? []));
  t.diagnostic(
    `${missing.length} of ${independent.length} frames missing around a kill that lasted ${(Number(backAt - killedAt) / 1e9).toFixed(1)} s`,
  );
  const strange = missing.filter(({ ns }) => ns < killedAt - UNSYNCED_TAIL_NS || ns > backAt);
  assert.equal(strange.length, 0, `${strange[0]?.source} at ${strange[0]?.ns}; killed ${killedAt}, back ${backAt}`);
  assert.ok(missing.length > 0, 'a kill that cost nothing tests nothing');
});

/** Frames of equal content come again and again; two listeners stamp the same one within microseconds, on a busy machine later. */
function isNear(ns: bigint, frames: readonly Frame[]): boolean {
  return frames.some((frame) => frame.ns > ns - 20_000_000n && frame.ns < ns + 20_000_000n);
}

test('recovery keeps every whole record and the ledger mentions the gap', { skip }, () => {
  const { weir } = observed();
  const lines = readFileSync(join(weir.data, 'ledger.ndjson'), 'utf8').trimEnd().split('\n');
  const types = new Set(lines.map((line) => (JSON.parse(line) as LedgerLine).type));
  assert.ok(types.has('recovered') && types.has('gap'), [...types].join(' '));
});

test('nothing is counted twice: the totals are those of the files', { skip }, () => {
  const { totals, weir } = observed();
  assert.equal(totals.packets, weir.storedFrames().length);
});

test('what is left verifies', { skip }, () => {
  const answer = spawnSync(process.execPath, [CLI, 'verify', observed().weir.data], { encoding: 'utf8' });
  assert.equal(answer.status, 0, answer.stdout);
});
