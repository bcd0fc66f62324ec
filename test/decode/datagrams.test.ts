// CoAP, NTP, STUN, TFTP, miIO, LIFX and the secure channels: one datagram each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCoap } from '../../appliance/decode/protocols/coap.ts';
import { decodeNtp } from '../../appliance/decode/protocols/ntp.ts';
import { decodeIke, decodeSsh, decodeWireguard } from '../../appliance/decode/protocols/secure-channel.ts';
import { decodeLifx } from '../../appliance/decode/protocols/smart-home/lifx.ts';
import { decodeMiio } from '../../appliance/decode/protocols/smart-home/miio.ts';
import { decodeStun } from '../../appliance/decode/protocols/stun.ts';
import { decodeTftp } from '../../appliance/decode/protocols/tftp.ts';
import { be16, be32, behavesOnHostileBytes, noise, wire } from './fixture.ts';

const coapGet = wire(
  0x52, // version 1, non-confirmable, token of 2
  0x02, // POST
  be16(7), // message id
  [0xaa, 0xbb], // token
  0xb3,
  'oic', // Uri-Path (11)
  0x03,
  'res', // Uri-Path again
  0x44,
  'rt=x', // Uri-Query (15)
  0xff,
  '{"a":1}', // payload
);

test('CoAP yields method, path, query and where the payload lies', () => {
  const facts = decodeCoap(coapGet, 0, coapGet.length);
  assert.deepEqual(
    [facts?.code, facts?.path, facts?.query, facts?.payloadFrom],
    ['POST', '/oic/res', ['rt=x'], coapGet.length - 7],
  );
  assert.equal(decodeCoap(wire(0x60, 0x45, be16(7)), 0, 4)?.code, '2.05');
});

test('options beyond those that are noted hide no payload', () => {
  const paths = Array.from({ length: 200 }, (_, i) => [i === 0 ? 0xb1 : 0x01, 0x61]).flat();
  const datagram = wire(0x50, 0x02, be16(7), paths, 0xff, 'password=secret');
  const facts = decodeCoap(datagram, 0, datagram.length);
  assert.deepEqual(
    [facts?.path, facts?.truncated, facts?.payloadFrom],
    ['/a'.repeat(64), true, datagram.length - 'password=secret'.length],
  );
});

test('a token longer than eight or another version is not CoAP', () => {
  assert.equal(decodeCoap(wire(0x59, 1, be16(7), new Uint8Array(20)), 0, 24), undefined);
  assert.equal(decodeCoap(wire(0x92, 1, be16(7), new Uint8Array(20)), 0, 24), undefined);
});

const ntpServer = wire(0x24, 1, 6, 0xe9, new Uint8Array(8), 'GPS', 0, new Uint8Array(32)); // v4 server, stratum 1

test('an NTP answer of stratum 1 names its clock', () => {
  assert.deepEqual(decodeNtp(ntpServer, 0, ntpServer.length), {
    version: 4,
    mode: 'server',
    stratum: 1,
    reference: 'GPS',
  });
  assert.equal(decodeNtp(ntpServer, 0, 40), undefined);
});

const stunRequest = wire(
  be16(0x0001),
  be16(12),
  be32(0x2112a442),
  new Uint8Array(12),
  be16(0x8022),
  be16(5),
  'weir1',
  [0, 0, 0],
);

test('a STUN request reports its software; a length that does not fit is not STUN', () => {
  const facts = decodeStun(stunRequest, 0, stunRequest.length);
  assert.deepEqual([facts?.kind, facts?.software, facts?.classic], ['request', 'weir1', false]);
  assert.equal(decodeStun(stunRequest, 0, stunRequest.length - 4), undefined);
});

const tftpRead = wire(be16(1), 'boot/firmware.bin', 0, 'octet', 0);

test('a TFTP request reports its file', () => {
  assert.deepEqual(decodeTftp(tftpRead, 0, tftpRead.length), {
    kind: 'read',
    file: 'boot/firmware.bin',
    mode: 'octet',
  });
});

const hello = wire(be16(0x2131), be16(32), be32(0), be32(0x0a1b2c3d), be32(99), noise(16));

test('a miIO answer to a hello reports the device number, and that it shows its token', () => {
  assert.deepEqual(decodeMiio(hello, 0, hello.length), {
    magic: '2131',
    deviceId: '0a1b2c3d',
    hello: true,
    tokenShown: true,
  });
  const asked = wire(be16(0x2131), be16(32), new Uint8Array(28).fill(255));
  assert.deepEqual(decodeMiio(asked, 0, 32), { magic: '2131', deviceId: '', hello: true, tokenShown: false });
});

const lifxLabel = wire(
  [68, 0], // size, least significant byte first
  [0x00, 0x14], // protocol 1024, addressable
  be32(2), // source
  [0xd0, 0x73, 0xd5, 0x01, 0x02, 0x03, 0, 0], // target
  new Uint8Array(16),
  [25, 0], // StateLabel
  be16(0),
  'Bedroom',
  new Uint8Array(25),
);

test('a LIFX label reports bulb and name', () => {
  assert.deepEqual(decodeLifx(lifxLabel, 0, lifxLabel.length), {
    type: 25,
    target: 'd0:73:d5:01:02:03',
    label: 'Bedroom',
  });
});

test('SSH, WireGuard and IKE are known by their grammar', () => {
  const ssh = wire('SSH-2.0-dropbear_2019.78 x\r\n');
  assert.deepEqual(decodeSsh(ssh, 0, ssh.length), { software: 'dropbear_2019.78', lineBytes: 28 });
  assert.equal(decodeWireguard(wire([1, 0, 0, 0], noise(144)), 0, 148), 'initiation');
  assert.equal(decodeWireguard(wire([1, 0, 0, 0], noise(140)), 0, 144), undefined);
  const ike = wire(noise(8), new Uint8Array(8), [33, 0x20, 34, 8], be32(0), be32(28)); // SA_INIT
  assert.deepEqual(decodeIke(ike, 0, 28), { major: 2, exchange: 34, natTraversal: false });
  assert.equal(decodeIke(ike, 0, 27), undefined);
});

behavesOnHostileBytes('CoAP', decodeCoap, coapGet);
behavesOnHostileBytes('NTP', decodeNtp, ntpServer);
behavesOnHostileBytes('STUN', decodeStun, stunRequest);
behavesOnHostileBytes('TFTP', decodeTftp, tftpRead);
behavesOnHostileBytes('miIO', decodeMiio, hello);
behavesOnHostileBytes('LIFX', decodeLifx, lifxLabel);
behavesOnHostileBytes('SSH', decodeSsh, wire('SSH-2.0-OpenSSH_9.2p1 Debian\r\n'));
behavesOnHostileBytes('WireGuard', decodeWireguard, wire([2, 0, 0, 0], noise(88)));
behavesOnHostileBytes(
  'IKE',
  decodeIke,
  wire(new Uint8Array(4), noise(8), new Uint8Array(8), [33, 0x20, 34, 8], be32(0), be32(28)),
);
