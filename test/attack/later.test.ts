// Rows of EVIDENCE.md that a ledger of one file does not have: full volumes, what a crash left, names and links, exports with less in them,
// and somebody who has the key. Each before capture starts again, and after.

import assert from 'node:assert/strict';
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { signContent } from '../../appliance/capture/ledger/minisign.ts';
import { reportText } from '../../appliance/cli/verify.ts';
import { fullVolumes } from '../../appliance/model/files/ledger-files.ts';
import { BULB, temporaryFolder } from '../capture/fixture.ts';
import { closings, crashedFolder, parts, pathOf, readLedgerLines, recordFolder, rewrite, run } from './folder.ts';
import { LINKS, NAMES, VOLUME_ATTACKS } from './later-deeds.ts';
import { People } from './people.ts';

const OPTIONS = { by: 'test', reason: 'test', version: '0', floor: { bytes: 0, share: 0 } };
/** Some three full volumes of what is recorded here. */
const VOLUME_BYTES = 8192;
const people = new People();
const originals = { plain: '', volumes: '', crashed: '' };

before(async () => {
  originals.plain = await recordFolder();
  originals.volumes = await recordFolder(VOLUME_BYTES);
  await run(originals.volumes, [], undefined, VOLUME_BYTES);
  originals.crashed = await crashedFolder();
});
after(() => {
  people.stop();
  for (const folder of Object.values(originals)) fs.rmSync(folder, { recursive: true, force: true });
});

/** A copy that belongs to capture; others of its group may write there. */
function given(t: TestContext, which: keyof typeof originals): string {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.cpSync(originals[which], folder, { recursive: true });
  people.give(folder);
  return folder;
}

/** A part of the ledger that is no plain file is not read, and nothing is said of the rest. */
async function isVerified(folder: string): Promise<boolean> {
  try {
    return (await people.verify(folder)).ok;
  } catch (thrown) {
    assert.match(String(thrown), /Nothing was verified/);
    return false;
  }
}

function codesOf(folder: string): unknown[] {
  return readLedgerLines(folder).flatMap((line) => (line.type === 'finding' ? [line['code']] : []));
}

function keyOf(folder: string): KeyObject {
  return createPrivateKey(fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')));
}

test('a folder of several volumes, and one after a crash, are clean before and after a restart', async (t) => {
  const folder = given(t, 'volumes');
  assert.ok(fullVolumes(fs.readdirSync(folder)).length >= 2);
  const crashed = given(t, 'crashed');
  assert.equal(parts(crashed).length, 2);
  for (const when of ['before', 'after']) {
    const report = await people.verify(folder);
    assert.deepEqual([report.problems, report.warnings], [[], []], when);
    const { problems, warnings } = await people.verify(crashed);
    assert.deepEqual(
      [problems, warnings.map(({ kind }) => kind)],
      [[], when === 'before' ? ['open', 'open'] : []],
      when,
    );
    await people.run(folder);
    await people.run(crashed);
  }
});

for (const name of Object.keys(VOLUME_ATTACKS)) {
  test(`reported before and after a restart: ${name}`, { timeout: 60_000 }, async (t) => {
    const folder = given(t, 'volumes');
    await people.attack(name, folder);
    for (const when of ['before', 'after', 'after a second restart']) {
      assert.ok(!(await isVerified(folder)), when);
      await people.run(folder);
    }
  });
}

test('after a crash, what was not on the card is cut off: a start says that a power cut looks the same, and a head kept elsewhere contradicts', async (t) => {
  const folder = given(t, 'crashed');
  const { head } = await people.verify(folder);
  await people.attack('what was not on the card is cut off', folder);
  const cut = await people.verify(folder);
  assert.ok(cut.problems.some(({ detail }) => /lines at the end are missing/.test(detail)));
  await people.run(folder);
  const report = await people.verify(folder);
  assert.ok(report.ok && codesOf(folder).includes('LEDGER_SHORT'));
  assert.ok(report.warnings.some(({ detail }) => /LEDGER_SHORT.*a power cut took them/.test(detail)));
  assert.ok(!(await people.verify(folder, { head })).ok);
});

test('after a crash, an open segment is altered and another one removed: it passes, as nothing was signed of them, and the ledger names both', async (t) => {
  const folder = given(t, 'crashed');
  const [altered, removed] = parts(folder).map((part) =>
    path.relative(path.join(folder, 'captures'), part.slice(0, -5)),
  );
  await people.attack('an open segment is altered and another one removed', folder);
  assert.deepEqual((await people.verify(folder)).problems, []);
  await people.run(folder);
  assert.deepEqual((await people.verify(folder)).problems, []);
  const ends = readLedgerLines(folder).filter((line) => [altered, removed].includes(String(line['path'])));
  const told = (name: string | undefined, type: string): boolean =>
    ends.some((line) => line['path'] === name && line.type === type);
  assert.ok(told(altered, 'recovered') && told(altered, 'segment-closed') && told(removed, 'segment-empty'));
});

for (const name of Object.keys(NAMES)) {
  test(`a warning before and after a restart, and no word of it reaches a screen as it is: ${name}`, async (t) => {
    const folder = given(t, 'plain');
    await people.attack(name, folder);
    for (const when of ['before', 'after']) {
      const report = await people.verify(folder);
      assert.deepEqual([report.problems, report.warnings.length], [[], 1], when);
      assert.match(report.warnings[0]!.detail, /capture did not make it/);
      assert.doesNotMatch(reportText(report), /\u001b|^\S*verified$/m);
      await people.run(folder);
    }
  });
}

for (const name of Object.keys(LINKS)) {
  test(`a warning before and after a restart: ${name}`, async (t) => {
    const folder = given(t, 'plain');
    await people.attack(name, folder);
    for (const when of ['before', 'after']) {
      const report = await people.verify(folder);
      assert.deepEqual(report.problems, [], when);
      assert.ok(
        report.warnings.some(({ detail }) => /another name elsewhere/.test(detail)),
        when,
      );
      await people.run(folder);
    }
  });
}

test('an export that leaves a segment out and is signed all the same is a problem where it says that all was taken, and else says what was asked for', async (t) => {
  const folder = given(t, 'plain');
  for (const when of ['before', 'after']) {
    const target = path.join(temporaryFolder(t), 'bundle');
    await exportBundle(folder, target, {}, OPTIONS);
    people.give(target);
    await people.attack('a segment is taken out of an export and of its lists', target);
    signAgain(target, keyOf(folder));
    const { problems } = await people.verify(target);
    assert.deepEqual(
      problems.map(({ detail }) => detail),
      ['everything was exported, but not this'],
      when,
    );
    const part = path.join(temporaryFolder(t), 'part');
    await exportBundle(folder, part, { devices: [BULB as never] }, OPTIONS);
    people.give(part);
    assert.deepEqual((await people.verify(part)).problems, []);
    const custody = JSON.parse(fs.readFileSync(path.join(part, 'custody.json'), 'utf8')) as { selection: object };
    assert.deepEqual(custody.selection, { devices: [BULB], phases: [], from: null, to: null });
    await people.run(folder);
  }
});

/** As capture signs whatever list of files the appliance sends. */
function signAgain(target: string, key: KeyObject): void {
  const names = fs.readdirSync(target, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => !name.startsWith('SHA256SUMS') && fs.statSync(path.join(target, name)).isFile());
  const hash = (name: string): string =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(target, name)))
      .digest('hex');
  const list = files.map((name) => `${hash(name)}  ${name}\n`).join('');
  fs.writeFileSync(path.join(target, 'SHA256SUMS'), list);
  fs.writeFileSync(path.join(target, 'SHA256SUMS.minisig'), signContent(Buffer.from(list), key, 'again'));
}

test('who has the key rewrites what was written: it passes with the words that say so, and fails against a head kept before, also after a restart', async (t) => {
  const folder = given(t, 'plain');
  const { head } = await people.verify(folder);
  const name = closings(folder)[0]!.path;
  const key = keyOf(folder);
  const hidden = (line: { n: number; type: string; previous: string }) =>
    (line as { path?: string }).path !== name
      ? line
      : { n: line.n, previous: line.previous, type: 'annotation', ...times(line), by: 'x', text: '' };
  rewrite(folder, hidden as never, key);
  for (const file of [name, name.replace(/\.pcap$/, '.json')]) fs.rmSync(pathOf(folder, file));
  for (const when of ['before', 'after']) {
    const report = await people.verify(folder);
    assert.deepEqual(report.problems, [], when);
    assert.equal(report.unknown.length, 2);
    assert.ok(!(await people.verify(folder, { head })).ok, when);
    await people.run(folder);
  }
});

function times(line: object): object {
  const { ts, boot, monotonic_ns } = line as Record<string, unknown>;
  return { ts, boot, monotonic_ns };
}
