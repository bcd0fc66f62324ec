// RTSP, SSDP and the logins: protocols of lines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeSaslPlain,
  isTelnetNegotiation,
  lineAt,
  parseCommand,
  replyCode,
  telnetText,
} from '../../appliance/decode/protocols/login.ts';
import { decodeRtsp, interleavedBytes } from '../../appliance/decode/protocols/rtsp.ts';
import { decodeSsdp } from '../../appliance/decode/protocols/ssdp.ts';
import { be16, behavesOnHostileBytes, wire } from './fixture.ts';

const describe = wire('DESCRIBE rtsp://10.0.0.9/live RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: app\r\n\r\n');

test('an RTSP request reports method and target, an HTTP request is none', () => {
  const head = decodeRtsp(describe, 0, describe.length);
  assert.deepEqual([head?.method, head?.target], ['DESCRIBE', 'rtsp://10.0.0.9/live']);
  const http = wire('OPTIONS / HTTP/1.1\r\n\r\n');
  assert.equal(decodeRtsp(http, 0, http.length), undefined);
});

test('an interleaved frame has the length that its header says', () => {
  const frame = wire('$', 0, be16(1200));
  assert.equal(interleavedBytes(frame, 0, frame.length), 1204);
});

const notify = wire(
  'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n',
  'LOCATION: http://10.0.0.2/d.xml\r\nSERVER: Linux UPnP/1.0 IpBridge/1.9\r\nUSN: uuid:1\r\n\r\n',
);

test('an SSDP announcement reports what is offered and by which software', () => {
  const facts = decodeSsdp(notify, 0, notify.length);
  assert.deepEqual(
    [facts?.kind, facts?.target, facts?.server],
    ['notify', 'upnp:rootdevice', 'Linux UPnP/1.0 IpBridge/1.9'],
  );
});

test('commands, replies and lines of mail and file logins are distinguished', () => {
  const bytes = wire('PASS hunter 2\r\nnext');
  const line = lineAt(bytes, 0, bytes.length);
  assert.deepEqual([line?.lineBytes, parseCommand(line?.text ?? '')], [15, { verb: 'PASS', argument: 'hunter 2' }]);
  assert.deepEqual(['220 ready', '220-more', '22 no', 'USER 1'].map(replyCode), [220, 220, 0, 0]);
  assert.equal(lineAt(bytes, 15, bytes.length), undefined);
});

test('SASL PLAIN holds an identity, a user and a password', () => {
  const encoded = Buffer.from('\0jane\0pw').toString('base64');
  assert.deepEqual(decodeSaslPlain(encoded), { user: 'jane', password: 'pw' });
  assert.equal(decodeSaslPlain('bm8='), undefined);
});

test('Telnet negotiation and editing leave what a person sees', () => {
  // IAC WILL ECHO, IAC SB NAWS 0 80 0 24 IAC SE, then text with a backspace.
  const bytes = wire([255, 251, 1], [255, 250, 31, 0, 80, 0, 24, 255, 240], 'loginx\bok', 13, 10);
  assert.equal(isTelnetNegotiation(bytes, 0, bytes.length), true);
  assert.equal(telnetText(bytes, 0, bytes.length).trimEnd(), 'loginok');
});

behavesOnHostileBytes('RTSP', decodeRtsp, describe);
behavesOnHostileBytes('SSDP', decodeSsdp, notify);
behavesOnHostileBytes('Telnet', telnetText, wire([255, 251, 1], [255, 250, 31, 0, 80, 255, 240], 'login: '));
behavesOnHostileBytes('a line', lineAt, wire('USER jane\r\n'));
