import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ServiceNotify } from '../../appliance/health/service-notify.ts';
import { eventually } from '../store/data-folder.ts';

/** A `systemd-notify` that writes down what it is reported. */
function notified(t: TestContext, environment: NodeJS.ProcessEnv) {
  const dir = mkdtempSync(join(tmpdir(), 'weir-notify-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const reported = join(dir, 'told');
  writeFileSync(join(dir, 'systemd-notify'), `#!/bin/sh\necho "$1" >> ${reported}\n`);
  chmodSync(join(dir, 'systemd-notify'), 0o755);
  const notify = new ServiceNotify({ PATH: `${dir}${delimiter}${process.env['PATH'] ?? ''}`, ...environment });
  const words = () => (existsSync(reported) ? readFileSync(reported, 'utf8').trim().split('\n') : []);
  return { notify, words };
}

test('systemd hears ready, then alive while it is so, then stopping', async (t) => {
  const { notify, words } = notified(t, { NOTIFY_SOCKET: '/run/nowhere', WATCHDOG_USEC: '150000' });
  let alive = true;
  notify.start(() => alive);
  await eventually('fed twice', () => words().filter((word) => word === 'WATCHDOG=1').length >= 2);
  assert.ok(words().includes('READY=1'));
  alive = false;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const fed = words().length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(words().length, fed);
  notify.stop();
  await eventually('stopping', () => words().includes('STOPPING=1'));
});

test('without systemd nothing is started', async (t) => {
  const { notify, words } = notified(t, {});
  notify.start(() => true);
  notify.stop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(words(), []);
});
