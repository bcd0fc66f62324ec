import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  BULB,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  temporaryFolder,
} from '../capture/fixture.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const HOUR = 1_795_176_000;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function weir(...words: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], (error, out, said) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: said }),
    );
  });
}

async function home(t: TestContext) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY))]));
  const config = path.join(dataDir, 'weir.yaml');
  fs.writeFileSync(config, `data: {dir: ${dataDir}}\n`);
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  return { dataDir, config, capture };
}

const tombstones = (dataDir: string) => readLines(dataDir).filter(({ type }) => type === 'device-forgotten');

test('weir forget says what would go and what stays, does it on request, and answers in JSON', async (t) => {
  const { dataDir, config } = await home(t);
  const asked = await weir('forget', BULB, '--config', config);
  assert.equal(asked.code, 2);
  assert.match(
    asked.out,
    /would be deleted, for good\. These stay:\n {2}lines of the ledger.*Nothing was deleted\. To do it:/s,
  );
  assert.deepEqual(tombstones(dataDir), []);
  const done = await weir('forget', BULB, '--yes', '--reason', 'withdrew', '--config', config);
  assert.deepEqual([done.code, done.error], [0, '']);
  assert.match(done.out, /^50:c7:bf:00:00:01 is forgotten: its segments up to number 1 are being deleted/);
  assert.match(JSON.stringify(tombstones(dataDir)), /"up_to":1,.*"reason":"withdrew"/);
  const { out } = await weir('forget', BULB, '--yes', '--json', '--config', config);
  const { device, up_to, stays } = JSON.parse(out) as { device: string; up_to: number; stays: string[] };
  assert.deepEqual([device, up_to, stays.length], [BULB, 1, 3]);
});

test('weir forget refuses in one line where it cannot', async (t) => {
  const { config, capture } = await home(t);
  const unnamed = await weir('forget', 'the bulb', '--yes', '--config', config);
  assert.match(unnamed.error, /^weir: .*appliance\.sock.*nothing was asked[^\n]*\n$/);
  await capture.stop('test');
  const stopped = await weir('forget', BULB, '--yes', '--config', config);
  assert.match(stopped.error, /^weir: .*owner\.sock: capture does not answer[^\n]*Start it[^\n]*\n$/);
  assert.ok(unnamed.code > 0 && stopped.code > 0);
});
