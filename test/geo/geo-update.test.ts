import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compareDatabases } from '../../appliance/geo/geo-comparison.ts';
import { geoTablePath, operatorTable } from '../../appliance/geo/geo-folder.ts';
import { openGeo } from '../../appliance/geo/geo-table.ts';
import { type GeoUpdateReport, updateGeo } from '../../appliance/geo/geo-update.ts';
import { WeirError } from '../../appliance/model/errors.ts';

const BASE = geoTablePath(undefined);

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-geo-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** 52.208.0.0 and the 199 networks of 256 addresses behind it. */
function networks(line: (i: number) => string, n = 200): string {
  return Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('');
}

function network(i: number): string {
  return `52.208.${i}`;
}

async function update(data: string, content: string | Buffer, file = 'new.csv'): Promise<GeoUpdateReport> {
  const path = join(data, file);
  writeFileSync(path, content);
  return updateGeo({ files: [path], target: operatorTable(data), base: BASE, date: '2026-11-20' });
}

async function refusal(work: Promise<unknown>): Promise<WeirError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof WeirError);
  return thrown;
}

const FORMS: readonly (readonly [name: string, line: (i: number) => string])[] = [
  ['addresses', (i) => `${network(i)}.0,${network(i)}.255,AQ`],
  ['quoted decimal numbers', (i) => `"${0x34d00000 + i * 256}","${0x34d00000 + i * 256 + 255}","AQ","Antarctica"`],
  ['networks', (i) => `${network(i)}.0/24,AQ,Antarctica`],
];

for (const [name, line] of FORMS) {
  test(`countries given as ${name} replace the built-in ones, AS numbers stay`, async (t) => {
    const data = folder(t);
    await update(data, `start,end,country\n${networks(line)}`);
    const geo = openGeo(geoTablePath(data));
    assert.deepEqual([geo.country('52.208.7.7'), geo.asn('52.208.7.7'), geo.date], ['AQ', 16_509, '2026-11-20']);
  });
}

test('AS numbers replace the built-in ones, countries stay', async (t) => {
  const data = folder(t);
  await update(
    data,
    networks((i) => `${network(i)}.0,${network(i)}.255,AS64500,"Example, Inc"`),
  );
  const geo = openGeo(geoTablePath(data));
  assert.deepEqual([geo.country('52.208.7.7'), geo.asn('52.208.7.7'), geo.org(64_500)], ['IE', 64_500, 'Example, Inc']);
});

test('a compressed file of IPv6 ranges is taken', async (t) => {
  const data = folder(t);
  const lines = networks(
    (i) => `2a01:${(0x100 + i).toString(16)}::,2a01:${(0x100 + i).toString(16)}:ffff:ffff:ffff:ffff:ffff:ffff,AQ`,
  );
  await update(data, gzipSync(lines), 'new.csv.gz');
  assert.equal(openGeo(geoTablePath(data)).country('2a01:101::1'), 'AQ');
});

const REFUSED: readonly (readonly [name: string, content: string, code: string])[] = [
  ['an empty file', '', 'TABLE_INVALID'],
  ['a file of something else', 'this is not a database\n'.repeat(500), 'TABLE_INVALID'],
  ['a fragment', '52.208.0.0,52.208.0.255,AQ\n', 'TABLE_INVALID'],
  [
    'a file in no order',
    networks((i) => `52.${208 + ((i * 37) % 40)}.0.0,52.${208 + ((i * 37) % 40)}.0.9,AQ`),
    'TABLE_INVALID',
  ],
  ['a line without end', 'x'.repeat(100_000), 'TABLE_INVALID'],
];

for (const [name, content, code] of REFUSED) {
  test(`${name} is refused and the table in use stays`, async (t) => {
    const data = folder(t);
    assert.equal((await refusal(update(data, content))).code, code);
    assert.equal(existsSync(operatorTable(data)), false);
  });
}

test('a missing file and a torn compressed one are unreadable', async (t) => {
  const data = folder(t);
  const missing = updateGeo({
    files: [join(data, 'none.csv')],
    target: operatorTable(data),
    base: BASE,
    date: '2026-11-20',
  });
  assert.equal((await refusal(missing)).code, 'FILE_UNREADABLE');
  const torn = gzipSync(networks((i) => `${network(i)}.0/24,AQ`)).subarray(0, 200);
  assert.equal((await refusal(update(data, torn, 'torn.csv.gz'))).code, 'FILE_UNREADABLE');
});

test('an update leaves no half file behind', async (t) => {
  const data = folder(t);
  await update(
    data,
    networks((i) => `${network(i)}.0/24,AQ`),
  );
  assert.deepEqual(readdirSync(join(data, 'tables')), ['geo.bin']);
});

test('databases are compared: agreement counts what is placed, not anycast', async (t) => {
  const data = folder(t);
  await update(
    data,
    networks((i) => `${network(i)}.0/24,${i < 100 ? 'IE' : 'AQ'}`),
  );
  const databases = [
    { name: 'built-in', table: openGeo(BASE) },
    { name: 'other', table: openGeo(operatorTable(data)) },
  ];
  const compared = compareDatabases(['52.208.1.1', '52.208.150.1', '1.1.1.1', '192.168.1.1', 'x'], databases);
  assert.deepEqual(
    compared.addresses.map(({ ip, countries, agreed, anycast }) => [ip, countries, agreed, anycast]),
    [
      ['52.208.1.1', ['IE', 'IE'], true, false],
      ['52.208.150.1', ['IE', 'AQ'], false, false],
      ['1.1.1.1', ['AU', null], true, true],
    ],
  );
  assert.deepEqual(compared.countries, [
    { country: 'IE', counts: [2, 1] },
    { country: 'AQ', counts: [0, 1] },
  ]);
  assert.equal(compared.agreement, 0.5);
});
