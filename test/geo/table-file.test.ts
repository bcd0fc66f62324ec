import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rangeOfLine } from '../../appliance/geo/csv-rows.ts';
import { GeoCompiler } from '../../appliance/geo/geo-compile.ts';
import { openGeo } from '../../appliance/geo/geo-table.ts';
import { compileOui } from '../../appliance/geo/oui-compile.ts';
import { openOui } from '../../appliance/geo/oui-table.ts';
import { WeirError } from '../../appliance/model/errors.ts';

const LINES = ['192.0.2.0,192.0.2.127,DE', '192.0.2.200,192.0.3.255,FR', '2001:db8::,2001:db8::ffff,SE'];

function compiled(): Buffer {
  const compiler = new GeoCompiler();
  for (const line of LINES) compiler.addCountry(rangeOfLine(line, 4)!);
  compiler.addAsn(rangeOfLine('192.0.2.0,192.0.2.255,64500,"Räksmörgås, ""Inc"""', 4)!);
  return compiler.finish('2026-06-01');
}

function stored(t: TestContext, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-table-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'table.bin');
  writeFileSync(path, bytes);
  return path;
}

function isTableInvalid(thrown: unknown): boolean {
  return thrown instanceof WeirError && thrown.code === 'TABLE_INVALID';
}

test('ranges answer at both ends and not next to them', (t) => {
  const geo = openGeo(stored(t, compiled()));
  const asked = [
    '192.0.1.255',
    '192.0.2.0',
    '192.0.2.127',
    '192.0.2.128',
    '192.0.2.199',
    '192.0.2.200',
    '192.0.3.255',
    '192.0.4.0',
  ];
  assert.deepEqual(
    asked.map((ip) => geo.country(ip)),
    [null, 'DE', 'DE', null, null, 'FR', 'FR', null],
  );
});

test('IPv6 ranges finer than a /64 answer in full width', (t) => {
  const geo = openGeo(stored(t, compiled()));
  const asked = ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::', '2001:db8::ffff', '2001:db8::1:0'];
  assert.deepEqual(
    asked.map((ip) => geo.country(ip)),
    [null, 'SE', 'SE', null],
  );
});

test('organisations keep quotes, commas and letters outside ASCII', (t) => {
  const geo = openGeo(stored(t, compiled()));
  assert.deepEqual([geo.asn('192.0.2.9'), geo.org(64500), geo.org(64501)], [64500, 'Räksmörgås, "Inc"', null]);
});

test('the day and the hash of the data are known', (t) => {
  const geo = openGeo(stored(t, compiled()));
  assert.equal(geo.date, '2026-06-01');
  assert.match(geo.sha256, /^[0-9a-f]{64}$/);
});

test('a table cut at any length is refused', (t) => {
  const whole = compiled();
  for (let length = 0; length < whole.length; length += 7) {
    assert.throws(() => openGeo(stored(t, whole.subarray(0, length))), isTableInvalid);
  }
});

test('a table with any byte changed is refused or answers the same', (t) => {
  const whole = compiled();
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = changed[at]! ^ 0x41;
    try {
      // Only the date is outside the checksum and may be read differently.
      assert.equal(openGeo(stored(t, changed)).country('192.0.2.0'), 'DE');
      assert.ok(at >= 24 && at < 36, `byte ${at}`);
    } catch (thrown) {
      if (!isTableInvalid(thrown)) throw thrown;
    }
  }
});

test('a missing table, one of another kind and one of another version are refused', (t) => {
  const other = compileOui({ AABBCC: 'Example' }, '2026-06-01');
  const newer = compiled();
  newer.writeUInt32LE(99, 12);
  assert.throws(() => openGeo('/nonexistent/geo.bin'), isTableInvalid);
  assert.throws(() => openGeo(stored(t, other)), isTableInvalid);
  assert.throws(() => openGeo(stored(t, newer)), isTableInvalid);
  assert.throws(() => openOui(stored(t, compiled())), isTableInvalid);
});
