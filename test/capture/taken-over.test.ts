// Data folders of the landed versions before this one, made by code as those wrote them: verified by their format, taken over, and said so.
// 29 November 2026: no number in the ledger, no key, sealed at the start and once an hour, heads that say nothing of the card. 2 December:
// format 4.

import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type ChainState,
  chainHash,
  EMPTY_CHAIN,
  formatHead,
  headText,
} from '../../appliance/capture/ledger/ledger-chain.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { reportText } from '../../appliance/cli/verify.ts';
import {
  BULB,
  CAMERA,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  storedSegments,
  surroundings,
  temporaryFolder,
} from './fixture.ts';

const HOUR = 1_795_176_000;

/** A run of capture; what it said. */
async function run(folder: string, from: number): Promise<string[]> {
  const said: string[] = [];
  const file = path.join(folder, 'in.pcap');
  const records = Array.from({ length: 60 }, (_, i) =>
    record(HOUR + from + i, i, frame(i % 2 === 0 ? BULB : CAMERA, GATEWAY, 100 + i)),
  );
  fs.writeFileSync(file, pcap(records));
  const settings = settingsFor(folder, { file, segmentBytes: 2000 });
  const capture = await startCapture(settings, surroundings({ say: (line) => said.push(line) }));
  await capture.ended;
  await capture.stop('test');
  fs.rmSync(file);
  return said;
}

async function recorded(t: TestContext): Promise<string> {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(folder);
  await run(folder, 0);
  return folder;
}

/** Turns a recorded folder into one of 29 November. */
function makeOld(folder: string): void {
  const key = createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
  const signed = (text: string): string => sign(null, Buffer.from(text), key).toString('base64');
  const lines = readLines(folder);
  const seals = lines.flatMap((line, i) => (line.type === 'seal' ? [i] : []));
  const kept = lines.filter((line, i) => line.type !== 'seal' || i === seals[0] || i === seals.at(-1));
  let chain: ChainState = EMPTY_CHAIN;
  const texts = kept.map((line) => {
    const { format: _format, key: _key, ...of } = line as typeof line & { format?: number; key?: string };
    const old = { ...of, n: chain.lines + 1, previous: chain.head };
    const text = JSON.stringify(line.type === 'seal' ? { ...old, signature: signed(chain.head) } : old);
    chain = { lines: old.n, head: chainHash(chain.head, text) };
    return text;
  });
  fs.writeFileSync(path.join(folder, 'ledger.ndjson'), `${texts.join('\n')}\n`);
  fs.writeFileSync(path.join(folder, 'ledger.head'), formatHead({ ...chain, signature: signed(headText(chain)) }));
}

test('a folder of 29 November is verified by its format, taken over without a finding, and both say so', async (t) => {
  const folder = await recorded(t);
  makeOld(folder);
  const old = await verifyFolder(folder);
  assert.deepEqual([old.problems, old.warnings, old.format, old.seals], [[], [], 2, 2]);
  assert.match(reportText(old), /^ledger {3}format 2 \(sealed once an hour/m);
  const before = fs.readFileSync(path.join(folder, 'ledger.ndjson'), 'utf8');
  const files = storedSegments(folder).map(({ path: name, bytes }) => [name, bytes.toString('hex')]);
  const said = await run(folder, 1000);
  assert.ok(
    said.some((line) => /earlier version was taken over: format 1 or 2 up to line \d+, format 4 from there/.test(line)),
    said.join('\n'),
  );
  const now = await verifyFolder(folder, { head: old.head, key: old.key });
  assert.deepEqual([now.problems, now.warnings, now.unknown], [[], [], []]);
  assert.deepEqual([now.format, now.earlierFormats], [4, [{ format: 2, until: old.ledgerLines }]]);
  assert.match(
    reportText(now),
    new RegExp(`^ledger {3}up to line ${old.ledgerLines} format 2 .*, taken over\nledger {3}format 4; signed`, 'm'),
  );
  assert.ok(fs.readFileSync(path.join(folder, 'ledger.ndjson'), 'utf8').startsWith(before), 'no line was changed');
  const kept = storedSegments(folder).slice(0, files.length);
  assert.deepEqual(
    kept.map(({ path: name, bytes }) => [name, bytes.toString('hex')]),
    files,
  );
  assert.ok(storedSegments(folder).length > files.length, 'and capture goes on');
  assert.ok(!(await run(folder, 2000)).some((line) => /taken over/.test(line)), 'it is said once');
});

test('a line of before is altered after the folder was taken over: reported', async (t) => {
  const folder = await recorded(t);
  makeOld(folder);
  await run(folder, 1000);
  const file = path.join(folder, 'ledger.ndjson');
  fs.writeFileSync(
    file,
    fs.readFileSync(file, 'utf8').replace(/"packets":(\d)/, (_, digit) => `"packets":${9 - +digit}`),
  );
  assert.ok(!(await verifyFolder(folder)).ok);
});

test('a folder of 2 December has the format of today: no word of taking over', async (t) => {
  const folder = await recorded(t);
  const said = await run(folder, 1000);
  assert.ok(!said.some((line) => /taken over/.test(line)));
  const report = await verifyFolder(folder);
  assert.deepEqual([report.problems, report.warnings, report.format, report.earlierFormats], [[], [], 4, []]);
});
