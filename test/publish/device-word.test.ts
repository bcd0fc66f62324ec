import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeirError } from '../../appliance/model/errors.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { meantDevice } from '../../appliance/publish/device-word.ts';
import type { DeviceRow } from '../../appliance/publish/schemas/devices.ts';

type Row = Pick<DeviceRow, 'id' | 'mac' | 'name' | 'ips'>;
const row = (last: string, name: string, ...ips: string[]): Row => ({
  id: `b827eb0000${last}`,
  mac: `b8:27:eb:00:00:${last}`,
  name,
  ips,
});
const ROWS: readonly Row[] = [
  row('01', 'Hall lamp', '10.0.0.11', 'fe80::ba27:ebff:fe00:1', '2001:db8::11'),
  row('02', 'Camera', '10.0.0.12', '192.168.100.200'),
  row('03', 'camera.local', '10.0.0.13'),
  row('04', 'Küche', '10.0.0.14', '10.0.0.12'),
  row('05', '', '10.0.0.15'),
  { id: '_infra', mac: null, name: '', ips: [] },
];
const meant = (word: string) => meantDevice(word, () => ROWS);
const refusal = (word: string): string => {
  try {
    return `meant ${meant(word)}`;
  } catch (thrown) {
    assert.ok(thrown instanceof WeirError);
    return `${thrown.code} ${thrown.message}`;
  }
};

test('a MAC is taken in every form that people and programs write', () => {
  const forms = [
    'b8:27:eb:00:00:01',
    'B8-27-EB-00-00-01',
    'b827.eb00.0001',
    'B8.27.EB.00.00.01',
    'B827EB000001',
    'b8:27:eb:0:0:1',
    ' b827eb000001 ',
  ];
  for (const form of forms) assert.equal(meant(form), 'b8:27:eb:00:00:01', form);
  assert.equal(meant('_INFRA'), '_infra');
  assert.equal(meant('020000000099'), '02:00:00:00:00:99', 'also of a device that was never seen');
});

test('an IPv4 address with twelve digits is no MAC', () => {
  assert.equal(parseMac('192.168.100.200'), undefined);
  assert.equal(meant('192.168.100.200'), 'b8:27:eb:00:00:02');
  assert.equal(parseMac('1.2.3.4.5.6'), undefined);
});

test('an IP address means the device that has it, however it is written', () => {
  const forms = [
    '10.0.0.11',
    '2001:DB8:0:0::11',
    '2001:0db8::0011',
    'fe80::ba27:ebff:fe00:1%eth0',
    '[2001:db8::11]',
    '::ffff:10.0.0.11',
  ];
  for (const form of forms) assert.equal(meant(form), 'b8:27:eb:00:00:01', form);
});

test('a name means its device, in letters of either case', () => {
  for (const form of ['hall lamp', 'HALL LAMP', 'Hall lamp.local'])
    assert.equal(meant(form), 'b8:27:eb:00:00:01', form);
  assert.equal(meant('KÜCHE'), 'b8:27:eb:00:00:04');
  assert.equal(meant('Ku\u0308che'), 'b8:27:eb:00:00:04', 'composed or not');
});

test('a word that fits several devices is answered with whom it fits, and nobody is chosen', () => {
  const both = /^DEVICE_AMBIGUOUS CAMERA may be b8:27:eb:00:00:02 \(Camera\), b8:27:eb:00:00:03 \(camera\.local\); /;
  assert.match(refusal('CAMERA'), both);
  assert.match(refusal('10.0.0.12'), /^DEVICE_AMBIGUOUS .*00:02 \(Camera\), .*00:04 \(K/);
  const crowd = Array.from({ length: 40 }, (_, i) => row((i + 16).toString(16), 'plug'));
  assert.throws(() => meantDevice('plug', () => crowd), /or 32 others; nothing was done/);
});

test('a word that fits nobody is refused in one line, whatever is in it', () => {
  for (const word of ['', ' ', 'nobody', '10.0.0.99', '10.0.0', 'b8:27:eb', '\u001b[2Jx\n', 'x'.repeat(5000)])
    assert.match(
      refusal(word),
      /^DEVICE_UNKNOWN No device [^\n\u001b]{0,80} was seen; nothing was done\. [^\n]*$/,
      word,
    );
});
