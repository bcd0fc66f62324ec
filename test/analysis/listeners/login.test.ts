// Logins typed in the clear, and what must never be reported of them: the values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamListener } from '../../../appliance/analysis/inspect/facts.ts';
import { ftp, pop3, smtp, telnet } from '../../../appliance/analysis/inspect/protocols/logins/login.ts';
import { mqtt } from '../../../appliance/analysis/inspect/protocols/mqtt.ts';
import { rtsp } from '../../../appliance/analysis/inspect/protocols/rtsp.ts';
import { clientHelloBody, handshake, record } from '../../decode/client-hello.ts';
import { be16, vector8, vector16, wire } from '../../decode/fixture.ts';
import { RecordedStream } from '../recording.ts';

const USER = 'jane.roe';
const PASSWORD = 'Tr0ut-Ladder!7';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Turns of a conversation: `>` from the client, `<` from the server. */
function talk(listener: StreamListener, port: number, turns: readonly string[]): RecordedStream {
  const stream = new RecordedStream(listener, { destinationPort: port });
  for (const turn of turns) stream.send(turn.startsWith('>') ? 0 : 1, wire(turn.slice(1)), 3);
  return stream;
}

function assertTold(stream: RecordedStream, rules: readonly string[]): void {
  assert.deepEqual(stream.facts.rules(), rules);
  const reported = JSON.stringify(stream.facts);
  for (const value of [USER, PASSWORD, base64(PASSWORD)]) assert.ok(!reported.includes(value), `${value} was reported`);
}

test('an FTP login is found and masked', () => {
  assertTold(talk(ftp, 21, ['<220 ready\r\n', `>USER ${USER}\r\n`, '<331 password\r\n', `>PASS ${PASSWORD}\r\n`]), [
    'CRED-08',
  ]);
});

test('a POP3 login is found and masked', () => {
  assertTold(talk(pop3, 110, ['<+OK ready\r\n', `>USER ${USER}\r\n`, '<+OK\r\n', `>PASS ${PASSWORD}\r\n`]), [
    'CRED-10',
  ]);
});

test('mail logins PLAIN and LOGIN are found and masked', () => {
  const plain = base64(`\0${USER}\0${PASSWORD}`);
  assertTold(talk(smtp, 25, ['<220 hi\r\n', '>EHLO x\r\n', '<250 AUTH\r\n', `>AUTH PLAIN ${plain}\r\n`]), ['CRED-10']);
  const login = [
    '>AUTH LOGIN\r\n',
    '<334 VXNlcg==\r\n',
    `>${base64(USER)}\r\n`,
    '<334 UGFzcw==\r\n',
    `>${base64(PASSWORD)}\r\n`,
  ];
  assertTold(talk(smtp, 25, ['<220 hi\r\n', '>EHLO x\r\n', ...login]), ['CRED-10']);
});

test('after STARTTLS mail is TLS, and its server name is reported', () => {
  const stream = talk(smtp, 587, ['<220 hi\r\n', '>EHLO x\r\n', '<250 STARTTLS\r\n', '>STARTTLS\r\n', '<220 go\r\n']);
  stream.send(0, record(22, 0x0301, handshake(1, clientHelloBody('mail.example.com'))));
  assert.deepEqual(stream.facts.counts['tls.sni'], { 'mail.example.com': 1 });
  assert.ok(stream.facts.marks.includes('upgraded:starttls'));
});

test('a Telnet login typed letter by letter is found and masked', () => {
  const turns = [
    '<login: ',
    ...`${USER}\r\n`.split('').map((c) => `>${c}`),
    '<Password: ',
    ...`${PASSWORD}\r\n`.split('').map((c) => `>${c}`),
  ];
  assertTold(talk(telnet, 23, turns), ['CLR-06', 'CRED-07']);
});

test('RTSP credentials in the header and in the address are found and masked', () => {
  const header = `>DESCRIBE rtsp://10.0.0.9/live RTSP/1.0\r\nAuthorization: Basic ${base64(`${USER}:${PASSWORD}`)}\r\n\r\n`;
  assertTold(talk(rtsp, 554, [header]), ['CRED-09']);
  assertTold(talk(rtsp, 554, [`>OPTIONS rtsp://${USER}:${PASSWORD}@10.0.0.9/live RTSP/1.0\r\n\r\n`]), ['CRED-09']);
});

test('an MQTT login and a message with a position are found and masked', () => {
  const stream = new RecordedStream(mqtt, { destinationPort: 1883 });
  const connect = vector8(
    vector16('MQTT'),
    4,
    0xc2,
    be16(60),
    vector16('bf5d4c0a7e21weirplug'),
    vector16(USER),
    vector16(PASSWORD),
  );
  const publish = vector8(vector16('home/bf5d4c0a7e21weirplug/state'), '{"lat":"52.160114","lon":"4.497010"}');
  stream.send(0, wire(0x10, connect, 0x30, publish), 5);
  assertTold(stream, ['CLR-04', 'CRED-06', 'PII-05']);
  assert.deepEqual(stream.facts.counts['mqtt.topics'], { 'home/{…}/state': 1 });
  assert.deepEqual(stream.facts.counts['mqtt.client_ids'], { 'bf…(20)': 1 });
});
