import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canary } from '../../appliance/capture/control/canary.ts';
import { type Pulse, Watchdog } from '../../appliance/capture/control/watchdog.ts';

const SETTINGS = { interface: 'va', canarySeconds: 30, filter: '', engine: 'tcpdump' };

async function fedBy(...pulses: readonly Pulse[]): Promise<boolean[]> {
  const left = [...pulses];
  const watchdog = new Watchdog(
    () => Promise.resolve(left.shift()!),
    () => undefined,
  );
  return [await watchdog.feed(), await watchdog.feed()];
}

test('the watchdog is fed while packets advance, canaries arrive or the engine answers, and not otherwise', async () => {
  const still = { captured: 5, canariesSeen: 1, engineAnswers: false };
  assert.deepEqual(await fedBy(still, { ...still, captured: 6 }), [true, true]);
  assert.deepEqual(await fedBy(still, { ...still, canariesSeen: 2 }), [true, true]);
  assert.deepEqual(await fedBy(still, { ...still, engineAnswers: true }), [true, true]);
  assert.deepEqual(await fedBy(still, still), [true, false]);
});

test('the watchdog says nothing where systemd does not ask', () => {
  const said: string[] = [];
  new Watchdog(
    () => Promise.reject(new Error('not asked')),
    (text) => said.push(text),
  ).start({});
  assert.deepEqual(said, []);
});

test('a canary is taken once, and only as it was sent', async () => {
  const wire: Buffer[] = [];
  const canary = new Canary(
    SETTINGS,
    () => 'dc:a6:32:00:00:fe',
    async (_, frame) => void wire.push(frame),
  );
  await canary.sendOne();
  const [frame] = wire;
  const forged = Buffer.from(frame!);
  forged.writeUInt8(forged.readUInt8(20) ^ 1, 20);
  assert.equal(canary.take(forged, 0, forged.length), false);
  assert.equal(canary.take(frame!, 0, frame!.length), true);
  assert.equal(canary.take(frame!, 0, frame!.length), false);
  assert.deepEqual(canary.status, { state: 'ok', sent: 1, seen: 1, reason: '' });
});

test('a canary that comes late is still kept out of the files, and ends the alarm', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const wire: Buffer[] = [];
  const canary = new Canary(
    SETTINGS,
    () => undefined,
    async (_, frame) => void wire.push(frame),
  );
  await canary.sendOne();
  t.mock.timers.tick(5001);
  assert.equal(canary.status.state, 'lost');
  assert.equal(canary.take(wire[0]!, 0, wire[0]!.length), true);
  assert.equal(canary.take(wire[0]!, 0, wire[0]!.length), false);
  assert.equal(canary.status.state, 'ok');
});

test('a canary is addressed to the interface itself, so that no device receives it', async () => {
  const wire: Buffer[] = [];
  const canary = new Canary(
    SETTINGS,
    () => 'dc:a6:32:00:00:fe',
    async (_, frame) => void wire.push(frame),
  );
  await canary.sendOne();
  assert.match(wire[0]?.toString('hex', 0, 12) ?? '', /^dca6320000fe025745[0-9a-f]{6}$/);
});

test('a canary that does not come back is lost, and one that cannot be sent is unavailable with its reason', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lost = new Canary(
    SETTINGS,
    () => undefined,
    () => Promise.resolve(),
  );
  await lost.sendOne();
  t.mock.timers.tick(5001);
  assert.equal(lost.status.state, 'lost');
  const unable = new Canary(
    SETTINGS,
    () => undefined,
    () => Promise.reject(new Error('no cap module')),
  );
  await unable.sendOne();
  assert.deepEqual(unable.status, { state: 'unavailable', sent: 0, seen: 0, reason: 'no cap module' });
});

test('with a filter or a replay there is no canary', () => {
  assert.equal(new Canary({ ...SETTINGS, filter: 'tcp' }, () => undefined).status.state, 'unavailable');
  assert.equal(new Canary({ ...SETTINGS, engine: 'file' }, () => undefined).status.state, 'unavailable');
});
