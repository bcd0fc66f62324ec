// When capture says that it captures. A stand-in for tcpdump decides when it listens: a program in a folder of its own, in front of
// the others, that waits for a file before it writes its header.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makePcapHeader } from '../../appliance/decode/files/pcap-record.ts';
import { captureFor, settingsFor, temporaryFolder, until } from './fixture.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

interface StandIn {
  readonly path: string;
  /** Whether the stand-in may begin to listen. */
  allow(yes: boolean): void;
}

/** `before`: what it does, in shell, as long as it may not listen. */
function standIn(t: TestContext, before: string): StandIn {
  const folder = temporaryFolder(t);
  const allowed = path.join(folder, 'allowed');
  const header = path.join(folder, 'header');
  fs.writeFileSync(header, makePcapHeader({ resolution: 'ns', snapLength: 262_144, linkType: 1 }));
  const script = `#!/bin/sh
[ "$1" = --version ] && exit 0
trap 'exit 0' INT TERM
trap 'echo "0 packets captured, 0 packets received by filter, 0 packets dropped by kernel" >&2' USR1
while [ ! -e ${allowed} ]; do ${before}; done
cat ${header}
echo 'tcpdump: listening on va' >&2
# Not for ever, should the test die before it.
for i in $(seq 1000); do sleep 0.05; done
`;
  fs.writeFileSync(path.join(folder, 'tcpdump'), script, { mode: 0o755 });
  return {
    path: `${folder}:${process.env['PATH']}`,
    allow: (yes) => (yes ? fs.writeFileSync(allowed, '') : fs.rmSync(allowed, { force: true })),
  };
}

test('after a pause capture is starting until the engine listens, not capturing', async (t) => {
  const tcpdump = standIn(t, 'sleep 0.02');
  const before = process.env['PATH'];
  process.env['PATH'] = tcpdump.path;
  t.after(() => (process.env['PATH'] = before));
  tcpdump.allow(true);
  const capture = await captureFor(t, settingsFor(temporaryFolder(t), { engine: 'tcpdump', interface: 'va' }));
  assert.equal(capture.status().state, 'capturing');
  await capture.recorder.carryOut({ verb: 'pause', by: 'test', note: '' });
  assert.equal(capture.status().state, 'paused');
  tcpdump.allow(false);
  const resumed = Promise.resolve(capture.recorder.carryOut({ verb: 'resume', by: 'test' }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(capture.status().state, 'starting');
  tcpdump.allow(true);
  await resumed;
  assert.equal(capture.status().state, 'capturing');
});

test('a resume that is refused leaves capture paused', async (t) => {
  const tcpdump = standIn(t, 'sleep 0.02');
  const before = process.env['PATH'];
  process.env['PATH'] = tcpdump.path;
  t.after(() => (process.env['PATH'] = before));
  tcpdump.allow(true);
  const capture = await captureFor(t, settingsFor(temporaryFolder(t), { engine: 'tcpdump', interface: 'va' }));
  await capture.recorder.carryOut({ verb: 'pause', by: 'test', note: '' });
  process.env['PATH'] = temporaryFolder(t);
  await assert.rejects(Promise.resolve(capture.recorder.carryOut({ verb: 'resume', by: 'test' })), {
    code: 'ENGINE_MISSING',
  });
  assert.equal(capture.status().state, 'paused');
});

test('an interface that is missing is announced; that it is captured is said when it is', async (t) => {
  const tcpdump = standIn(t, `echo "tcpdump: va: No such device exists" >&2; exit 1`);
  const folder = temporaryFolder(t);
  const config = path.join(folder, 'weir.json');
  const settings = { data: { dir: path.join(folder, 'data') }, capture: { interface: 'va', canary_seconds: 0 } };
  fs.writeFileSync(config, JSON.stringify(settings));
  const child = spawn(process.execPath, [MAIN, 'capture', '--config', config], {
    env: { ...process.env, PATH: tcpdump.path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until(() => said.includes('does not exist'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.doesNotMatch(said, /capturing/);
  tcpdump.allow(true);
  await until(() => said.includes('capturing va'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.match(said, /stopped \(SIGTERM\)/);
});
