// Three days in minutes: a home replayed in scaled time, a fault of a random kind in every quarter of a day, and at the end
// every file is whole, every sum is right and `weir verify` has nothing to say.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyFolder } from '../../appliance/capture/verify.ts';
import { CaptureProcess } from './capture-process.ts';
import { randomFrom } from './chance.ts';
import { Evidence } from './evidence.ts';
import { Card } from './ext4.ts';
import { finalCounters, imbalance, linesOf } from './ledger-book.ts';
import { writeRecording } from './recorded-days.ts';
import { FULL, missing, SEED } from './requirements.ts';
import { Stage } from './stage.ts';

const MIB = 1024 * 1024;
const QUARTER_SECONDS = 6 * 3600;
const QUARTERS = 12;
const REPLAY_SECONDS = FULL ? 10 : 1.2;
const FRAMES = FULL ? 20_000 : 2500;
const START = Date.UTC(2026, 10, 17) / 1000;

const FAULTS = ['none', 'kill', 'power cut', 'full card', 'freeze', 'failing writes', 'failing syncs'] as const;
type Fault = (typeof FAULTS)[number];

interface Days {
  readonly stage: Stage;
  readonly card: Card;
  readonly random: () => number;
}

/** Lives through one quarter of a day; answers the state it is expected to end in. */
async function live(
  { stage, card, random }: Days,
  quarter: number,
  fault: Fault,
): Promise<'stopped' | 'killed' | 'unstored'> {
  const file = `${stage.root}/quarter-${quarter}.pcap`;
  const recording = { run: quarter, devices: 6, frames: FRAMES, seconds: QUARTER_SECONDS };
  writeRecording(stage.outside(file), { ...recording, startSeconds: START + quarter * QUARTER_SECONDS }, random);
  const speed = QUARTER_SECONDS / REPLAY_SECONDS;
  const settings = { engine: 'file', file, speed, flush_ms: 100, sync_seconds_idle: 1, queue_bytes: 64 * MIB };
  const capture = new CaptureProcess(stage, `${card.folder}/data`, { capture: settings });
  capture.launch({ under: strace(stage, fault), env: { UV_THREADPOOL_SIZE: '2' } });
  const { pid } = await capture.until('the replay', (s) => s.counters.captured > FRAMES * 0.2 * random());
  if (fault === 'kill' || fault === 'power cut') {
    if (fault === 'power cut') card.cutPower();
    await capture.killAll();
    await card.unmount();
    card.mount();
    return 'killed';
  }
  if (fault === 'freeze') await freeze(pid);
  if (fault === 'full card') await fill(stage, card);
  const ended = await capture.within(capture.exited, 'the end of the replay');
  if (ended === 0) return 'stopped';
  assert.match(capture.log, /could not be stored/);
  return 'unstored';
}

function strace(stage: Stage, fault: Fault): string[] {
  const call = fault === 'failing writes' ? 'pwrite64' : fault === 'failing syncs' ? 'fdatasync' : undefined;
  if (call === undefined) return [];
  const inject = `inject=${call}:error=EIO:when=9+11`;
  return ['strace', '-f', '--seccomp-bpf', '-qq', '-o', `${stage.root}/strace`, '-e', `trace=${call}`, '-e', inject];
}

async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await sleep(300);
  process.kill(pid, 'SIGCONT');
}

async function fill(stage: Stage, card: Card): Promise<void> {
  stage.run('sh', '-c', `dd if=/dev/zero of=${card.folder}/filler bs=64k 2>/dev/null; true`);
  await sleep(500);
  stage.run('rm', `${card.folder}/filler`);
}

/** Every kind of fault, in an order that the seed decides. */
function shuffled(faults: readonly Fault[], random: () => number): Fault[] {
  return faults
    .map((fault) => ({ fault, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ fault }) => fault);
}

/** Stored once, whether retention deleted it later or not. */
function kept(evidence: Evidence, quarter: number): number {
  return evidence.unique(quarter) + evicted(evidence, quarter);
}

/** Packets of a quarter whose segments retention deleted, by what the ledger says of them. */
function evicted(evidence: Evidence, quarter: number): number {
  const deleted = new Set(linesOf(evidence.ledger, 'segment-deleted').map((line) => line.path));
  // A closing whose sync failed is told again: one path, one count.
  const closed = new Map(linesOf(evidence.ledger, 'segment-closed').map((line) => [line.path, line]));
  return [...closed.values()]
    .filter((line) => deleted.has(line.path) && quarterOf(line.path) === quarter)
    .reduce((sum, line) => sum + line.packets, 0);
}

/** A segment's name carries the time of its first packet: `<mac>_20261117T031500Z_…`. */
function quarterOf(path: string): number {
  const [, y, mo, d, h, m, s] = (/_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/.exec(path) ?? []).map(Number);
  const seconds = Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, m, s) / 1000;
  return Math.floor((seconds - START) / QUARTER_SECONDS);
}

function check(t: TestContext, evidence: Evidence, ends: readonly ('stopped' | 'killed' | 'unstored')[]): void {
  assert.deepEqual(evidence.problems, []);
  const counters = finalCounters(evidence.ledger);
  // A life that could not store its end may lack its stop line: the books of the others must be there and right.
  for (const [quarter, end] of ends.entries()) {
    if (end !== 'stopped') continue;
    const books = counters.find((c) => c.captured === FRAMES && c.written === kept(evidence, quarter));
    assert.ok(books !== undefined, `no books say that quarter ${quarter} kept ${kept(evidence, quarter)} frames`);
    assert.deepEqual(imbalance(books), [], `quarter ${quarter}`);
    counters.splice(counters.indexOf(books), 1);
  }
  const stored = ends.reduce((sum, _, quarter) => sum + evidence.unique(quarter), 0);
  const told = finalCounters(evidence.ledger).reduce((sum, c) => sum + c.lost_disk + c.lost_queue, 0);
  const deleted = ends.reduce((sum, _, quarter) => sum + evicted(evidence, quarter), 0);
  const gaps = linesOf(evidence.ledger, 'gap').length;
  t.diagnostic(
    `${QUARTERS * FRAMES} frames, ${stored} stored, ${deleted} evicted, ${told} told as lost, ${gaps} gaps, ${evidence.files.length} files`,
  );
  assert.ok(gaps >= ends.filter((end) => end === 'killed').length, 'a killed life leaves a gap line');
}

test('three days of a home with faults of all kinds end in books that balance', {
  skip: missing('losetup', 'strace'),
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const card = new Card(stage, 'card', { bytes: 128 * MIB });
  card.mount();
  const random = randomFrom(SEED);
  const faults = shuffled(
    Array.from({ length: QUARTERS }, (_, i) => FAULTS[i % FAULTS.length] ?? 'none'),
    random,
  );
  t.diagnostic(`seed ${SEED}: ${faults.join(', ')}`);
  const ends: ('stopped' | 'killed' | 'unstored')[] = [];
  for (const [quarter, fault] of faults.entries()) ends.push(await live({ stage, card, random }, quarter, fault));
  if (ends.at(-1) === 'killed') ends.push(await live({ stage, card, random }, QUARTERS, 'none'));
  const data = stage.outside(`${card.folder}/data`);
  check(t, new Evidence(data), ends);
  assert.deepEqual((await verifyFolder(data)).problems, []);
});
