// One suite for all engines that read an interface: what each must do, and what each may only claim if it knows it. Real
// interfaces in namespaces, real children, real signals. Needs root; says so where it is missing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';
import { EngineGuest } from './engine-guest.ts';
import { FILTER, Wire, whyNoNamespaces } from './wire.ts';

const hasCap = spawnSync(process.execPath, ['-e', "require('cap')"], { cwd: import.meta.dirname }).status === 0;
const noNamespaces = whyNoNamespaces() ?? false;

interface EngineTraits {
  readonly name: 'tcpdump' | 'cap';
  /** It has the kernel's time and drop counters. */
  readonly knowsKernel: boolean;
  readonly skip: string | false;
}

const ENGINES: readonly EngineTraits[] = [
  { name: 'tcpdump', knowsKernel: true, skip: noNamespaces },
  {
    name: 'cap',
    knowsKernel: false,
    skip: noNamespaces === false && !hasCap ? 'the cap module is not built here' : noNamespaces,
  },
];

function runFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-engine-'));
  fs.chmodSync(folder, 0o777);
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A number sequence without holes from 0. */
function upTo(count: number): number[] {
  return [...Array(count).keys()];
}

for (const { name, knowsKernel, skip } of ENGINES) {
  const guestOn = (t: TestContext, wire: Wire, changes: Partial<CaptureSettings> = {}): EngineGuest => {
    const settings = { engine: name, interface: 'va', filter: FILTER, dataDir: runFolder(t), ...changes };
    return new EngineGuest(t, wire.nearPrefix(), settings);
  };

  test(`${name}: every frame arrives once, in order, stamped with the time it passed`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    const before = BigInt(Date.now()) * 1_000_000n;
    wire.send(200, 1000);
    await guest.until(() => guest.numbers.length >= 200, '200 frames');
    const after = BigInt(Date.now()) * 1_000_000n;
    assert.deepEqual(guest.numbers, upTo(200));
    const slack = 5_000_000n;
    assert.ok(
      guest.times.every((ns, i) => ns >= before - slack && ns <= after + slack && ns >= (guest.times[i - 1] ?? 0n)),
    );
  });

  test(`${name}: a stop delivers what passed before it, and the books close`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    wire.send(500, 0);
    const stats = await guest.stop();
    assert.deepEqual(guest.numbers, upTo(500));
    assert.deepEqual([stats.received, stats.dropped, stats.lostPipe], knowsKernel ? [500, 0, 0] : [null, null, null]);
  });

  test(`${name}: a missing interface is waited for, with one line that says what to do`, { skip }, async (t) => {
    const wire = await Wire.make(t, true);
    const guest = guestOn(t, wire);
    await guest.next('started');
    assert.match(guest.state?.reason ?? '', /^interface va .*(does not exist|missing).*again by itself/);
    wire.connect();
    await guest.next('stream');
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 10, '10 frames');
    assert.equal(guest.gaps.length, 1);
  });

  test(`${name}: after an interface was down it goes on by itself`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 10, 'frames before');
    wire.down();
    await new Promise((resolve) => setTimeout(resolve, 300));
    wire.up();
    // A child that had to be started again says so by a new stream and a gap.
    const restarted = !knowsKernel;
    if (restarted) await guest.next('stream', 1);
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 20, 'frames after');
    assert.equal(guest.gaps.length > 0, restarted);
  });

  test(`${name}: a deleted interface leaves a gap with its reason, and the next one of the name is taken up`, {
    skip,
  }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    wire.disconnect();
    await guest.until(() => guest.state?.state === 'waiting', 'waiting');
    wire.connect();
    await guest.next('stream', 1);
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 10, 'frames after');
    const [gap] = guest.gaps;
    assert.ok(gap !== undefined && BigInt(gap.to) > BigInt(gap.from) && gap.reason.includes('va'));
    assert.equal(guest.gaps.length, 1);
  });

  test(`${name}: a filter that is none is refused before anything runs`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire, { filter: 'udp prot 53' });
    const { code, message } = await guest.next('refused');
    assert.equal(code, 'CAPTURE_FILTER');
    assert.match(message, /capture\.filter/);
  });

  test(`${name}: without permission it is refused with what to do`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const nobody = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
    ];
    const settings = { engine: name, interface: 'va', filter: '', dataDir: runFolder(t) };
    const guest = new EngineGuest(t, [...wire.nearPrefix(), ...nobody], settings);
    const { code, message } = await guest.next('refused');
    assert.equal(code, 'CAPTURE_PERMISSION');
    assert.match(message, /CAP_NET_RAW/);
  });

  test(`${name}: a killed child is replaced, with a gap whose loss is unknown`, { skip }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    process.kill((await guest.ask('pid')).pid, 'SIGKILL');
    await guest.next('stream', 1);
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 10, 'frames after');
    assert.deepEqual(
      guest.gaps.map((gap) => [gap.lost, gap.reason.includes('SIGKILL')]),
      [[null, true]],
    );
  });

  test(`${name}: a stopped child is noticed; after SIGCONT every frame is delivered or counted as dropped`, {
    skip,
  }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire, { ringKiB: 2048 });
    await guest.next('stream');
    const { pid } = await guest.ask('pid');
    wire.send(10, 0);
    await guest.until(() => guest.numbers.length >= 10, 'frames before');
    process.kill(pid, 'SIGSTOP');
    if (knowsKernel) assert.equal((await guest.ask('responsive')).yes, false);
    wire.send(5000, 0, 1400);
    process.kill(pid, 'SIGCONT');
    const stats = await guest.stop();
    const delivered = guest.numbers.length;
    if (knowsKernel) assert.equal(delivered + (stats.dropped ?? 0) + (stats.lostPipe ?? 0), 5010);
    else assert.ok(delivered <= 5010 && stats.dropped === null);
  });

  test(`${name}: a burst is delivered, or its loss counted to the packet where that can be known`, {
    skip,
  }, async (t) => {
    const wire = await Wire.make(t);
    const guest = guestOn(t, wire);
    await guest.next('stream');
    wire.send(20_000, 0, 700);
    const stats = await guest.stop();
    if (knowsKernel) assert.deepEqual([guest.numbers.length, stats.dropped, stats.received], [20_000, 0, 20_000]);
    else assert.equal(new Set(guest.numbers).size, guest.numbers.length);
  });
}
