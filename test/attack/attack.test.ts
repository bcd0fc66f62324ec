// Somebody who means it, without the key: what was done to evidence is reported before capture starts again, and after. The table in
// appliance/capture/EVIDENCE.md is this list.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { chainHash, lineHash } from '../../appliance/capture/ledger/ledger-chain.ts';
import { type VerifyReport, verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { reportText } from '../../appliance/cli/verify.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { pcap, settingsFor, surroundings, temporaryFolder } from '../capture/fixture.ts';
import {
  append,
  closings,
  flipLast,
  pathOf,
  readLedgerLines,
  readTexts,
  recordFolder,
  replaceKey,
  rewrite,
  run,
  sidecarOf,
} from './folder.ts';

const OPTIONS = { by: 'test', reason: 'test', version: '0', floor: { bytes: 0, share: 0 } };
let original = '';

before(async () => void (original = await recordFolder()));
after(() => fs.rmSync(original, { recursive: true, force: true }));

function copy(t: TestContext): string {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.cpSync(original, folder, { recursive: true });
  return folder;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A segment changed, with a sidecar that fits; what its closing line would have to say. */
function forge(folder: string, name: string): { sha256: string; sidecar_sha256: string } {
  const file = pathOf(folder, name);
  const hash = sha256(flipLast(file));
  const sidecar = fs.readFileSync(sidecarOf(file), 'utf8').replace(/"sha256": "[0-9a-f]{64}"/, `"sha256": "${hash}"`);
  fs.writeFileSync(sidecarOf(file), sidecar);
  return { sha256: hash, sidecar_sha256: lineHash(sidecar) };
}

const ledger = (folder: string): string => path.join(folder, 'ledger.ndjson');
const head = (folder: string): string => path.join(folder, 'ledger.head');

/** Everything here is a problem at once and stays one after capture has started again. */
const ATTACKS: Readonly<Record<string, (folder: string) => void>> = {
  'A1 a segment is altered and closed again behind the signed head': (folder) => {
    const [first] = closings(folder);
    append(folder, [{ ...first!, ...forge(folder, first!.path) }]);
  },
  'A1 a segment is removed and a deletion is written behind the signed head': (folder) => {
    const [first] = closings(folder);
    fs.rmSync(pathOf(folder, first!.path));
    const { path: name, sha256: hash } = first!;
    append(folder, [{ type: 'segment-deleting', path: name, sha256: hash, reason: 'retention' }]);
  },
  'A1 a segment is altered and opened again behind the signed head': (folder) => {
    const opened = readLedgerLines(folder).find((line) => line.type === 'segment-opened');
    flipLast(pathOf(folder, String(opened?.['path'])));
    append(folder, [opened!]);
  },
  'A1 a segment is added under a new number behind the signed head': (folder) => {
    const [first] = closings(folder);
    const name = first!.path.replace(/_\d{8}_/, '_00009999_');
    fs.copyFileSync(pathOf(folder, first!.path), pathOf(folder, name));
    append(folder, [{ ...first!, path: name, seq: 9999 }]);
  },
  'A2 the whole history is rewritten around an altered packet': (folder) => {
    const [first] = closings(folder);
    const forged = forge(folder, first!.path);
    rewrite(folder, (line) => {
      if (line.type === 'seal') return { ...line, type: 'annotation', by: 'x', text: '' };
      return line['path'] === first!.path && line.type === 'segment-closed' ? { ...line, ...forged } : line;
    });
  },
  'A2 ledger and head are removed, a segment and its sidecar altered': (folder) => {
    forge(folder, closings(folder)[0]!.path);
    fs.rmSync(ledger(folder));
    fs.rmSync(head(folder));
    fs.writeFileSync(ledger(folder), '');
  },
  'A2 a closed segment is altered and made an open one': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    flipLast(file);
    fs.renameSync(file, `${file}.part`);
    fs.rmSync(sidecarOf(file));
  },
  'A2 a capture is added that no line opened': (folder) => {
    const [first] = closings(folder);
    const name = first!.path.replace(/_\d{8}_/, '_00009998_');
    fs.copyFileSync(pathOf(folder, first!.path), pathOf(folder, name));
  },
  'A5 key and known key are other ones, the ledger is as it was': (folder) => void replaceKey(folder, true),
  'own: the ledger is emptied': (folder) => fs.writeFileSync(ledger(folder), ''),
  'own: the end of the ledger is cut off, which was on the card': (folder) => {
    fs.writeFileSync(ledger(folder), `${readTexts(folder).slice(0, -6).join('\n')}\n`);
  },
  'own: the head is removed and the last lines with it': (folder) => {
    const name = closings(folder).at(-1)!.path;
    const at = readLedgerLines(folder).findIndex((line) => line.type === 'segment-closed' && line['path'] === name);
    fs.writeFileSync(ledger(folder), `${readTexts(folder).slice(0, at).join('\n')}\n`);
    fs.rmSync(head(folder));
    fs.rmSync(pathOf(folder, name));
    fs.rmSync(sidecarOf(pathOf(folder, name)));
  },
  'own: a head without a signature': (folder) => {
    fs.writeFileSync(
      head(folder),
      fs.readFileSync(head(folder), 'utf8').replace(/"signature":"..../, '"signature":"AAAA'),
    );
  },
  'own: signed lines are copied behind the end': (folder) => {
    fs.appendFileSync(ledger(folder), `${readTexts(folder).slice(3).join('\n')}\n`);
  },
  'own: a line is represented by its hash, as only exports may': (folder) => {
    const texts = readTexts(folder);
    const omitted = JSON.stringify({ n: 6, omitted: [lineHash(texts[5]!)] });
    fs.writeFileSync(ledger(folder), `${texts.with(5, omitted).join('\n')}\n`);
  },
  'own: an open file is next to a closed one': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    fs.copyFileSync(file, `${file}.part`);
  },
  'own: the folder of a device is a link': (folder) => {
    const device = path.dirname(path.dirname(path.dirname(path.dirname(closings(folder)[0]!.path))));
    fs.renameSync(pathOf(folder, device), path.join(folder, 'elsewhere'));
    fs.symlinkSync('../elsewhere', pathOf(folder, device));
  },
  'own: a segment is a pipe': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    fs.rmSync(file);
    execFileSync('mkfifo', [file]);
  },
  'own: two segments change places': (folder) => {
    const [first, second] = closings(folder).map((line) => pathOf(folder, line.path));
    fs.renameSync(first!, `${first!}.x`);
    fs.renameSync(second!, first!);
    fs.renameSync(`${first!}.x`, second!);
  },
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(`reported before and after a restart: ${name}`, { timeout: 60_000 }, async (t) => {
    const folder = copy(t);
    attack(folder);
    assert.ok(!(await verifyFolder(folder)).ok, 'before');
    await run(folder);
    const reported = await verifyFolder(folder);
    assert.ok(!reported.ok, `after: ${JSON.stringify(reported.warnings)}`);
    await run(folder);
    assert.ok(!(await verifyFolder(folder)).ok, 'after a second restart');
  });
}

test('the untouched folder is clean before and after a restart, and with a head kept elsewhere nothing is left unsaid', async (t) => {
  const folder = copy(t);
  const kept = await verifyFolder(folder);
  await run(folder);
  const report = await verifyFolder(folder, { head: kept.head, key: kept.key });
  assert.deepEqual([kept.problems, kept.warnings], [[], []]);
  assert.deepEqual([report.problems, report.warnings, report.unknown], [[], [], []]);
});

test('A2 another private key is reported from the next start on', async (t) => {
  const folder = copy(t);
  replaceKey(folder, false);
  await run(folder);
  assert.ok(!(await verifyFolder(folder)).ok);
  assert.ok(readLedgerLines(folder).some((line) => line['code'] === 'KEY_CHANGED'));
});

test('A3 a folder set back whole passes with the words that say so, and fails against a head kept elsewhere', async (t) => {
  const folder = copy(t);
  await run(folder);
  const { head: later } = await verifyFolder(folder);
  const back = copy(t);
  const report = await verifyFolder(back);
  assert.ok(report.ok && report.unknown.some((what) => what.includes('set back to an earlier signed head')));
  assert.ok(!(await verifyFolder(back, { head: later })).ok);
});

test('A5 everything signed again by another key passes with the words that say so, and fails against the fingerprint', async (t) => {
  const folder = copy(t);
  const { key } = await verifyFolder(folder);
  rewrite(folder, (line) => line, replaceKey(folder, true));
  const report = await verifyFolder(folder);
  assert.ok(report.ok && report.unknown.some((what) => what.includes('whose key this is')));
  assert.ok(!(await verifyFolder(folder, { key })).ok);
});

async function bundle(t: TestContext): Promise<string> {
  const target = path.join(temporaryFolder(t), 'bundle');
  await exportBundle(original, target, {}, OPTIONS);
  return target;
}

test('A4 an export whose signature is gone is a problem', async (t) => {
  const target = await bundle(t);
  assert.deepEqual((await verifyFolder(target)).problems, []);
  fs.rmSync(path.join(target, 'SHA256SUMS.minisig'));
  assert.ok((await verifyFolder(target)).problems.some(({ detail }) => /not signed/.test(detail)));
});

test('A4 a data folder passed off as an export that hides segments is a problem', async (t) => {
  const folder = copy(t);
  const all = closings(folder);
  const last = readTexts(folder).at(-1)!;
  const { n, previous } = JSON.parse(last) as { n: number; previous: string };
  const files = all.slice(0, 2).map(({ path: name, sha256: hash }) => ({ path: name, sha256: hash, bytes: 1 }));
  const selection = { devices: [], phases: [], from: null, to: null };
  const ends = { lines: n, head_sha256: chainHash(previous, last), omitted: 0 };
  const { id } = JSON.parse(fs.readFileSync(path.join(folder, 'appliance.json'), 'utf8')) as { id: string };
  const custody = { schema: 'weir.custody/1', appliance: id, selection, ledger: ends, files };
  fs.writeFileSync(path.join(folder, 'custody.json'), JSON.stringify(custody));
  const { problems } = await verifyFolder(folder);
  assert.ok(problems.some(({ where }) => where === `captures/${all[2]!.path}`));
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
  assert.deepEqual(readTexts(folder).slice(0, before.length), before);
});
