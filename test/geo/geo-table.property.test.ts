import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../../appliance/geo/address.ts';
import { type AddressRange, compareAddresses, nextAddress } from '../../appliance/geo/csv-rows.ts';
import { GeoCompiler } from '../../appliance/geo/geo-compile.ts';
import { GEO_VERSION, GeoTable } from '../../appliance/geo/geo-table.ts';
import { asStored, decodeTable } from '../../appliance/geo/table-file.ts';

/** A few neighbouring places, so that ranges touch, nest and overlap. */
const place = fc.integer({ min: 0, max: 60 });
const spans = fc.array(fc.tuple(place, place, fc.constantFrom('DE', 'FR', 'IE')), { maxLength: 12 });

function address(version: 4 | 6, at: number): number | Uint8Array {
  if (version === 4) return 0x34d00000 + at - 1;
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0x2a : 0));
  // Around a /64 border: the places before it end in ff…ff.
  new DataView(bytes.buffer).setBigUint64(8, BigInt.asUintN(64, BigInt(at) - 30n));
  bytes[7] = at < 30 ? 0 : 1;
  return bytes;
}

function ranges(version: 4 | 6, list: readonly (readonly [number, number, string])[]): AddressRange[] {
  return list
    .map(([x, y, code]) => ({
      start: address(version, Math.min(x, y)),
      end: address(version, Math.max(x, y)),
      fields: [code],
    }))
    .sort((a, b) => compareAddresses(a.start, b.start));
}

/** Where ranges overlap the one that began first counts. */
function bySearch(list: readonly AddressRange[], wanted: number | Uint8Array): string | null {
  const found = list.find(
    ({ start, end }) => compareAddresses(start, wanted) <= 0 && compareAddresses(wanted, end) <= 0,
  );
  return found?.fields[0] ?? null;
}

for (const version of [4, 6] as const) {
  test(`a compiled IPv${version} table answers as a search through its ranges does`, () => {
    fc.assert(
      fc.property(spans, (list) => {
        const sorted = ranges(version, list);
        const compiler = new GeoCompiler();
        for (const range of sorted) compiler.addCountry(range);
        const table = new GeoTable(asStored(decodeTable(compiler.finish('2026-06-01'), 't', 'geo', GEO_VERSION)), 't');
        for (let at = 0; at <= 62; at++) {
          const wanted = address(version, at);
          assert.equal(table.country(wanted), bySearch(sorted, wanted), `place ${at}`);
        }
      }),
      { numRuns: 300, seed: 20_261_120 },
    );
  });
}

test('the first and the last address of all can be the ends of a range', () => {
  const compiler = new GeoCompiler();
  const whole = (text: string): number | Uint8Array => parseAddress(text)!;
  compiler.addCountry({ start: whole('0.0.0.0'), end: whole('255.255.255.255'), fields: ['DE'] });
  compiler.addCountry({ start: whole('::'), end: whole('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), fields: ['FR'] });
  const table = new GeoTable(asStored(decodeTable(compiler.finish('2026-06-01'), 't', 'geo', GEO_VERSION)), 't');
  const asked = ['0.0.0.0', '255.255.255.255', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'];
  assert.deepEqual(
    asked.map((ip) => table.country(ip)),
    ['DE', 'DE', 'FR', 'FR'],
  );
});

test('the address after carries over bytes and ends at the last', () => {
  assert.deepEqual(nextAddress(parseAddress('::ffff:ffff')!), parseAddress('::1:0:0'));
  assert.equal(nextAddress(parseAddress('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')!), undefined);
  assert.equal(nextAddress(0xffff_ffff), undefined);
});

test('text is read as an address or not at all, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 50 }), fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,45}$/)),
      (text) => {
        const parsed = parseAddress(text);
        assert.ok(parsed === undefined || typeof parsed === 'number' || parsed.length === 16);
      },
    ),
    { numRuns: 2000, seed: 20_261_120 },
  );
});

test('every IPv6 text of RFC 4291 is read as its oracle reads it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const parsed = parseAddress(text);
      assert.ok(parsed instanceof Uint8Array, text);
      // The URL parser of the platform is a second implementation.
      const groups = Array.from({ length: 8 }, (_, i) => ((parsed[2 * i]! << 8) | parsed[2 * i + 1]!).toString(16));
      assert.equal(new URL(`http://[${text}]/`).hostname, new URL(`http://[${groups.join(':')}]/`).hostname);
    }),
    { numRuns: 1000, seed: 20_261_120 },
  );
});
