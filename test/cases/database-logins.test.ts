// Kind B in databases and SNMP: PostgreSQL, MySQL, communities. Messages made by the protocols' documents.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, type Endpoint, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';
import { wire } from '../decode/fixture.ts';
import { framesDocument } from './case-document.ts';

const SECRET = 'geheimwort-4711';
const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const HUB: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 5432 };

type Line = readonly [0 | 1, string];

const talk = (port: number, lines: readonly Line[]) =>
  framesDocument(
    connection(
      CAM,
      { ...HUB, port },
      lines.map(([direction, text]) => [direction, wire(text)] as const),
    ),
  );

const byte = (value: number): string => String.fromCharCode(value);
const four = (value: number): string => `\0\0${byte(value >> 8)}${byte(value & 255)}`;

const SSL_REQUEST: Line = [0, '\0\0\0\x08\x04\xd2\x16\x2f'];
const startup = (rest = 'user\0anna\0database\0home\0\0'): Line => [0, `${four(8 + rest.length)}\0\x03\0\0${rest}`];
const asks = (kind: number, salt = ''): Line => [1, `R${four(8 + salt.length)}${four(kind)}${salt}`];
const password = (text: string): Line => [0, `p${four(5 + text.length)}${text}\0`];
const query = (text: string): Line => [0, `Q${four(5 + text.length)}${text}\0`];

const little = (value: number, octets: number): string =>
  Array.from({ length: octets }, (_, i) => byte((value >> (8 * i)) & 255)).join('');
const packet = (number: number, content: string): string => little(content.length, 3) + byte(number) + content;
const GREETING: Line = [
  1,
  packet(
    0,
    `\x0a8.0.36\0${little(7, 4)}abcdefgh\0\xff\xf7\x21\x02\0\xff\xdf\x15${'\0'.repeat(10)}ijklmnopqrst\0mysql_native_password\0`,
  ),
];
const response = (method: string, answer: string, database = ''): Line => [
  0,
  packet(
    1,
    little(database === '' ? 0x88_200 : 0x88_208, 4) +
      little(1 << 24, 4) +
      `\x21${'\0'.repeat(23)}anna\0${byte(answer.length)}${answer}${database === '' ? '' : `${database}\0`}${method}\0`,
  ),
];
const HASH = 'ABCDEFGHIJKLMNOPQRST';
const switchTo = (method: string): Line => [1, packet(2, `\xfe${method}\0abcdefghijklmnopqrst\0`)];
const answer = (text: string): Line => [0, packet(3, text)];
const OK: Line = [1, packet(4, '\0\0\0\x02\0\0\0')];

const CLEAR: readonly (readonly [name: string, service: string, port: number, lines: readonly Line[]])[] = [
  ['PostgreSQL', 'PostgreSQL', 5432, [startup(), asks(3), password(SECRET), asks(0), query('select 1')]],
  [
    'PostgreSQL that refuses TLS, on another port',
    'PostgreSQL',
    6543,
    [SSL_REQUEST, [1, 'N'], startup(), asks(3), password(SECRET)],
  ],
  ['MySQL', 'MySQL', 3306, [GREETING, response('mysql_clear_password', `${SECRET}\0`), OK]],
  ['MySQL with a database', 'MySQL', 3307, [GREETING, response('mysql_clear_password', `${SECRET}\0`, 'home'), OK]],
  [
    'MySQL, another method',
    'MySQL',
    3306,
    [GREETING, response('mysql_native_password', HASH), switchTo('mysql_clear_password'), answer(`${SECRET}\0`), OK],
  ],
];

const rulesOf = (document: ReturnType<typeof talk>): string[] =>
  document.findings.map(({ rule }) => rule).filter((rule) => rule.startsWith('CRED'));

for (const [name, service, port, lines] of CLEAR) {
  test(`a password in the clear: ${name}`, () => {
    const document = talk(port, lines);
    const found = document.findings.filter(({ rule }) => rule === 'CRED-15');
    assert.deepEqual(
      found.map(({ excerpt_masked }) => excerpt_masked.replace(/^.*: /, '')),
      ['user …(4), password ge…(15)'],
    );
    assert.ok(found[0]!.excerpt_masked.startsWith(`${service} 45.33.32.156:${port}`));
    assert.ok(!JSON.stringify(document).includes(SECRET));
    assert.equal(document.conversations[0]!.verdict, 'cleartext');
    assert.equal(document.conversations[0]!.service, service.toLowerCase());
  });
  test(`${name}, the login in two segments`, () => {
    const last = lines.findIndex(([direction, text]) => direction === 0 && text.includes(SECRET));
    const login = lines[last]![1];
    const cut: Line[] = [
      [0, login.slice(0, -6)],
      [0, login.slice(-6)],
    ];
    const found = rulesOf(talk(port, [...lines.slice(0, last), ...cut, ...lines.slice(last + 1)]));
    assert.equal(found.filter((rule) => rule === 'CRED-15').length, 1);
  });
}

for (const [name, port, lines] of [
  ['PostgreSQL, MD5', 5432, [startup(), asks(5, 'salt'), password('md5d41d8cd98f00b204e9800998ecf8427e')]],
  ['MySQL, native', 3306, [GREETING, response('mysql_native_password', HASH), OK]],
  [
    'MySQL, after a switch',
    3306,
    [GREETING, response('caching_sha2_password', HASH), switchTo('mysql_native_password'), answer(HASH), OK],
  ],
] as const) {
  test(`a password that can be guessed offline: ${name}`, () => {
    assert.deepEqual([...new Set(rulesOf(talk(port, lines)))], ['CRED-03']);
  });
}

test('no password, no finding: SCRAM, trust, an empty one, TLS after the request', () => {
  const hello = Buffer.from(record(22, 0x0301, handshake(1, clientHelloBody('db.example')))).toString('latin1');
  for (const [port, lines] of [
    [5432, [startup(), asks(10, 'SCRAM-SHA-256\0\0'), password('SCRAM-SHA-256\0\0\0\0 n,,n=,r=abc')]],
    [5432, [startup(), asks(0), query('select 1')]],
    [3306, [GREETING, response('mysql_native_password', ''), OK]],
    [5432, [SSL_REQUEST, [1, 'S'], [0, hello]]],
    [5432, [password(SECRET)]],
    [3306, [response('mysql_clear_password', `${SECRET}\0`)]],
  ] as const) {
    assert.deepEqual(rulesOf(talk(port, lines)), [], JSON.stringify(lines));
  }
});

test('lengths that lie are passed by: no error, no secret', () => {
  for (const [, , port, lines] of CLEAR) {
    const last = lines.findLastIndex(([direction, text]) => direction === 0 && text.includes(SECRET));
    const whole = lines[last]![1];
    for (let at = 0; at < whole.length - SECRET.length - 1; at++) {
      for (const wrong of ['\0', '\x84', '\xff']) {
        const altered: Line = [0, whole.slice(0, at) + wrong + whole.slice(at + 1)];
        const document = talk(port, [...lines.slice(0, last), altered, ...lines.slice(last + 1)]);
        assert.equal(document.conversations.length, 1);
        assert.ok(!JSON.stringify(document).includes(SECRET));
      }
    }
  }
});

const ber = (tag: number, content: string): string => byte(tag) + byte(content.length) + content;
const get = ber(
  0xa0,
  ber(2, '\x07') + ber(2, '\0') + ber(2, '\0') + ber(0x30, ber(0x30, `${ber(6, '\x2b\x06')}\x05\0`)),
);
const snmp = (version: number, rest: string): string => ber(0x30, ber(2, byte(version)) + rest);
const header = (flags: number): string =>
  ber(0x30, ber(2, '\x07') + ber(2, '\x05\xdc') + ber(4, byte(flags)) + ber(2, '\x03')) +
  ber(4, 'usm') +
  ber(4, 'data');

function ask(port: number, text: string) {
  return framesDocument([udp(CAM, { ...HUB, port }, wire(text))]);
}

test('a community of SNMP is a password in every message', () => {
  for (const [version, port] of [
    [0, 161],
    [1, 161],
    [1, 1161],
  ] as const) {
    const document = ask(port, snmp(version, ber(4, SECRET) + get));
    assert.deepEqual(rulesOf(document), ['CRED-16']);
    assert.match(
      document.findings.find(({ rule }) => rule === 'CRED-16')!.excerpt_masked,
      /^SNMP 45\.33\.32\.156: ge…\(15\)$/,
    );
    assert.equal(document.conversations[0]!.service, 'snmp');
    assert.equal(document.conversations[0]!.verdict, 'cleartext');
    assert.ok(!JSON.stringify(document).includes(SECRET));
  }
  assert.deepEqual(rulesOf(ask(161, snmp(1, ber(4, 'public') + get))).toSorted(), ['CRED-12', 'CRED-16']);
});

test('SNMPv3 has no community; it is encrypted where its flags say so', () => {
  assert.deepEqual(rulesOf(ask(161, snmp(3, header(3)))), []);
  assert.equal(ask(161, snmp(3, header(3))).conversations[0]!.verdict, 'encrypted');
  assert.equal(ask(161, snmp(3, header(1))).conversations[0]!.verdict, 'cleartext');
});

test('what only begins like SNMP is none', () => {
  const whole = snmp(1, ber(4, SECRET) + get);
  for (const text of [
    whole.slice(0, -1),
    `${whole}x`,
    snmp(2, ber(4, SECRET) + get),
    snmp(1, ber(4, SECRET) + ber(0x30, 'ab')),
  ]) {
    assert.deepEqual(
      ask(161, text).findings.filter(({ rule }) => rule === 'CRED-16'),
      [],
    );
  }
});
