// Kind B in services that few devices log in to in the clear: LDAP, AMQP, Redis, IRC, XMPP, NNTP, SIP. Messages made by their RFCs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';
import { wire } from '../decode/fixture.ts';
import { framesDocument } from './case-document.ts';

const SECRET = 'geheimwort-4711';
const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const HUB: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 389 };

type Line = readonly [0 | 1, string];

function talk(port: number, lines: readonly Line[], piece = 1400) {
  const messages = lines.flatMap(([direction, text]) => {
    const bytes = wire(text);
    return Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) => {
      return [direction, bytes.subarray(i * piece, (i + 1) * piece)] as const;
    });
  });
  return framesDocument(connection(CAM, { ...HUB, port }, messages));
}

const byte = (value: number): string => String.fromCharCode(value);
const ber = (tag: number, content: string): string => byte(tag) + byte(content.length) + content;
const four = (length: number): string => `\0\0${byte(length >> 8)}${byte(length & 255)}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PLAIN = `\0anna\0${SECRET}`;

const bind = (secret: string, id = '\x01'): string =>
  ber(0x30, ber(2, id) + ber(0x60, ber(2, '\x03') + ber(4, 'cn=anna,dc=home') + secret));
const BOUND: Line = [1, ber(0x30, ber(2, '\x01') + ber(0x61, '\x0a\x01\0\x04\0\x04\0'))];
const SEARCH: Line = [0, ber(0x30, ber(2, '\x02') + ber(0x63, `${ber(4, 'dc=home')}\x0a\x01\x02`))];

const frame = (kind: number, payload: string): string => `${byte(kind)}\0\0${four(payload.length)}${payload}\xce`;
const startOk = (mechanism: string, answer: string): string =>
  frame(1, `\0\x0a\0\x0b${four(0)}${byte(mechanism.length)}${mechanism}${four(answer.length)}${answer}\x05en_US`);
const AMQP: Line = [0, 'AMQP\0\0\x09\x01'];
const START: Line = [1, frame(1, `\0\x0a\0\x0a\0\x09${four(0)}${four(14)}PLAIN AMQPLAIN${four(5)}en_US`)];
const long = (name: string, text: string): string => `${byte(name.length)}${name}S${four(text.length)}${text}`;
const init = `\0SA\xc0${byte(3 + 5 + PLAIN.length + 2)}\x02\xa3\x05PLAIN\xa0${byte(PLAIN.length)}${PLAIN}`;

const LOGINS: readonly (readonly [name: string, service: string, port: number, lines: readonly Line[]])[] = [
  ['LDAP, simple bind', 'LDAP', 389, [[0, bind(ber(0x80, SECRET))], BOUND]],
  ['LDAP, SASL PLAIN', 'LDAP', 389, [[0, bind(ber(0xa3, ber(4, 'PLAIN') + ber(4, PLAIN)))], BOUND]],
  [
    'LDAP, a bind behind a search',
    'LDAP',
    389,
    [[0, bind(ber(0x80, ''))], BOUND, SEARCH, [0, bind(ber(0x80, SECRET))]],
  ],
  ['AMQP 0-9-1, PLAIN', 'AMQP', 5672, [AMQP, START, [0, startOk('PLAIN', PLAIN)]]],
  [
    'AMQP 0-9-1, AMQPLAIN',
    'AMQP',
    5672,
    [AMQP, START, [0, startOk('AMQPLAIN', long('LOGIN', 'anna') + long('PASSWORD', SECRET))]],
  ],
  [
    'AMQP 1.0, PLAIN',
    'AMQP',
    5672,
    [
      [0, 'AMQP\x03\x01\0\0'],
      [1, 'AMQP\x03\x01\0\0'],
      [0, `${four(8 + init.length)}\x02\x01\0\0${init}`],
    ],
  ],
  ['Redis, AUTH', 'Redis', 6379, [[0, `*2\r\n$4\r\nAUTH\r\n$15\r\n${SECRET}\r\n*1\r\n$4\r\nPING\r\n`]]],
  ['Redis, AUTH with a user', 'Redis', 6380, [[0, `*3\r\n$4\r\nauth\r\n$4\r\nanna\r\n$15\r\n${SECRET}\r\n`]]],
  [
    'Redis, HELLO',
    'Redis',
    6379,
    [[0, `*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$15\r\n${SECRET}\r\n`]],
  ],
  ['Redis, typed', 'Redis', 6379, [[0, `AUTH ${SECRET}\r\n`]]],
  ['IRC', 'IRC', 6667, [[0, `PASS ${SECRET}\r\nNICK anna\r\nUSER anna 0 * :m\r\n`]]],
  [
    'IRC with capabilities first',
    'IRC',
    7000,
    [
      [0, `CAP LS 302\r\nPASS :${SECRET}\r\n`],
      [0, 'CAP REQ :sasl\r\nNICK anna\r\n'],
    ],
  ],
  [
    'XMPP',
    'XMPP',
    5222,
    [[0, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${base64(PLAIN)}</auth>`]],
  ],
  [
    'XMPP, SASL 2',
    'XMPP',
    15_222,
    [
      [
        0,
        `<authenticate xmlns="urn:xmpp:sasl:2" mechanism="PLAIN"><initial-response>${base64(PLAIN)}</initial-response>`,
      ],
    ],
  ],
  [
    'NNTP',
    'NNTP',
    119,
    [
      [1, '200 ready\r\n'],
      [0, 'AUTHINFO USER anna\r\n'],
      [1, '381 more\r\n'],
      [0, `AUTHINFO PASS ${SECRET}\r\n`],
    ],
  ],
  [
    'FTP on a port of its own',
    'FTP or POP3',
    7021,
    [
      [1, '220 camera ready\r\n'],
      [0, 'USER anna\r\n'],
      [1, '331 password\r\n'],
      [0, `PASS ${SECRET}\r\n`],
    ],
  ],
  [
    'SMTP on a port of its own',
    'SMTP or POP3',
    7025,
    [
      [0, 'EHLO cam.example\r\n'],
      [0, `AUTH PLAIN ${base64(PLAIN)}\r\n`],
    ],
  ],
];

for (const [name, service, port, lines] of LOGINS) {
  test(`a login in the clear: ${name}`, () => {
    const document = talk(port, lines);
    const found = document.findings.filter(({ rule }) => rule === 'CRED-15');
    assert.deepEqual(
      found.map(({ count }) => count),
      [1],
    );
    assert.match(
      found[0]!.excerpt_masked,
      new RegExp(`^${service} 45\\.33\\.32\\.156:${port}: .*password ge…\\(15\\)$`),
    );
    assert.ok(!JSON.stringify(document).includes(SECRET));
    assert.equal(document.conversations[0]!.verdict, 'cleartext');
  });
}

for (const [name, , port, lines] of LOGINS.filter(([, , port]) => port === 389 || port === 5672)) {
  test(`${name}, the login in two segments`, () => {
    const last = lines.findLastIndex(([direction]) => direction === 0);
    const login = lines[last]![1];
    const cut = login.length - 6;
    const document = talk(port, [...lines.slice(0, last), [0, login.slice(0, cut)], [0, login.slice(cut)]]);
    assert.equal(document.findings.filter(({ rule }) => rule === 'CRED-15').length, 1);
  });
}

test('what only looks like a login is none', () => {
  for (const [port, text] of [
    [389, bind(ber(0x80, ''))],
    [7777, 'AUTHORIZED PERSONS ONLY\r\nPASS THE SALT\r\n'],
    [7777, 'AUTH LOGIN\r\n'],
    [6667, 'NICK anna\r\nUSER anna 0 * :PASS x\r\n'],
    [5672, 'AMQP is a protocol of which many speak\r\n'],
  ] as const) {
    const { findings } = talk(port, [[0, text]]);
    assert.deepEqual(
      findings.filter(({ rule }) => rule === 'CRED-15'),
      [],
      text,
    );
  }
});

test('of a client that begins otherwise nothing is kept: a later word is no login', () => {
  const lines: Line[] = [
    [0, 'temperature 21.5 degrees\r\n'],
    [0, `USER anna\r\nPASS ${SECRET}\r\n`],
  ];
  assert.deepEqual(
    talk(7777, lines).findings.filter(({ rule }) => rule === 'CRED-15'),
    [],
  );
});

test('lengths that lie are passed by: no login, no error', () => {
  const whole = bind(ber(0x80, SECRET));
  for (let at = 0; at < whole.length - SECRET.length; at++) {
    for (const wrong of ['\0', '\x84', '\xff']) {
      const document = talk(389, [[0, whole.slice(0, at) + wrong + whole.slice(at + 1)]]);
      assert.equal(document.conversations.length, 1);
    }
  }
});

test('SIP Digest is a login that can be guessed offline, as in HTTP', () => {
  const request = [
    'REGISTER sip:home.example SIP/2.0',
    'Via: SIP/2.0/TCP 192.168.77.20',
    'Authorization: Digest username="anna", realm="home", nonce="abc", response="0123456789abcdef0123456789abcdef"',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const { findings } = talk(5060, [[0, request]]);
  assert.deepEqual(
    findings.map(({ rule }) => rule).filter((rule) => rule.startsWith('CRED')),
    ['CRED-03'],
  );
});

test('LDAP goes on in TLS: the name of the server is read', () => {
  const ask = ber(0x30, ber(2, '\x01') + ber(0x77, ber(0x80, '1.3.6.1.4.1.1466.20037')));
  const agree = ber(0x30, ber(2, '\x01') + ber(0x78, '\x0a\x01\0\x04\0\x04\0'));
  const hello = record(22, 0x0301, handshake(1, clientHelloBody('ldap.example')));
  const { tls } = framesDocument(
    connection(CAM, HUB, [
      [0, wire(ask)],
      [1, wire(agree)],
      [0, hello],
    ]),
  );
  assert.deepEqual({ ...tls.sni }, { 'ldap.example': 1 });
});
