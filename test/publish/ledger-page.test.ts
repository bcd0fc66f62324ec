import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { volumeName } from '../../appliance/model/files/ledger-files.ts';
import { readLedgerPage, readLedgerText } from '../../appliance/publish/ledger-page.ts';

function ledgerOf(t: TestContext, lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ledger.ndjson');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

const line = (n: number, padding = 0): string =>
  JSON.stringify({ n, ts: '1', type: 'note', text: 'x'.repeat(padding) });
const numbers = async (path: string, after: number, limit: number) =>
  (await readLedgerPage(path, after, limit)).map(({ n }) => n);
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

test('a page begins behind the line that was read last, wherever that is', async (t) => {
  // Lines of many lengths, some longer than what is read at once.
  const path = ledgerOf(
    t,
    range(1, 2000).map((n) => line(n, n % 97 === 0 ? 40_000 : n % 50)),
  );
  for (const after of [-1, 0, 1, 96, 97, 98, 500, 1000, 1648, 1649, 1998]) {
    const first = Math.max(1, after + 1);
    assert.deepEqual(await numbers(path, after, 5), range(first, Math.min(5, 2001 - first)));
  }
  assert.deepEqual(await numbers(path, 2000, 5), []);
  assert.deepEqual(await numbers(path, 0, 3000), range(1, 2000));
});

test('damage between the lines costs nothing but the damaged lines', async (t) => {
  const lines = range(1, 3000).map((n) => (n % 3 === 0 ? '{"half' : line(n, 20)));
  const path = ledgerOf(t, [...lines, '\u0000'.repeat(50_000), line(3001)]);
  assert.deepEqual(await numbers(path, 1999, 4), [2000, 2002, 2003, 2005]);
  assert.deepEqual(await numbers(path, 2999, 4), [3001]);
});

test('an empty ledger and a missing one have no lines', async (t) => {
  const path = ledgerOf(t, []);
  assert.deepEqual(await numbers(path, -1, 5), []);
  assert.deepEqual(await numbers(`${path}.not`, -1, 5), []);
});

test('the last page of a long ledger is found without reading the ledger', async (t) => {
  const path = ledgerOf(
    t,
    range(1, 40_000).map((n) => line(n, 200)),
  );
  const file = await open(path);
  const prototype = Object.getPrototypeOf(file) as FileHandle;
  await file.close();
  const stream = t.mock.method(prototype, 'createReadStream');
  assert.deepEqual(await numbers(path, 39_998, 5), [39_999, 40_000]);
  const start = Number((stream.mock.calls[0]?.arguments[0] as { start?: number } | undefined)?.start);
  assert.ok(start > 40_000 * 240 - 64 * 1024, `read from ${start} on`);
});

test('the texts of all volumes are one text, whatever the page', async (t) => {
  const texts = range(1, 90).map((n) => (n === 30 ? '{"half' : line(n, n % 7)));
  const path = ledgerOf(t, texts.slice(60));
  for (const volume of [1, 2])
    writeFileSync(
      join(dirname(path), volumeName(volume)),
      texts
        .slice((volume - 1) * 30, volume * 30)
        .map((text) => `${text}\n`)
        .join(''),
    );
  for (const bytes of [1, 100, 1000, 100_000]) {
    let all = '';
    for (let after = 0; after < 90; ) {
      const page = await readLedgerText(path, after, bytes);
      all += page;
      after = Math.max(
        ...page
          .split('\n')
          .filter((text) => text.endsWith('}'))
          .map((text) => Number(/"n":(\d+)/.exec(text)?.[1])),
        after + 1,
      );
    }
    assert.equal(
      all.replaceAll('{"half\n', ''),
      `${texts.filter((text) => text !== '{"half').join('\n')}\n`,
      `${bytes}`,
    );
  }
  assert.equal(await readLedgerText(path, 0, 1e6), `${texts.join('\n')}\n`);
  assert.equal(await readLedgerText(path, 90, 1e6), '');
});
