// The plug is pulled while the home talks: closed segments stay as they were, what is lost is at most one sync interval, and
// capture goes on without a person.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureProcess } from './capture-process.ts';
import { describeSpread, randomFrom } from './chance.ts';
import { Evidence } from './evidence.ts';
import { Card } from './ext4.ts';
import { untoldHoles } from './gaps.ts';
import { FULL, missing, SEED } from './requirements.ts';
import { Stage } from './stage.ts';
import { Talker } from './traffic.ts';

const CUTS = FULL ? 100 : 5;
const MIB = 1024 * 1024;
const SYNC_SECONDS = 1;
const FLUSH_MS = 200;
/** tcpdump's kernel block waits up to a second; the rest is for a machine that has other work. */
const RING_MS = 1000;
const SLACK_MS = 3000;

/** Closed segments as the ledger names them just before the cut. */
function closedSegments(data: string): Map<string, string> {
  const text = existsSync(`${data}/ledger.ndjson`) ? readFileSync(`${data}/ledger.ndjson`, 'utf8') : '';
  const whole = text.split('\n').slice(0, -1);
  const closed = new Map<string, string>();
  for (const line of whole) {
    const event = JSON.parse(line) as { type: string; path: string; sha256: string };
    if (event.type === 'segment-closed') closed.set(event.path, event.sha256);
  }
  return closed;
}

/** Those of them that are gone or altered after the cut. */
function damagedSegments(data: string, closed: ReadonlyMap<string, string>): string[] {
  return [...closed].flatMap(([path, sha256]) => {
    const file = `${data}/captures/${path}`;
    if (!existsSync(file)) return [`${path} is gone`];
    const now = createHash('sha256').update(readFileSync(file)).digest('hex');
    return now === sha256 ? [] : [`${path} is altered`];
  });
}

test('power cuts cost at most one sync interval, and no closed segment', {
  skip: missing('losetup', 'mkfs.ext4'),
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const card = new Card(stage, 'card', { bytes: 512 * MIB });
  card.mount();
  const settings = { flush_ms: FLUSH_MS, sync_seconds_idle: SYNC_SECONDS, segment_seconds: 2 };
  const capture = new CaptureProcess(stage, `${card.folder}/data`, { capture: settings });
  const data = stage.outside(capture.data);
  const random = randomFrom(SEED);
  const cuts: { at: number; since: number }[] = [];
  const damaged: string[] = [];
  let capturing = true;
  let since = Date.now() * 1e6;
  await capture.start();
  const home = new Talker(stage, { run: 1, devices: 8, rate: 500 });
  for (let cut = 0; cut < CUTS; cut++) {
    await sleep(random() * 3000);
    const closed = closedSegments(data);
    if (capturing) cuts.push({ at: Date.now() * 1e6, since });
    card.cutPower();
    await capture.killAll();
    await card.unmount();
    card.mount();
    damaged.push(...damagedSegments(data, closed));
    // One cut in five hits a capture that is still recovering from the one before.
    capturing = random() >= 0.2;
    if (capturing) await capture.start();
    else capture.launch();
    since = Date.now() * 1e6;
  }
  await capture.until('capturing at the end', (status) => status.state === 'capturing');
  await sleep(2 * FLUSH_MS + RING_MS);
  const { sent } = await home.stop();
  assert.equal(await capture.stop(), 0);

  const evidence = new Evidence(data);
  const holes = evidence.runs.get(1)?.holes() ?? [];
  const windows = cuts.flatMap(({ at, since: started }) => {
    const hole = holes.find((h) => h.after <= at && at <= h.before);
    return hole === undefined ? [] : [(at - Math.max(hole.after, started)) / 1e6];
  });
  t.diagnostic(
    `seed ${SEED}, ${CUTS} cuts, ${sent} frames sent, ${evidence.unique(1)} stored, ${evidence.files.length} segments`,
  );
  t.diagnostic(`newest stored frame before the cut, ms old: ${describeSpread(windows)}`);
  t.diagnostic(`frames lost around a cut, restart included: ${describeSpread(holes.map((h) => h.count))}`);
  assert.deepEqual(damaged, []);
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(untoldHoles(evidence, 1), []);
  const bound = SYNC_SECONDS * 1000 + FLUSH_MS + RING_MS + SLACK_MS;
  assert.ok(Math.max(0, ...windows) <= bound, `a cut cost ${Math.max(...windows)} ms, promised are ${bound}`);
  await card.unmount();
  card.check();
});
