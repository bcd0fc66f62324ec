// Somebody who means it, without the key: what was done to evidence is reported before capture starts again, and after. The table in
// appliance/capture/EVIDENCE.md is this list.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { type VerifyReport, verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { reportText } from '../../appliance/cli/verify.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { pcap, settingsFor, surroundings, temporaryFolder } from '../capture/fixture.ts';
import { ATTACKS, ledger } from './attacks.ts';
import {
  closings,
  flipLast,
  pathOf,
  readLedgerLines,
  readTexts,
  recordFolder,
  rewrite,
  run,
  sidecarOf,
} from './folder.ts';
import { People } from './people.ts';
import { WITHOUT_ROOT } from './users.ts';

const OPTIONS = { by: 'test', reason: 'test', version: '0', floor: { bytes: 0, share: 0 } };
const people = new People();
let original = '';

before(async () => void (original = await recordFolder()));
after(() => {
  people.stop();
  fs.rmSync(original, { recursive: true, force: true });
});

function copy(t: TestContext): string {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.cpSync(original, folder, { recursive: true });
  return folder;
}

/** One that belongs to capture; others of its group may write there. */
function given(t: TestContext): string {
  const folder = copy(t);
  people.give(folder);
  return folder;
}

function allBelow(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

for (const name of Object.keys(ATTACKS)) {
  test(`reported before and after a restart: ${name}`, { timeout: 60_000 }, async (t) => {
    const folder = given(t);
    await people.attack(name, folder);
    assert.ok(!(await people.verify(folder)).ok, 'before');
    await people.run(folder);
    const reported = await people.verify(folder);
    assert.ok(!reported.ok, `after: ${JSON.stringify(reported.warnings)}`);
    await people.run(folder);
    assert.ok(!(await people.verify(folder)).ok, 'after a second restart');
  });
}

test('the untouched folder is clean before and after a restart, and with a head kept elsewhere nothing is left unsaid', async (t) => {
  const folder = given(t);
  const kept = await people.verify(folder);
  await people.run(folder);
  const report = await people.verify(folder, { head: kept.head, key: kept.key });
  assert.deepEqual([kept.problems, kept.warnings], [[], []]);
  assert.deepEqual([report.problems, report.warnings, report.unknown], [[], [], []]);
});

test('what nobody signed makes capture delete nothing: a forged line that a device is forgotten, a deletion', async (t) => {
  for (const name of Object.keys(ATTACKS).filter((attack) =>
    / is forgotten by | a deletion is written /.test(attack),
  )) {
    const folder = given(t);
    await people.attack(name, folder);
    const before = allBelow(path.join(folder, 'captures'));
    await people.run(folder);
    await people.run(folder);
    assert.deepEqual(allBelow(path.join(folder, 'captures')), before, name);
  }
});

test('a signed line that a device is forgotten, its segments still there: reported by verify, and carried out by the next start', async (t) => {
  const folder = copy(t);
  const key = createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
  const [first] = closings(folder);
  const device = String(first?.['device']);
  const at = readLedgerLines(folder).findLast((line) => line.type === 'counters')?.n;
  assert.ok(at !== undefined);
  const forgotten = { type: 'device-forgotten', device, up_to: 9999, by: 'root', reason: '' };
  rewrite(folder, (line) => (line.n === at ? { ...line, ...forgotten } : line), key);
  const before = await verifyFolder(folder);
  const [warning] = before.warnings;
  assert.deepEqual([before.problems, before.warnings.length], [[], 1]);
  assert.match(`${warning?.where} ${warning?.detail}`, /^captures\/[0-9a-f-]{17} .*forgotten, and \d+ of its segments/);
  await run(folder);
  const after = await verifyFolder(folder);
  assert.deepEqual([after.problems, after.warnings], [[], []]);
  assert.ok(!fs.existsSync(path.dirname(pathOf(folder, first?.path ?? ''))));
  assert.ok(closings(folder).some((line) => line['device'] !== device && fs.existsSync(pathOf(folder, line.path))));
});

test('A2 another private key is reported from the next start on', async (t) => {
  const folder = given(t);
  await people.attack('another private key', folder);
  await people.run(folder);
  assert.ok(!(await people.verify(folder)).ok);
  assert.ok(readLedgerLines(folder).some((line) => line['code'] === 'KEY_CHANGED'));
});

test('A3 a folder set back passes with the words that say so, and fails against a head kept elsewhere, also after a restart', async (t) => {
  const folder = given(t);
  await people.attack('ledger and head are kept for later', folder);
  await people.run(folder);
  const { head } = await people.verify(folder);
  await people.attack('ledger and head are set back', folder);
  for (const when of ['before', 'after']) {
    const report = await people.verify(folder);
    assert.ok(report.ok && report.unknown.some((what) => what.includes('set back to an earlier signed head')), when);
    assert.ok(!(await people.verify(folder, { head })).ok, when);
    await people.run(folder);
  }
});

test('A5 everything signed again by another key passes with the words that say so, and fails against the fingerprint, also after a restart', async (t) => {
  const folder = given(t);
  const { key } = await people.verify(folder);
  await people.attack('everything is signed again by another key', folder);
  for (const when of ['before', 'after']) {
    const report = await people.verify(folder);
    assert.ok(report.ok && report.unknown.some((what) => what.includes('whose key this is')), when);
    assert.ok(!(await people.verify(folder, { key })).ok, when);
    await people.run(folder);
  }
});

test('who may write everything else reads no key', { skip: WITHOUT_ROOT }, async (t) => {
  const folder = given(t);
  await assert.rejects(people.attack('the key is read', folder), /EACCES/);
});

async function bundle(t: TestContext): Promise<string> {
  const target = path.join(temporaryFolder(t), 'bundle');
  await exportBundle(original, target, {}, OPTIONS);
  people.give(target);
  return target;
}

test('A4 an export whose signature is gone is a problem', async (t) => {
  const target = await bundle(t);
  assert.deepEqual((await people.verify(target)).problems, []);
  await people.attack('the signature of an export is removed', target);
  assert.ok((await people.verify(target)).problems.some(({ detail }) => /not signed/.test(detail)));
});

test('A4 a data folder passed off as an export that hides segments is a problem', async (t) => {
  const folder = given(t);
  const hidden = closings(folder)[2]!.path;
  await people.attack('a data folder is passed off as an export of two segments', folder);
  const { problems } = await people.verify(folder);
  assert.ok(problems.some(({ where }) => where === `captures/${hidden}`));
  await people.run(folder);
  assert.ok(!(await people.verify(folder)).ok);
});

test('A6 an export follows no link, leaves its folder on no path, and signs nothing that was altered', async (t) => {
  const linked = copy(t);
  const file = pathOf(linked, closings(linked)[0]!.path);
  fs.rmSync(file);
  fs.symlinkSync('/etc/hostname', file);
  const altered = copy(t);
  flipLast(pathOf(altered, closings(altered)[0]!.path));
  const outside = copy(t);
  const key = createPrivateKey(fs.readFileSync(path.join(outside, 'key', 'ed25519.pem')));
  const name = closings(outside)[0]!.path;
  rewrite(outside, (line) => (line['path'] === name ? { ...line, path: '../../canary.pcap' } : line), key);
  for (const folder of [linked, altered, outside]) {
    const target = path.join(temporaryFolder(t), 'bundle');
    await assert.rejects(exportBundle(folder, target, {}, OPTIONS), /Nothing was exported/);
    assert.ok(!fs.existsSync(target));
  }
});

test('A6 a process that may not read the key has capture sign, which writes a line first, and without capture gets nothing', async (t) => {
  const folder = copy(t);
  const target = path.join(temporaryFolder(t), 'bundle');
  const file = path.join(folder, 'in.pcap');
  fs.writeFileSync(file, pcap([]));
  const capture = await startCapture(settingsFor(folder, { file }), surroundings());
  await capture.ended;
  fs.renameSync(path.join(folder, 'key'), path.join(folder, 'hidden'));
  await exportBundle(folder, target, {}, OPTIONS);
  await capture.stop('test');
  assert.deepEqual((await verifyFolder(target)).problems, []);
  assert.ok(
    readLedgerLines(folder).some((line) => line.type === 'export' && /SHA256SUMS/.test(String(line['detail']))),
  );
  const refused = path.join(temporaryFolder(t), 'bundle');
  await assert.rejects(exportBundle(folder, refused, {}, OPTIONS), /does not sign/);
  assert.ok(!fs.existsSync(refused));
});

/** Each put in place of a file that verify opens; none may hang it or show in its answer. */
const HOSTILE: Readonly<Record<string, (file: string) => void>> = {
  'a pipe': (file) => void execFileSync('mkfifo', [file]),
  'a link to /dev/zero': (file) => fs.symlinkSync('/dev/zero', file),
  'a link to a foreign file': (file) => fs.symlinkSync('/etc/passwd', file),
  'a folder': (file) => fs.mkdirSync(file),
  'a huge file of nothing': (file) => {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 2 ** 40);
  },
};

for (const [what, put] of Object.entries(HOSTILE)) {
  test(`A7 verify neither hangs on nor mentions ${what}`, { timeout: 30_000 }, async (t) => {
    const data = closings(original)[0]!.path;
    const places = [`captures/${data}`, sidecarOf(`captures/${data}`), 'ledger.head', 'appliance.json', 'custody.json'];
    const passwd = sha256(fs.readFileSync('/etc/passwd'));
    for (const place of places) {
      const folder = copy(t);
      fs.rmSync(path.join(folder, place), { force: true });
      put(path.join(folder, place));
      const report: VerifyReport = await verifyFolder(folder);
      assert.ok(!report.ok, place);
      assert.ok(!JSON.stringify(report).includes(passwd));
    }
  });
}

for (const [what, put] of Object.entries(HOSTILE)) {
  test(`A7 export neither hangs on nor copies ${what}: it is refused in words, and nothing is left`, {
    timeout: 60_000,
  }, async (t) => {
    const data = closings(original)[0]!.path;
    const segments = [`captures/${data}`, sidecarOf(`captures/${data}`)];
    for (const place of [...segments, 'ledger.ndjson', 'ledger.head', 'appliance.json']) {
      const folder = copy(t);
      fs.rmSync(path.join(folder, place), { force: true });
      put(path.join(folder, place));
      const target = path.join(temporaryFolder(t), 'bundle');
      await assert.rejects(
        exportBundle(folder, target, {}, OPTIONS),
        (error: unknown) => error instanceof WeirError,
        place,
      );
      assert.ok(!fs.existsSync(target), place);
    }
  });
}

test('A8 a ledger of format 1 is verified by its own rule, named, taken over, and altered lines in it are found', async (t) => {
  const folder = copy(t);
  const key = createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
  rewrite(folder, (line) => line, key, true);
  const old = await verifyFolder(folder);
  assert.deepEqual([old.problems, old.warnings, old.format], [[], [], 1]);
  await run(folder);
  const taken = await verifyFolder(folder);
  assert.deepEqual([taken.problems, taken.warnings, taken.format], [[], [], 4]);
  assert.deepEqual(taken.earlierFormats, [{ format: 1, until: old.ledgerLines }]);
  const texts = readTexts(folder);
  fs.writeFileSync(ledger(folder), `${texts.with(4, texts[4]!.replace(/"ts":"\d/, '"ts":"9')).join('\n')}\n`);
  assert.ok(!(await verifyFolder(folder)).ok);
});

test('A8 a folder of the version before this, with heads that say nothing of the card, is taken over without a word', async (t) => {
  const folder = copy(t);
  const key = createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
  rewrite(folder, ({ format: _format, key: _key, ...line }) => line as never, key);
  assert.equal((await verifyFolder(folder)).format, 2);
  await run(folder);
  const report = await verifyFolder(folder);
  assert.deepEqual([report.problems, report.warnings, report.format], [[], [], 4]);
});

test('a lost appliance.json is recreated with the same id and key, and reported', async (t) => {
  const folder = copy(t);
  const { key, appliance } = await verifyFolder(folder);
  fs.rmSync(path.join(folder, 'appliance.json'));
  assert.ok(!(await verifyFolder(folder)).ok);
  await run(folder);
  const report = await verifyFolder(folder, { key });
  assert.deepEqual([report.problems, report.appliance], [[], appliance]);
  assert.deepEqual(
    report.warnings.map(({ detail }) => /IDENTITY_LOST/.test(detail)),
    [true],
  );
});

test('a folder of the version before volumes is verified by its format, taken over and reported so', async (t) => {
  const folder = copy(t);
  const key = createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
  rewrite(folder, (line) => (line.type === 'start' ? { ...line, format: 3 } : line), key);
  const old = await verifyFolder(folder);
  assert.deepEqual([old.problems, old.warnings, old.format], [[], [], 3]);
  assert.match(reportText(old), /format 3 \(all in one file\)/);
  const before = readTexts(folder);
  await run(folder);
  const taken = await verifyFolder(folder, { head: old.head, key: old.key });
  assert.deepEqual([taken.problems, taken.warnings, taken.unknown, taken.format], [[], [], [], 4]);
  assert.deepEqual(taken.earlierFormats, [{ format: 3, until: old.ledgerLines }]);
  assert.deepEqual(readTexts(folder).slice(0, before.length), before);
});
