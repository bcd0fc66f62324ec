// Every altered byte is found, and nobody is accused who did nothing: `weir verify` against flipped bytes in each ledger line
// and in every file of a real capture.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ChainState, formatHead, headText, parseHead } from '../../appliance/capture/ledger/ledger-chain.ts';
import { type VerifyReport, verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { CaptureProcess } from './capture-process.ts';
import { randomFrom } from './chance.ts';
import { Evidence } from './evidence.ts';
import { FULL, missing, SEED } from './requirements.ts';
import { Stage } from './stage.ts';
import { talk } from './traffic.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const FLIPS_PER_FILE = FULL ? 20 : 2;

/** Records a short run and copies its data folder out of the stage. */
async function recordRun(): Promise<string> {
  const stage = await Stage.open();
  const data = mkdtempSync(join(tmpdir(), 'weir-verify-'));
  try {
    const capture = new CaptureProcess(stage, `${stage.root}/data`);
    await capture.start();
    for (let run = 0; run < 3; run++) {
      await talk(stage, { run, devices: 4, count: 300, rate: 3000, peer: 10 });
      await capture.request({ verb: 'rotate' });
    }
    assert.equal(await capture.stop(), 0);
    cpSync(stage.outside(capture.data), data, { recursive: true });
    return data;
  } finally {
    await stage.close();
  }
}

/** Verifies with one bit of a file flipped, and puts it back. */
async function verifyFlipped(data: string, file: string, at: number, bit: number): Promise<VerifyReport> {
  const path = join(data, file);
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  bad[at] = (bad[at] ?? 0) ^ (1 << bit);
  writeFileSync(path, bad);
  try {
    return await verifyFolder(data);
  } finally {
    writeFileSync(path, good);
  }
}

function accused(report: VerifyReport): string[] {
  return [...new Set(report.problems.map((problem) => problem.where))];
}

describe('verify', { skip: missing() }, () => {
  let data = '';
  const random = randomFrom(SEED);
  const chance = (below: number) => Math.floor(random() * below);

  before(async () => {
    data = await recordRun();
    process.on('exit', () => rmSync(data, { recursive: true, force: true }));
  });

  test('a folder that nobody touched is accused of nothing, on the command line too', async () => {
    const report = await verifyFolder(data);
    assert.deepEqual(report.problems, []);
    assert.ok(report.files > 0);
    assert.equal(spawnSync(process.execPath, [MAIN, 'verify', data]).status, 0);
  });

  test('a flipped bit in any ledger line is found at that line, and no other file is accused', async (t) => {
    const lines = readFileSync(join(data, 'ledger.ndjson'), 'latin1').split('\n').slice(0, -1);
    let start = 0;
    for (const [index, line] of lines.entries()) {
      const report = await verifyFlipped(data, 'ledger.ndjson', start + chance(line.length), chance(8));
      start += line.length + 1;
      const names = accused(report);
      const here = names.some((name) => [`ledger.ndjson:${index + 1}`, `ledger.ndjson:${index + 2}`].includes(name));
      assert.ok(
        here,
        `line ${index + 1} of ${lines.length} (${line.slice(0, 300)}): accused ${names.join(', ') || 'nobody'}`,
      );
      const innocent = names.filter((name) => existsSync(join(data, name)) && !line.includes(segmentOf(name)));
      assert.deepEqual(innocent, [], `line ${index + 1}`);
    }
    t.diagnostic(`${lines.length} of ${lines.length} lines found`);
  });

  test('a flipped bit in any segment or sidecar is found, and only that file is accused', async (t) => {
    const files = new Evidence(data).files.flatMap(({ path }) => [path, path.replace(/\.pcap$/, '.json')]);
    for (const file of files.map((path) => `captures/${path}`)) {
      const { length } = readFileSync(join(data, file));
      for (let flip = 0; flip < FLIPS_PER_FILE; flip++) {
        const at = chance(length);
        const report = await verifyFlipped(data, file, at, chance(8));
        assert.deepEqual(accused(report), [file], `byte ${at} of ${length}`);
      }
    }
    t.diagnostic(`${files.length * FLIPS_PER_FILE} of ${files.length * FLIPS_PER_FILE} flips found, seed ${SEED}`);
  });

  test('a missing segment and one too many are named', async () => {
    const [first] = new Evidence(data).files;
    assert.ok(first !== undefined);
    const file = join(data, 'captures', first.path);
    const extra = file.replace(/_\d{8}_/, '_99999999_');
    const bytes = readFileSync(file);
    rmSync(file);
    const gone = await verifyFolder(data);
    writeFileSync(file, bytes);
    writeFileSync(extra, bytes);
    const added = await verifyFolder(data);
    const command = spawnSync(process.execPath, [MAIN, 'verify', data]);
    rmSync(extra);
    assert.deepEqual(accused(gone), [`captures/${first.path}`]);
    assert.deepEqual(accused(added), [`captures/${first.path.replace(/_\d{8}_/, '_99999999_')}`]);
    assert.equal(command.status, 1);
  });

  test('a ledger cut at a line boundary is found, wherever it is cut', async (t) => {
    const ledger = readFileSync(join(data, 'ledger.ndjson'), 'utf8');
    const lines = ledger.split('\n').slice(0, -1);
    for (let kept = 0; kept < lines.length; kept++) {
      const report = await verifyAltered({
        'ledger.ndjson': lines
          .slice(0, kept)
          .map((line) => `${line}\n`)
          .join(''),
      });
      assert.ok(accused(report).includes('ledger.ndjson'), `${kept} of ${lines.length} lines kept`);
    }
    t.diagnostic(`${lines.length} of ${lines.length} cuts found`);
  });

  test('half a last line is reported, and a line that it replaces is missed', async () => {
    const ledger = readFileSync(join(data, 'ledger.ndjson'), 'utf8');
    const torn = await verifyAltered({ 'ledger.ndjson': `${ledger}{"n":9` });
    assert.deepEqual([torn.problems, torn.warnings.map(({ kind }) => kind)], [[], ['torn']]);
    const cut = await verifyAltered({ 'ledger.ndjson': ledger.slice(0, -20) });
    assert.deepEqual(accused(cut), ['ledger.ndjson']);
  });

  test('a folder set back whole, signed head and all, contradicts only the head that was kept elsewhere', async () => {
    const lines = readFileSync(join(data, 'ledger.ndjson'), 'utf8').split('\n').slice(0, -1);
    const now = parseHead(readFileSync(join(data, 'ledger.head'), 'utf8'));
    assert.ok(now !== undefined);
    // The head as it was signed two lines earlier: an attacker may have kept it.
    const earlier = {
      lines: lines.length - 2,
      head: (JSON.parse(lines.at(-2) ?? '') as { previous: string }).previous,
    };
    const key = createPrivateKey(readFileSync(join(data, 'key/ed25519.pem')));
    const signature = sign(null, Buffer.from(headText(earlier)), key).toString('base64');
    const back = {
      'ledger.ndjson': `${lines.slice(0, -2).join('\n')}\n`,
      'ledger.head': formatHead({ ...earlier, signature }),
    };
    assert.deepEqual((await verifyAltered(back)).problems, []);
    assert.deepEqual(accused(await verifyAltered(back, now)), ['ledger.ndjson']);
    assert.deepEqual((await verifyAltered({}, now)).problems, []);
    assert.deepEqual((await verifyAltered({}, earlier)).problems, []);
    const forged = { lines: earlier.lines, head: now.head };
    assert.deepEqual(accused(await verifyAltered({}, forged)), ['ledger.ndjson']);
    const words = spawnSync(process.execPath, [MAIN, 'verify', data, '--head', `${now.lines + 1}:${now.head}`]);
    assert.equal(words.status, 1);
    assert.match(words.stdout.toString(), /the witness saw \d+ lines, \d+ are there/);
  });

  test('swapped sidecars, swapped segments and a renamed segment are found, and nobody else is accused', async () => {
    const [first, second] = new Evidence(data).files.map(({ path }) => `captures/${path}`);
    assert.ok(first !== undefined && second !== undefined);
    const sidecars = [first, second].map((name) => name.replace(/\.pcap$/, '.json')) as [string, string];
    for (const [one, other] of [sidecars, [first, second]] as const) {
      const swap = { [one]: readFileSync(join(data, other)), [other]: readFileSync(join(data, one)) };
      assert.deepEqual(accused(await verifyAltered(swap)).toSorted(), [one, other].toSorted());
    }
    const renamed = first.replace(/_\d{8}_/, '_88888888_');
    renameSync(join(data, first), join(data, renamed));
    const report = await verifyFolder(data);
    renameSync(join(data, renamed), join(data, first));
    assert.deepEqual(accused(report).toSorted(), [first, renamed].toSorted());
    assert.deepEqual((await verifyFolder(data)).problems, []);
  });

  /** Verifies with some files of other content, and puts them back. */
  async function verifyAltered(
    files: Readonly<Record<string, string | Buffer>>,
    witness?: ChainState,
  ): Promise<VerifyReport> {
    const good = Object.keys(files).map((name) => [name, readFileSync(join(data, name))] as const);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(data, name), content);
    try {
      return await verifyFolder(data, witness === undefined ? {} : { head: witness });
    } finally {
      for (const [name, content] of good) writeFileSync(join(data, name), content);
    }
  }
});

/** The part of a file's name that its ledger line carries. */
function segmentOf(name: string): string {
  return name.replace('captures/', '').replace(/\.(pcap|json)$/, '');
}
