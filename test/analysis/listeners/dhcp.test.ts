// Who asks for an address, and in whose name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dhcp } from '../../../appliance/analysis/inspect/protocols/dhcp.ts';
import { be16, be32, wire } from '../../decode/fixture.ts';
import { DEVICE, tellDatagram } from '../recording.ts';

const ENDS = { sourcePort: 68, destinationPort: 67 };

const DISCOVER = 1;
const REQUEST = 3;

/** DHCPDISCOVER or another message of a client, RFC 2131 §2, RFC 2132 §9.6. */
function discover(hardwareAddress: string, relay = [0, 0, 0, 0], type = DISCOVER): Uint8Array {
  return wire(
    [1, 1, 6, 0],
    be32(0xcafe0001),
    be16(0),
    be16(0x8000),
    new Uint8Array(12),
    relay,
    hardwareAddress.split(':').map((byte) => Number.parseInt(byte, 16)),
    new Uint8Array(202),
    be32(0x63825363),
    [53, 1, type, 255],
  );
}

test('a device that asks for itself is no finding', () => {
  const facts = tellDatagram(dhcp, discover(DEVICE), ENDS);
  assert.deepEqual([facts.rules(), facts.services], [[], ['dhcp grammar']]);
});

test('a device that asks in the name of another hardware address is reported once for all of them', () => {
  const findings = ['02:00:00:00:00:01', '02:00:00:00:00:02'].flatMap(
    (address) => tellDatagram(dhcp, discover(address), ENDS).findings,
  );
  assert.deepEqual(
    findings.map(({ rule, device, subject }) => [rule, device, subject]),
    [
      ['AP-01', DEVICE, 'dhcp'],
      ['AP-01', DEVICE, 'dhcp'],
    ],
  );
});

test('a relay, and a link without sender addresses, are none', () => {
  const other = '02:00:00:00:00:01';
  const relayed = tellDatagram(dhcp, discover(other, [192, 168, 1, 1]), ENDS);
  const unknown = tellDatagram(dhcp, discover(other), { ...ENDS, sourceMac: '' });
  assert.deepEqual([relayed.rules(), unknown.rules()], [[], []]);
});

/** What is reported at each message, so many seconds apart. */
function rulesOf(seconds: number, messages: readonly Uint8Array[]): string[] {
  const memo = {};
  return messages.map((message, i) =>
    tellDatagram(dhcp, message, { ...ENDS, ts: `${1_795_000_000 + i * seconds}.5` }, memo)
      .rules()
      .join(),
  );
}

const asked = discover(DEVICE);
const took = discover(DEVICE, [0, 0, 0, 0], REQUEST);

test('a device that asks for an address four times and takes none is reported', () => {
  assert.deepEqual(rulesOf(8, [asked, asked, asked, asked, asked]), ['', '', '', 'AP-02', 'AP-02']);
});

test('one that requests what it was offered is none, however often it begins again', () => {
  const messages = [asked, asked, asked, took, asked, asked, asked, took];
  assert.deepEqual(rulesOf(8, messages).join(''), '');
});

test('one that asks in haste is reported once it has waited', () => {
  const messages = Array.from({ length: 7 }, () => asked);
  assert.deepEqual(rulesOf(2, messages), ['', '', '', '', '', 'AP-02', 'AP-02']);
});
