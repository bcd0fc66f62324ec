import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { lineHash } from '../../appliance/capture/ledger/ledger-chain.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { BULB, CAMERA, frame, GATEWAY, pcap, record, settingsFor, surroundings, temporaryFolder } from './fixture.ts';

const HOUR = 1_795_176_000;
let original = '';

before(async () => {
  original = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-verify-'));
  const records = Array.from({ length: 300 }, (_, i) =>
    record(HOUR + i * 40, i, frame(i % 2 === 0 ? BULB : CAMERA, GATEWAY, 60 + i)),
  );
  const file = path.join(original, 'in.pcap');
  fs.writeFileSync(file, pcap(records));
  const capture = await startCapture(settingsFor(original, { file, segmentBytes: 20_000 }), surroundings());
  await capture.ended;
  await capture.stop('test');
  fs.rmSync(file);
});

after(() => fs.rmSync(original, { recursive: true, force: true }));

function copy(t: TestContext): string {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.cpSync(original, folder, { recursive: true });
  return folder;
}

function flip(file: string, at: number): void {
  const bytes = fs.readFileSync(file);
  bytes[at] = bytes[at]! ^ 0x01;
  fs.writeFileSync(file, bytes);
}

test('an untouched folder has no problem and no warning', async () => {
  const report = await verifyFolder(original);
  assert.deepEqual([report.ok, report.problems, report.warnings], [true, [], []]);
  assert.ok(report.files >= 8 && report.seals > 2);
});

test('a flipped byte in any ledger line is found', async (t) => {
  const folder = copy(t);
  const ledger = path.join(folder, 'ledger.ndjson');
  const untouched = fs.readFileSync(ledger);
  let start = 0;
  let lines = 0;
  for (let end = untouched.indexOf(10); end >= 0; end = untouched.indexOf(10, start)) {
    // In front, in the middle, and the line feed itself.
    for (const at of [start, Math.floor((start + end) / 2), end]) {
      flip(ledger, at);
      assert.equal((await verifyFolder(folder)).ok, false, `line ${lines + 1}, byte ${at}`);
      fs.writeFileSync(ledger, untouched);
    }
    start = end + 1;
    lines++;
  }
  assert.ok(lines > 10);
  assert.ok((await verifyFolder(folder)).ok);
});

test('a flipped byte of any segment or sidecar is found, in that file and no other', async (t) => {
  const folder = copy(t);
  const names = fs.readdirSync(path.join(folder, 'captures'), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.pcap') || name.endsWith('.json'));
  for (const [i, name] of files.entries()) {
    const file = path.join(folder, 'captures', name);
    const untouched = fs.readFileSync(file);
    flip(file, (i * 7919) % untouched.length);
    const altered = (await verifyFolder(folder)).problems.filter((problem) => problem.where !== 'appliance.json');
    fs.writeFileSync(file, untouched);
    assert.deepEqual(
      altered.map((problem) => [problem.kind, problem.where]),
      [['altered', `captures/${name}`]],
    );
  }
  assert.ok(files.length >= 8);
});

test('missing and extra files are named', async (t) => {
  const folder = copy(t);
  const names = fs.readdirSync(path.join(folder, 'captures'), { recursive: true, encoding: 'utf8' });
  const pcaps = names.filter((name) => name.endsWith('.pcap')).toSorted();
  fs.rmSync(path.join(folder, 'captures', pcaps[0]!));
  const extra = pcaps[1]!.replace(/_0000\d{4}_/, '_00009999_');
  fs.copyFileSync(path.join(folder, 'captures', pcaps[1]!), path.join(folder, 'captures', extra));
  const { problems } = await verifyFolder(folder);
  assert.deepEqual(
    problems.map((problem) => [problem.kind, problem.where]),
    [
      ['missing', `captures/${pcaps[0]}`],
      ['extra', `captures/${extra}`],
    ],
  );
});

test('a chain that was recreated without the key is found by its seals', async (t) => {
  const folder = copy(t);
  const { chainHash, formatLine } = await import('../../appliance/capture/ledger/ledger-chain.ts');
  const ledger = path.join(folder, 'ledger.ndjson');
  let previous = '0'.repeat(64);
  const lines = fs
    .readFileSync(ledger, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => {
      const line = JSON.parse(text.replace('"version":"0.0.0"', '"version":"6.6.6"'));
      const forged = formatLine({ ...line, previous }, {} as never);
      previous = chainHash(previous, forged);
      return forged;
    });
  fs.writeFileSync(ledger, `${lines.join('\n')}\n`);
  const { problems } = await verifyFolder(folder);
  assert.ok(problems.some((problem) => problem.kind === 'altered' && problem.where.startsWith('ledger.ndjson:')));
  assert.equal(problems.filter((problem) => problem.kind === 'chain').length, 0);
});

test('lines cut from the end of the ledger are missed', async (t) => {
  const folder = copy(t);
  const ledger = path.join(folder, 'ledger.ndjson');
  const lines = fs.readFileSync(ledger, 'utf8').trimEnd().split('\n');
  fs.writeFileSync(ledger, `${lines.slice(0, -2).join('\n')}\n`);
  const { problems } = await verifyFolder(folder);
  assert.deepEqual(
    problems.map((problem) => problem.detail),
    ['2 lines at the end are missing'],
  );
});

test('times without a synchronised clock are reported', async () => {
  const { unsynced } = await verifyFolder(original);
  assert.ok(unsynced.every((span) => Number(span.from) <= Number(span.to)));
});

test('an export of one device verifies, and its list is one that sha256sum reads', async (t) => {
  const target = path.join(temporaryFolder(t), 'bundle');
  const custody = await exportBundle(
    original,
    target,
    { devices: [BULB as never] },
    { by: 'test', reason: '', version: '0', floor: { bytes: 0, share: 0 } },
  );
  const report = await verifyFolder(target);
  assert.deepEqual([report.kind, report.problems, report.files], ['export', [], custody.files.length * 2]);
  assert.ok(custody.files.length > 0 && custody.files.every((file) => file.path.startsWith('50-c7-bf')));
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: target });
});

test('an export of one device reports nothing of the others, and its chain is proved all the same', async (t) => {
  const target = path.join(temporaryFolder(t), 'bundle');
  const selection = { devices: [BULB as never] };
  const custody = await exportBundle(original, target, selection, {
    by: 'test',
    reason: '',
    version: '0',
    floor: { bytes: 0, share: 0 },
  });
  const reported = fs.readFileSync(path.join(target, 'ledger.ndjson'), 'utf8');
  const whole = fs.readFileSync(path.join(original, 'ledger.ndjson'), 'utf8');
  for (const name of [CAMERA, CAMERA.replaceAll(':', '-')]) {
    assert.ok(whole.includes(name) && !reported.includes(name), name);
  }
  for (const type of ['start', 'stop', 'seal', 'phase', 'segment-closed'])
    assert.match(reported, new RegExp(`"${type}"`));
  const report = await verifyFolder(target);
  assert.deepEqual([report.problems, report.warnings], [[], []]);
  assert.ok(report.omittedLines > 4);
  assert.equal(report.omittedLines, custody.ledger.omitted);
  assert.equal(report.ledgerLines, (await verifyFolder(original)).ledgerLines);
  assert.equal(report.seals, (await verifyFolder(original)).seals);
  // A person who kept a head of the ledger can hold it against the extract, also where that line is left out.
  for (const [i, line] of whole.trimEnd().split('\n').entries()) {
    const seen = { lines: i, head: (JSON.parse(line) as { previous: string }).previous };
    if (i > 0) assert.deepEqual((await verifyFolder(target, { head: seen })).problems, [], `head of line ${i}`);
    const wrong = { lines: i, head: '1'.repeat(64) };
    assert.equal((await verifyFolder(target, { head: wrong })).problems.length, 1);
  }
});

test('whatever is done to an extract is found without the list of files', async (t) => {
  const target = path.join(temporaryFolder(t), 'bundle');
  await exportBundle(
    original,
    target,
    { devices: [BULB as never] },
    { by: 'test', reason: '', version: '0', floor: { bytes: 0, share: 0 } },
  );
  const ledger = path.join(target, 'ledger.ndjson');
  const lines = fs.readFileSync(ledger, 'utf8').trimEnd().split('\n');
  for (const name of ['SHA256SUMS', 'SHA256SUMS.minisig']) fs.rmSync(path.join(target, name));
  const problems = async (changed: readonly string[]): Promise<number> => {
    fs.writeFileSync(ledger, `${changed.join('\n')}\n`);
    const report = await verifyFolder(target);
    return report.problems.filter((problem) => problem.where !== 'SHA256SUMS').length;
  };
  assert.equal(await problems(lines), 0);
  for (const [i, line] of lines.entries()) {
    const at = Math.floor(line.length / 2);
    const other = line[at] === '0' ? '1' : '0';
    const altered = `${line.slice(0, at)}${other}${line.slice(at + 1)}`;
    assert.ok((await problems(lines.with(i, altered))) > 0, `line ${i + 1} altered: ${line.slice(0, 80)}`);
    assert.ok((await problems(lines.filter((_, other) => other !== i))) > 0, `line ${i + 1} removed`);
  }
  const hidden = lines.findIndex((line) => line.includes('"start"'));
  const omitted = JSON.stringify({ n: hidden + 1, omitted: [lineHash(lines[hidden]!)] });
  assert.ok((await problems(lines.with(hidden, omitted))) > 0, 'a line that was hidden afterwards');
});

test('a data folder may leave no line out, however well the chain holds', async (t) => {
  const folder = copy(t);
  const ledger = path.join(folder, 'ledger.ndjson');
  const lines = fs.readFileSync(ledger, 'utf8').trimEnd().split('\n');
  const omitted = JSON.stringify({ n: 5, omitted: [lineHash(lines[4]!)] });
  fs.writeFileSync(ledger, `${lines.with(4, omitted).join('\n')}\n`);
  const { problems } = await verifyFolder(folder);
  assert.ok(problems.some(({ where, detail }) => where === 'ledger.ndjson:5' && /taken out/.test(detail)));
});

test('an export with a changed file, list or custody record is refused', async (t) => {
  const target = path.join(temporaryFolder(t), 'bundle');
  const custody = await exportBundle(
    original,
    target,
    {},
    { by: 'test', reason: '', version: '0', floor: { bytes: 0, share: 0 } },
  );
  const names = [
    'custody.json',
    'SHA256SUMS',
    'SHA256SUMS.minisig',
    'ledger.ndjson',
    `captures/${custody.files[0]!.path}`,
  ];
  for (const name of names) {
    const file = path.join(target, name);
    const untouched = fs.readFileSync(file);
    flip(file, Math.floor(untouched.length / 2));
    assert.equal((await verifyFolder(target)).ok, false, name);
    fs.writeFileSync(file, untouched);
  }
  assert.ok((await verifyFolder(target)).ok);
});

test('stock minisign accepts the signature of an export', async (t) => {
  if (spawnSync('minisign', ['-v']).error !== undefined) return t.skip('minisign is not installed');
  const target = path.join(temporaryFolder(t), 'bundle');
  await exportBundle(original, target, {}, { by: 'test', reason: '', version: '0', floor: { bytes: 0, share: 0 } });
  const args = ['-V', '-p', 'weir.pub', '-m', 'SHA256SUMS'];
  const { status, stdout } = spawnSync('minisign', args, { cwd: target, encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /Signature and comment signature verified/);
});
