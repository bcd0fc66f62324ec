// Kind B in line protocols: a login is what its lines and literals say together. Inputs of the field where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../decode/client-hello.ts';
import { noise, wire } from '../decode/fixture.ts';
import { caseDocument, framesDocument, withoutCases } from './case-document.ts';

const SECRET = 'geheimwort-4711';
const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 143 };

test('case 32: an IMAP login in the clear, and STARTTLS next to it', { skip: withoutCases }, () => {
  const { findings, conversations, tls } = caseDocument('32');
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['CRED-10'],
  );
  assert.deepEqual(
    conversations.map(({ service, verdict }) => [service, verdict]),
    [
      ['imap', 'cleartext'],
      ['imap', 'upgraded'],
    ],
  );
  assert.deepEqual({ ...tls.sni }, { 'mail.example': 1 });
});

type Line = readonly [0 | 1, string];

function talk(port: number, lines: readonly Line[], piece = 1400) {
  const messages = lines.flatMap(([direction, text]) => {
    const bytes = wire(text);
    return Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) => {
      return [direction, bytes.subarray(i * piece, (i + 1) * piece)] as const;
    });
  });
  return framesDocument(connection(CAM, { ...CLOUD, port }, messages));
}

function loginsOf(document: ReturnType<typeof talk>): string[] {
  return document.findings.filter(({ rule }) => rule === 'CRED-10').map(({ excerpt_masked }) => excerpt_masked);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const GREETING: Line = [1, '* OK IMAP4rev2 ready\r\n'];
const PLUS: Line = [1, '+ go on\r\n'];
const POP_GREETING: Line = [1, '+OK POP3 ready <1896.697170952@mail.example>\r\n'];

const SEEN = /password ge…\(15\)$/;
const HIDDEN = /password not seen$/;

for (const [name, port, lines, expected] of [
  ['IMAP, quoted', 143, [GREETING, [0, `a1 LOGIN "anna" "${SECRET}"\r\n`]], SEEN],
  ['IMAP, atoms in lower case', 143, [GREETING, [0, `a1 login anna ${SECRET}\r\n`]], SEEN],
  [
    'IMAP, two literals',
    143,
    [GREETING, [0, 'a1 LOGIN {4}\r\n'], PLUS, [0, 'anna {15}\r\n'], PLUS, [0, `${SECRET}\r\n`]],
    SEEN,
  ],
  ['IMAP, literals without waiting', 143, [GREETING, [0, `a1 LOGIN {4+}\r\nanna {15+}\r\n${SECRET}\r\n`]], SEEN],
  [
    'IMAP, a quoted user and a literal',
    143,
    [GREETING, [0, 'a1 LOGIN "an\\"na" {15}\r\n'], PLUS, [0, `${SECRET}\r\n`]],
    SEEN,
  ],
  [
    'IMAP, PLAIN with its answer',
    143,
    [GREETING, [0, `a1 AUTHENTICATE PLAIN ${base64(`\0anna\0${SECRET}`)}\r\n`]],
    SEEN,
  ],
  [
    'IMAP, PLAIN before its answer',
    143,
    [GREETING, [0, 'a1 AUTHENTICATE PLAIN\r\n'], PLUS, [0, `${base64(`\0anna\0${SECRET}`)}\r\n`]],
    SEEN,
  ],
  [
    'IMAP, LOGIN in two lines',
    143,
    [GREETING, [0, 'a AUTHENTICATE LOGIN\r\n'], PLUS, [0, `${base64('anna')}\r\n`], PLUS, [0, `${base64(SECRET)}\r\n`]],
    SEEN,
  ],
  ['IMAP on another port', 14_300, [GREETING, [0, `a1 LOGIN "anna" "${SECRET}"\r\n`]], SEEN],
  [
    'IMAP behind a mail that passes by',
    143,
    [GREETING, [0, `a0 APPEND box {50000}\r\n${'x'.repeat(50_000)}\r\na1 LOGIN anna ${SECRET}\r\n`]],
    SEEN,
  ],
  ['POP3, USER and PASS', 110, [POP_GREETING, [0, 'USER anna\r\n'], [1, '+OK\r\n'], [0, `PASS ${SECRET}\r\n`]], SEEN],
  [
    'POP3, AUTH PLAIN',
    110,
    [POP_GREETING, [0, 'AUTH PLAIN\r\n'], PLUS, [0, `${base64(`\0anna\0${SECRET}`)}\r\n`]],
    SEEN,
  ],
  ['POP3, APOP', 110, [POP_GREETING, [0, 'APOP anna c4c9334bac560ecc979e58001b3e22fb\r\n']], HIDDEN],
  [
    'SMTP, CRAM-MD5',
    587,
    [
      [1, '220 mail\r\n'],
      [0, 'EHLO cam\r\n'],
      [1, '250 AUTH\r\n'],
      [0, 'AUTH CRAM-MD5\r\n'],
      [1, '334 PDE=\r\n'],
      [0, `${base64('anna b913a602c7eda7a495b4e6e7334d3890')}\r\n`],
    ],
    HIDDEN,
  ],
] as const satisfies readonly (readonly [string, number, readonly Line[], RegExp])[]) {
  // On a port of its own a protocol is not waited for byte by byte.
  for (const piece of name.includes('another port') ? [1400] : [1400, 3]) {
    test(`${name}, in pieces of ${piece}`, () => {
      const logins = loginsOf(talk(port, lines, piece));
      assert.equal(logins.length, 1);
      assert.match(logins[0]!, expected);
    });
  }
}

test('a login that is taken back, and a command that only looks like one, are none', () => {
  assert.deepEqual(loginsOf(talk(143, [GREETING, [0, 'a1 AUTHENTICATE PLAIN\r\n'], PLUS, [0, '*\r\n']])), []);
  assert.deepEqual(loginsOf(talk(143, [GREETING, [0, 'a1 SEARCH TEXT "LOGIN"\r\n']])), []);
});

const HELLO = record(22, 0x0301, handshake(1, clientHelloBody('mail.example')));
const SERVER_HELLO = record(22, 0x0303, handshake(2, serverHelloBody(undefined)));
const DATA = record(23, 0x0303, noise(600));

/** Clear lines, then both hellos and data, in segments of their own. */
function upgraded(port: number, start: readonly (readonly [0 | 1, Uint8Array])[]) {
  return framesDocument(
    connection(CAM, { ...CLOUD, port }, [...start, [0, HELLO], [1, SERVER_HELLO], [1, DATA], [0, DATA]]),
  );
}

for (const [name, port, start] of [
  [
    'IMAP whose agreement was not seen',
    143,
    [
      [1, '* OK IMAP4 ready\r\n'],
      [0, 'a1 STARTTLS\r\n'],
    ],
  ],
  [
    'SMTP',
    25,
    [
      [1, '220 mail\r\n'],
      [0, 'EHLO cam\r\n'],
      [1, '250 STARTTLS\r\n'],
      [0, 'STARTTLS\r\n'],
      [1, '220 go\r\n'],
    ],
  ],
  [
    'POP3',
    110,
    [
      [1, '+OK ready\r\n'],
      [0, 'STLS\r\n'],
      [1, '+OK begin\r\n'],
    ],
  ],
  [
    'FTP',
    21,
    [
      [1, '220 ftp\r\n'],
      [0, 'AUTH TLS\r\n'],
      [1, '234 go\r\n'],
    ],
  ],
  [
    'XMPP',
    5222,
    [
      [0, "<stream:stream to='mail.example' xmlns='jabber:client'>"],
      [1, '<stream:features><starttls/></stream:features>'],
      [0, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
      [1, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
    ],
  ],
  [
    'PostgreSQL',
    5432,
    [
      [0, '\0\0\0\x08\x04\xd2\x16\x2f'],
      [1, 'S'],
    ],
  ],
  [
    'MySQL',
    3306,
    [
      [1, `\x2d\0\0\0\x0a8.0.36\0${'x'.repeat(37)}`],
      [0, `\x20\0\0\x01\x85\xae\xff\x19\0\0\0\x01\xff${'\0'.repeat(23)}`],
    ],
  ],
  [
    'SOCKS 5',
    1080,
    [
      [0, '\x05\x01\0'],
      [1, '\x05\0'],
      [0, '\x05\x01\0\x03\x0cmail.example\x01\xbb'],
      [1, '\x05\0\0\x01\0\0\0\0\0\0'],
    ],
  ],
  ['PROXY 1', 8443, [[0, 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n']]],
  ['PROXY 2', 8443, [[0, '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x13\x88\x01\xbb']]],
  [
    'RDP',
    3389,
    [
      [0, '\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0'],
      [1, '\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x0f\x08\0\x02\0\0\0'],
    ],
  ],
  [
    'a line protocol of nobody',
    7777,
    [
      [1, 'WELCOME TO THE MAKER 1.2\r\n'],
      [0, 'SECURE CHANNEL PLEASE\r\n'],
      [1, 'SECURE CHANNEL READY\r\n'],
    ],
  ],
  [
    'NNTP, in few letters',
    119,
    [
      [1, '200 news ready\r\n'],
      [0, 'STARTTLS\r\n'],
      [1, '382 go\r\n'],
    ],
  ],
  [
    'a client that speaks first, in one word',
    7778,
    [
      [0, 'STARTTLS\r\n'],
      [1, 'OK GO AHEAD\r\n'],
    ],
  ],
] as const satisfies readonly (readonly [string, number, readonly Line[]])[]) {
  test(`TLS after a clear start: ${name}`, () => {
    const { conversations, tls } = upgraded(
      port,
      start.map(([direction, text]) => [direction, wire(text)] as const),
    );
    assert.deepEqual({ ...tls.sni }, { 'mail.example': 1 });
    assert.deepEqual({ ...tls.versions }, { 'TLSv1.2': 1 });
    assert.equal(conversations[0]?.verdict, 'upgraded');
  });
}

test('a PROXY header and the hello in one segment', () => {
  for (const head of [
    'PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x13\x88\x01\xbb',
  ]) {
    const { tls } = framesDocument(
      connection(CAM, { ...CLOUD, port: 8443 }, [
        [0, wire(head, HELLO)],
        [1, SERVER_HELLO],
        [0, DATA],
        [1, DATA],
      ]),
    );
    assert.deepEqual({ ...tls.sni }, { 'mail.example': 1 });
  }
});

test('HTTP/2 without TLS is named', () => {
  const preface = wire('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const { conversations } = framesDocument(
    connection(CAM, { ...CLOUD, port: 8080 }, [
      [0, preface],
      [1, wire([0, 0, 0, 4, 0, 0, 0, 0, 0])],
    ]),
  );
  assert.deepEqual([conversations[0]?.service, conversations[0]?.verdict], ['h2c', 'cleartext']);
});

test('floods of first messages are taken once', () => {
  for (const flood of ['PROXY \n', '\0\0\0\x08\x04\xd2\x16\x2f']) {
    const { conversations } = framesDocument(
      connection(CAM, { ...CLOUD, port: 5432 }, [
        [0, wire(flood.repeat(2000).slice(0, 16_000))],
        [1, wire('S'.repeat(16_000))],
      ]),
    );
    assert.equal(conversations.length, 1);
  }
});
