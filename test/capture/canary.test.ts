// The self-test frames on a real wire, through the whole capture process, without any package.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureProcess } from '../fault/capture-process.ts';
import { linesOf, readLedgerBook } from '../fault/ledger-book.ts';
import { missing } from '../fault/requirements.ts';
import { CAPTURE_END, Stage } from '../fault/stage.ts';
import { talk } from '../fault/traffic.ts';

const skip = missing('perl');

test('self-test frames are counted end to end and are in no file and no device', { skip }, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: { canary_seconds: 1 } });
  await capture.start();
  await talk(stage, { run: 1, rate: 500, count: 500, devices: 2 });
  const seen = await capture.until('three frames came back', ({ canary }) => (canary?.seen ?? 0) >= 3);
  assert.equal(seen.canary?.state, 'ok');
  const status = await capture.until('the rest is written', ({ counters }) => counters.written >= 500);
  const { captured, written, canaries } = status.counters;
  assert.deepEqual([written, canaries, captured - canaries], [500, status.canary?.seen, 500]);
  assert.equal(status.devices.length, 2);
  assert.equal(await capture.stop(), 0);
  const closed = linesOf(readLedgerBook(stage.outside(`${capture.data}/ledger.ndjson`)), 'segment-closed');
  assert.equal(
    closed.reduce((sum, line) => sum + line.packets, 0),
    500,
  );
});

test('a deaf engine is found out by its canary; an interface that is down is no loss but said', { skip }, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: { canary_seconds: 1 } });
  await capture.start();
  await capture.until('a frame came back', ({ canary }) => canary?.state === 'ok');
  stage.run('ip', 'link', 'set', CAPTURE_END, 'down');
  const down = await capture.until('it cannot be sent', ({ canary }) => canary?.state === 'unavailable');
  assert.match(down.canary?.reason ?? '', /Network is down/);
  stage.run('ip', 'link', 'set', CAPTURE_END, 'up');
  await capture.until('a frame came back again', ({ canary }) => canary?.state === 'ok');
  const engine = stage.run('pgrep', '-P', String(capture.pid), 'tcpdump').trim();
  process.kill(Number(engine), 'SIGSTOP');
  const deaf = await capture.until('a frame is lost', ({ canary }) => canary?.state === 'lost');
  assert.equal(deaf.state, 'degraded');
  process.kill(Number(engine), 'SIGCONT');
  await capture.until('a frame came back after all', ({ canary }) => canary?.state === 'ok');
  // Also those that came late are nobody's frames.
  assert.deepEqual((await capture.status()).devices, []);
  assert.equal(await capture.stop(), 0);
});
