// What a place expects stays quiet; anything else is reported once, with code and cause.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createDecipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import {
  ABSENT,
  expectOnly,
  MALFORMED,
  orElse,
  PROGRAM,
  reportUnexpectedTo,
  WRONG_KEY,
} from '../../appliance/model/expected-error.ts';

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

/** Lines that are reported meanwhile. */
function reports(act: () => void): string[] {
  const lines: string[] = [];
  reportUnexpectedTo((line) => lines.push(line));
  act();
  return lines;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

test('a code, a class or a pattern that is expected is not reported', () => {
  const lines = reports(() => {
    expectOnly(
      thrownBy(() => readFileSync('/nowhere/at/all')),
      'one',
      ...ABSENT,
    );
    expectOnly(
      thrownBy(() => JSON.parse('{')),
      'two',
      ...MALFORMED,
    );
    expectOnly(
      thrownBy(() => inflateSync(Buffer.from('no zlib stream'))),
      'three',
      /^Z_/,
    );
  });
  assert.deepEqual(lines, []);
});

test('a wrong key of AES-GCM is distinguished from other errors', () => {
  const decipher = createDecipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12));
  decipher.setAuthTag(Buffer.alloc(16));
  decipher.update(Buffer.alloc(8));
  const thrown = thrownBy(() => decipher.final());
  assert.deepEqual(
    reports(() => expectOnly(thrown, 'a key', WRONG_KEY)),
    [],
  );
});

test('what is not expected is reported once, with code and cause', () => {
  const cause = new Error('the card is gone');
  const error = Object.assign(new Error('write failed', { cause }), { code: 'EIO' });
  const lines = reports(() => {
    for (let i = 0; i < 3; i++) expectOnly(error, 'writing a file', ...ABSENT);
  });
  assert.deepEqual(lines, ['writing a file failed unexpectedly: Error: write failed [EIO]; cause: the card is gone']);
});

test('a bug is reported with the place where it was thrown', () => {
  const [line = ''] = reports(() => expectOnly(new TypeError('x is undefined'), 'drawing', SyntaxError));
  assert.match(
    line,
    /^drawing failed unexpectedly: TypeError: x is undefined \(at .*expected-error\.test\.js:\d+:\d+\)?\)$/,
  );
});

test('a catch goes on with its value, expected or not', async () => {
  let value: number | undefined;
  const lines: string[] = [];
  reportUnexpectedTo((line) => lines.push(line));
  value = await Promise.reject(new Error('unforeseen')).catch(orElse(7, 'a promise', 'ENOENT'));
  assert.equal(value, 7);
  assert.equal(lines.length, 1);
});

test('how a program ended is a code: its own exit, or that it is missing', async () => {
  const run = promisify(execFile);
  const lines: string[] = [];
  reportUnexpectedTo((line) => lines.push(line));
  await run(process.execPath, ['-e', 'process.exit(3)']).catch(orElse(undefined, 'a program', ...PROGRAM));
  await run('weir-has-no-such-program').catch(orElse(undefined, 'no program', ...PROGRAM));
  assert.deepEqual(lines, []);
});

test('reports carry no control characters', () => {
  const [line = ''] = reports(() => expectOnly(new Error('two\nlines \u001b[31m'), 'a hostile text'));
  assert.doesNotMatch(line, /[\n\u001b]/);
});

/** Errors that are dropped without a name on purpose: so many in that file, because … */
const DROPPED: Readonly<Record<string, readonly [number, string]>> = {
  'appliance/capture/clock/clock-guard.ts': [1, 'the line waits in the ledger; its next flush reports the card'],
  'appliance/capture/control/packet-desk.ts': [1, 'only the order of answers: the caller of each has its error'],
  'appliance/capture/evidence/gap-log.ts': [1, 'the line waits in the ledger; its next flush reports the card'],
  'appliance/capture/evidence/segment-file.ts': [1, 'only the order of syncs: the caller of each has its error'],
  'appliance/capture/ledger/ledger.ts': [4, 'lines wait in the ledger: the flush of the upkeep reports the card'],
  'appliance/capture/main.ts': [1, 'the start has failed already, and that error is thrown'],
  'appliance/capture/upkeep.ts': [1, 'the line waits in the ledger; its next flush reports the card'],
  'appliance/experiment/scan/nmap-xml.ts': [1, 'nmap was killed while it wrote: its part is scanned again'],
  'appliance/experiment/scan/scan-files.ts': [1, 'a file that is no scan is none'],
  'appliance/proxy/results/apk.ts': [1, 'an entry that cannot be unpacked is counted by the caller'],
  'appliance/publish/answers/kept-summaries.ts': [1, 'whoever asks next makes it again and has the error'],
  'appliance/store/figures/render-thread.ts': [1, 'a sum ends with its thread, whose death is reported'],
  'appliance/store/figures/turnstile.ts': [1, 'only the order of turns: the caller of each has its error'],
  'web/src/api/request.ts': [2, 'the body is not JSON: the error of the request itself is thrown'],
  'web/src/feed.ts': [5, 'the stream ends or tries again, and the page shows that it is not connected'],
  'web/src/kept-look.ts': [2, 'the browser keeps nothing: each visit is the first'],
  'web/src/news.ts': [1, 'what the browser kept is no JSON: each visit is the first'],
  'web/src/parts/experiment/segment-list.tsx': [1, 'the list is loaded again, which shows the error'],
  'web/src/parts/span/span-actions.tsx': [1, 'the tag is made; the feed loads the windows again'],
  'web/src/parts/span/take-back.tsx': [1, 'the tag is taken back; the feed loads the windows again'],
  'web/src/time/kept-zone.ts': [2, 'the browser keeps nothing: each visit begins in UTC'],
};

const DROPS =
  /catch\s*\{|\.catch\(\s*(?:async\s*)?\(\s*\)\s*=>|\.catch\(\s*\(_\w*(?::\s*\w+)?\)\s*=>|catch\s*\(_\w*(?::\s*\w+)?\)/g;

test('no error is dropped but those on the list, each with its reason', () => {
  const found = ['appliance', 'web/src'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name)),
  );
  const drops = found
    .map((file) => [file, readFileSync(join(ROOT, file), 'utf8').match(DROPS)?.length ?? 0] as const)
    .filter(([, count]) => count > 0);
  assert.deepEqual(
    Object.fromEntries(drops),
    Object.fromEntries(Object.entries(DROPPED).map(([file, [count]]) => [file, count])),
  );
});
