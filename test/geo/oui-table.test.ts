import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openOui } from '../../appliance/geo/oui-table.ts';
import { TABLES_FOLDER } from '../../appliance/geo/places.ts';
import { parseMac } from '../../appliance/model/mac.ts';

const table = openOui(join(TABLES_FOLDER, 'oui.bin'));

function vendor(text: string): string | undefined {
  const mac = parseMac(text);
  assert.ok(mac !== undefined);
  return table.vendor(mac);
}

const KNOWN: readonly (readonly [mac: string, vendor: RegExp])[] = [
  ['b8:27:eb:12:34:56', /^Raspberry Pi/],
  ['d8:3a:dd:00:00:01', /^Raspberry Pi/],
  ['00:17:88:11:22:33', /^Philips Lighting/],
  ['50:c7:bf:00:00:01', /^TP-LINK/],
  ['18:b4:30:00:00:01', /^Nest Labs/],
  ['44:65:0d:00:00:01', /^Amazon/],
  ['d0:73:d5:00:00:01', /^LIFI LABS|^LIFX/i],
  ['00:24:e4:00:00:01', /^Withings/],
  ['78:11:dc:00:00:01', /^XIAOMI/i],
];

for (const [mac, expected] of KNOWN) {
  test(`${mac} was made by ${expected.source}`, () => assert.match(vendor(mac) ?? '', expected));
}

test('blocks of 28 and 36 bits are reported from the 24 bits they are carved out of', () => {
  const medium = vendor('00:55:da:00:00:01');
  const small = vendor('70:b3:d5:01:20:01');
  assert.ok(medium !== undefined && small !== undefined);
  assert.notEqual(small, vendor('70:b3:d5:02:20:01'));
  assert.notEqual(medium, vendor('00:55:da:10:00:01'));
});

test('randomised, group and unregistered addresses and the zeros of a loopback have no vendor', () => {
  const macs = [
    'da:a1:19:00:00:01',
    '02:00:00:00:00:01',
    '01:00:5e:00:00:fb',
    'ff:ff:ff:ff:ff:ff',
    'fc:ff:ff:ff:ff:f0',
    '00:00:00:00:00:00',
  ];
  assert.deepEqual(
    macs.map(vendor),
    macs.map(() => undefined),
  );
});
