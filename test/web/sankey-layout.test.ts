// The bands between devices and countries.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bandsOf, matrixOf, peersOf } from '../../web/src/geography.ts';
import { layOut } from '../../web/src/sankey-layout.ts';
import { flowsOf } from './mock-flows.ts';
import { HOME } from './mock-home.ts';

const group = (device: string, country: string, bytes_up: number, more: { address?: string } = {}) => ({
  device,
  country,
  devices: 1,
  packets_up: 1,
  bytes_up,
  packets_down: 0,
  bytes_down: 0,
  ...more,
});

test('bands are the bytes sent, to the byte', () => {
  const { groups } = flowsOf(new URLSearchParams({ by: 'device,country', scope: 'internet' }), 1_795_176_000_000);
  const talks = HOME.flatMap((one) => one.talks.filter(({ peer }) => peer.country !== 'local'));
  const shown = bandsOf(groups).reduce((sum, band) => sum + band.bytes, 0);
  assert.equal(
    shown,
    talks.reduce((sum, { up }) => sum + up, 0),
  );
});

test('three devices that ask the time at one server have bands of 900, 180 and 720 bytes', () => {
  const bands = bandsOf([group('a', 'IE', 900), group('b', 'IE', 180), group('c', 'IE', 720)]);
  assert.deepEqual(
    bands.map(({ device, bytes }) => [device, bytes]),
    [
      ['a', 900],
      ['b', 180],
      ['c', 720],
    ],
  );
});

test('an address of several devices is one destination with the bytes of all', () => {
  const at = { address: '192.0.2.1' };
  const peers = peersOf([group('a', 'IE', 900, at), group('b', 'IE', 180, at)], ({ address }) => address);
  assert.deepEqual(
    peers.map(({ devices, bytes_up }) => [devices, bytes_up]),
    [[['a', 'b'], 1080]],
  );
});

test('the eleventh country joins the others', () => {
  const many = Array.from({ length: 14 }, (_, index) => group('d', `A${index}`, 100 - index));
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

test('cells and totals of the matrix are countries: the unknown one counts, what answers everywhere is in none', () => {
  const groups = [
    group('a', 'CDN/anycast', 5),
    group('a', 'XX', 1),
    group('a', 'IE', 3),
    group('b', 'IE', 9),
    group('b', 'US', 0),
  ];
  const matrix = matrixOf(groups);
  assert.deepEqual(matrix.countries, ['IE', 'CDN/anycast', 'XX']);
  assert.deepEqual(matrix.devices, [2, 1, 1]);
  assert.deepEqual(
    matrix.rows.map(({ device, total, cells }) => [device, total, ...cells]),
    [
      ['a', 2, 3, 5, 1],
      ['b', 1, 9, 0, 0],
    ],
  );
});
