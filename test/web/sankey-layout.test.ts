// The bands between devices and countries.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bandsOf, matrixOf, SEVERAL } from '../../web/src/geography.ts';
import { layOut } from '../../web/src/sankey-layout.ts';
import { documentOf } from './mock-document.ts';
import { HOME } from './mock-home.ts';

const destination = (country: string | null, devices: readonly string[], bytes: number) => ({
  ip: '192.0.2.1',
  names: [],
  country,
  asn: null,
  org: null,
  provider: null,
  domain: null,
  region: null,
  region_country: null,
  bytes_up: bytes,
  bytes_down: 0,
  devices,
});

test('bands are the bytes sent, to the byte', () => {
  const { destinations } = documentOf(HOME, 1_795_176_000_000);
  const known = destinations.reduce((sum, one) => sum + one.bytes_up, 0);
  const shown = bandsOf(destinations).reduce((sum, band) => sum + band.bytes, 0);
  assert.equal(shown, known);
});

test('what several devices sent to one address is divided among none of them', () => {
  const bands = bandsOf([destination('IE', ['a', 'b', 'c'], 1800), destination('IE', ['a'], 7)]);
  assert.deepEqual(bands, [
    { device: SEVERAL, country: 'IE', bytes: 1800 },
    { device: 'a', country: 'IE', bytes: 7 },
  ]);
});

test('the eleventh country joins the others', () => {
  const many = Array.from({ length: 14 }, (_, index) => destination(`A${index}`, ['d'], 100 - index));
  const countries = new Set(bandsOf(many).map((band) => band.country));
  assert.equal(countries.size, 11);
  assert.ok(countries.has('others'));
});

test('bands of one block never overlap', () => {
  const band = fc.record({
    device: fc.constantFrom('a', 'b', 'c'),
    country: fc.constantFrom('IE', 'US', 'CN'),
    bytes: fc.nat(1e9),
  });
  const distinct = fc.uniqueArray(band, { selector: (one) => `${one.device} ${one.country}`, minLength: 1 });
  fc.assert(
    fc.property(distinct, (bands) => {
      const { ribbons } = layOut(bands, 300);
      const starts = [...ribbons].sort((a, b) => a.fromTop - b.fromTop);
      for (const [index, ribbon] of starts.entries()) {
        const next = starts[index + 1];
        if (next !== undefined) assert.ok(ribbon.fromTop + ribbon.height <= next.fromTop + 1e-6);
      }
    }),
  );
});

test('a destination without a country has the word of the document: CDN/anycast; one that no table knows is XX', () => {
  const matrix = matrixOf([destination(null, ['a'], 1), destination('XX', ['a'], 1), destination('IE', ['a', 'b'], 1)]);
  assert.deepEqual(matrix.countries, ['IE', 'CDN/anycast', 'XX']);
  assert.deepEqual(
    matrix.rows.map((row) => row.total),
    [3, 1],
  );
});
