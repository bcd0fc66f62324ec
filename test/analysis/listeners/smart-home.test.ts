// Local protocols of smart-home devices through their listeners: what anyone on the network can read of them.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import { coap } from '../../../appliance/analysis/inspect/protocols/coap.ts';
import { telnet } from '../../../appliance/analysis/inspect/protocols/logins/login.ts';
import { ssdp, tftp } from '../../../appliance/analysis/inspect/protocols/network-services.ts';
import { ssh, wireguard } from '../../../appliance/analysis/inspect/protocols/secure-channel.ts';
import { kasa, kasaControl, miio, tuya } from '../../../appliance/analysis/inspect/protocols/smart-home.ts';
import { be16, be32, noise, wire } from '../../decode/fixture.ts';
import { DEVICE, RecordedStream, tellDatagram } from '../recording.ts';

function kasaScramble(text: string): Uint8Array {
  let key = 171;
  return Uint8Array.from(Buffer.from(text), (byte) => {
    key ^= byte;
    return key;
  });
}

const SYSINFO =
  '{"system":{"get_sysinfo":{"alias":"Kitchen","model":"HS110(EU)","latitude":52.1601,"longitude":4.497,"err_code":0}}}';

test('a Kasa plug reports its name, model and position to everyone; the finding holds no position', () => {
  const stream = new RecordedStream(kasaControl, {
    sourcePort: 40000,
    destinationPort: 9999,
    destinationIp: '10.10.10.9',
    destinationMac: DEVICE,
  });
  const answer = kasaScramble(SYSINFO);
  stream.send(0, wire(be32(29), kasaScramble('{"system":{"get_sysinfo":{}}}')));
  stream.send(1, wire(be32(answer.length), answer), 7);
  assert.deepEqual(stream.facts.rules(), ['CLR-07', 'PII-05']);
  assert.deepEqual(stream.facts.traits, [`${DEVICE} kasa_alias Kitchen`, `${DEVICE} kasa_model HS110(EU)`]);
  assert.ok(!JSON.stringify(stream.facts.findings).includes('52.1601'));
  assert.deepEqual(stream.facts.unpackedTexts.at(-1), `xor: ${SYSINFO}`);
});

test('an app that asks for Kasa plugs is no finding', () => {
  const facts = tellDatagram(kasa, kasaScramble('{"system":{"get_sysinfo":{}}}'), {
    sourcePort: 40000,
    destinationPort: 9999,
  });
  assert.deepEqual([facts.services, facts.rules()], [['kasa grammar'], []]);
});

test('a Tuya broadcast gives away the device identifier, which leaves only as a pseudonym', () => {
  const id = 'bf1234567890abcdefghij';
  const cipher = createCipheriv('aes-128-ecb', createHash('md5').update('yGAdlopoPVldABfn').digest(), null);
  const sealed = Buffer.concat([cipher.update(`{"ip":"10.0.0.5","gwId":"${id}"}`), cipher.final()]);
  const bytes = wire(
    be32(0x55aa),
    be32(0),
    be32(0x13),
    be32(sealed.length + 12),
    be32(0),
    sealed,
    be32(0),
    be32(0xaa55),
  );
  const facts = tellDatagram(tuya, bytes, { destinationPort: 6667 });
  assert.deepEqual(facts.rules(), ['CLR-07', 'PII-02']);
  assert.ok(!JSON.stringify([facts.findings, facts.traits]).includes(id));
});

test('a miIO answer with its token in the clear is a credential given away', () => {
  const hello = wire(be16(0x2131), be16(32), be32(0), be32(0x0a1b2c3d), be32(99), noise(16));
  assert.deepEqual(tellDatagram(miio, hello, { sourcePort: 54321 }).rules(), ['CRED-13']);
  assert.deepEqual(tellDatagram(miio, hello, { destinationPort: 54321 }).rules(), []);
});

test('CoAP, TFTP and SSDP report path, file and product', () => {
  const get = wire(0x40, 1, be16(7), 0xb3, 'oic', 0x03, 'res');
  assert.deepEqual(tellDatagram(coap, get, { destinationPort: 5683 }).counts['coap.paths'], { '/oic/res': 1 });
  const read = wire(be16(1), 'update.sh', 0, 'octet', 0);
  assert.deepEqual(tellDatagram(tftp, read, { destinationPort: 69 }).rules(), ['CLR-08']);
  const notify = wire('NOTIFY * HTTP/1.1\r\nNT: urn:Belkin:device:insight:1\r\nSERVER: Unspecified\r\n\r\n');
  assert.deepEqual(tellDatagram(ssdp, notify).traits, [
    `${DEVICE} ssdp_server Unspecified`,
    `${DEVICE} ssdp_device urn:Belkin:device:insight:1`,
  ]);
});

/** RFC 4253 §6, §7.1: length, padding, number 20, cookie, the first list. */
const KEXINIT = wire(be32(60), 4, 20, noise(16), be32(17), 'curve25519-sha256', noise(22));

test('SSH and a WireGuard handshake are proof of encryption, a line of SSH alone is none', () => {
  const stream = new RecordedStream(ssh, { destinationPort: 22 });
  stream.send(0, wire('SSH-2.0-dropbear_2019.78\r\n'), 4);
  assert.deepEqual(stream.facts.marks, ['clear:ssh']);
  stream.send(0, wire('this is text of the maker, and no SSH at all'));
  assert.deepEqual(stream.facts.marks, ['clear:ssh']);
  stream.send(0, KEXINIT);
  assert.deepEqual(stream.facts.marks, ['clear:ssh', 'encrypted:ssh']);
  assert.deepEqual(tellDatagram(wireguard, wire([1, 0, 0, 0], noise(144))).marks, ['encrypted:wireguard']);
});

test('ciphertext on the Telnet port is not Telnet', () => {
  const stream = new RecordedStream(telnet, { destinationPort: 23 });
  stream.send(0, wire([22, 3, 1, 0, 200], noise(200)));
  assert.deepEqual(stream.facts.services, []);
});
