import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDhcp } from '../../appliance/decode/protocols/dhcp.ts';
import { decodeDhcp6 } from '../../appliance/decode/protocols/dhcp6.ts';
import { be16, be32, behavesOnHostileBytes, labels, vector8, vector16, wire } from './fixture.ts';

const request = wire(
  [1, 1, 6, 0], // BOOTREQUEST, Ethernet, address length, hops
  be32(0xcafe0001), // transaction
  be16(0),
  be16(0x8000), // broadcast flag
  new Uint8Array(16), // ciaddr, yiaddr, siaddr, giaddr
  [0x00, 0x17, 0x88, 0x24, 0x76, 0xff],
  new Uint8Array(10), // rest of chaddr
  new Uint8Array(192), // sname, file
  be32(0x63825363), // cookie, RFC 2132 §2
  [53, 1, 3], // message: request
  [50, 4, 10, 10, 10, 6], // requested address
  12,
  vector8('Philips-hue'),
  60,
  vector8('udhcp 1.19.4'),
  55,
  vector8([1, 3, 6, 12, 15, 28, 42]),
  61,
  vector8([1, 0x00, 0x17, 0x88, 0x24, 0x76, 0xff]),
  161,
  vector8('https://example.com/hue.json'),
  [0, 0, 255], // padding, end
);

test('a request reports host name, vendor class, parameter list, client id and MUD URL', () => {
  const facts = decodeDhcp(request, 0, request.length);
  assert.deepEqual(
    [facts?.message, facts?.hostname, facts?.vendorClass, facts?.paramRequest, facts?.clientId, facts?.mudUrl],
    ['request', 'Philips-hue', 'udhcp 1.19.4', '1,3,6,12,15,28,42', '010017882476ff', 'https://example.com/hue.json'],
  );
});

test('an unset address field is missing, not 0.0.0.0', () => {
  const facts = decodeDhcp(request, 0, request.length);
  assert.deepEqual([facts?.clientIp, facts?.requestedIp], [undefined, '10.10.10.6']);
});

/** A discover whose option field is `options`, with what the fields for file and server name hold. */
function overloaded(options: readonly Uint8Array[], file: Uint8Array, sname: Uint8Array): Uint8Array {
  const bytes = wire(request.subarray(0, 240), [53, 1, 1], ...options, 255);
  bytes.set(file, 108);
  bytes.set(sname, 44);
  return bytes;
}

const HOST = wire(12, vector8('cam-overload'), 255);
const VENDOR = wire(60, vector8('IPCAM 2.1'), 255);

for (const [overload, hostname, vendorClass] of [
  [1, undefined, 'IPCAM 2.1'],
  [2, 'cam-overload', undefined],
  [3, 'cam-overload', 'IPCAM 2.1'],
  [0, undefined, undefined],
] as const) {
  test(`overload ${overload}: only the fields that it names hold options`, () => {
    const bytes = overloaded([wire(52, vector8(overload))], VENDOR, HOST);
    const facts = decodeDhcp(bytes, 0, bytes.length);
    assert.deepEqual([facts?.hostname, facts?.vendorClass], [hostname, vendorClass]);
  });
}

test('a long option goes on where its code is repeated, in the option field and in the file field', () => {
  const url = `https://maker.example/${'a'.repeat(180)}/${'b'.repeat(100)}.json`;
  const pieces = [url.slice(0, 100), url.slice(100, 201), url.slice(201)];
  const [first, second, third] = pieces.map((piece) => wire(161, vector8(piece)));
  const bytes = overloaded([first!, wire(52, vector8(1)), second!], wire(third!, 255), wire());
  assert.equal(decodeDhcp(bytes, 0, bytes.length)?.mudUrl, url.slice(0, 256));
  const plain = overloaded([first!, wire(12, vector8('cam')), second!, third!], wire(), wire());
  assert.equal(decodeDhcp(plain, 0, plain.length)?.mudUrl, url.slice(0, 256));
});

test('without its end option a message is truncated', () => {
  assert.equal(decodeDhcp(request, 0, request.length - 1)?.truncated, true);
});

test('without the cookie it is not DHCP', () => {
  const bytes = request.slice();
  bytes[236] = 0;
  assert.equal(decodeDhcp(bytes, 0, bytes.length), undefined);
});

behavesOnHostileBytes('DHCP', decodeDhcp, request);

const solicit = wire(
  [1, 0xaa, 0xbb, 0xcc], // SOLICIT, transaction
  be16(1),
  vector16(be16(3), be16(1), [2, 0, 0, 0, 0, 9]), // client id: DUID-LL, Ethernet
  be16(39),
  vector16(0, labels('lamp.home')), // FQDN with flags
  be16(16),
  vector16(be32(311), vector16('MSFT 5.0')), // vendor class of enterprise 311
  be16(6),
  vector16(be16(23), be16(24)), // option request: DNS servers, search list
);

test('a DHCPv6 solicit reports its MAC, name, vendor class and options', () => {
  const facts = decodeDhcp6(solicit, 0, solicit.length);
  assert.deepEqual(
    [facts?.clientMac, facts?.fqdn, facts?.vendorClass, facts?.optionRequest, facts?.truncated],
    ['02:00:00:00:00:09', 'lamp.home', 'MSFT 5.0', '23,24', false],
  );
});

behavesOnHostileBytes('DHCPv6', decodeDhcp6, solicit);
