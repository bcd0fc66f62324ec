// Text in RTP (T.140 in RFC 4103) is as readable as any other, plain or behind earlier text sent once more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRtpText } from '../../appliance/decode/protocols/rtp-text.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { udp } from '../analysis/packets.ts';
import { be16, be32, behavesOnHostileBytes, wire } from '../decode/fixture.ts';
import { DEVICE, datagrams, documentOf, type Said, SERVER } from './frames.ts';

const random = new RandomBytes('text in RTP');
const RED = 100;
const TEXT = 98;
const TYPED = [
  '\ufeff',
  'He',
  'llo',
  ' from',
  '',
  ' the',
  ' ha',
  'll;',
  ' is\u2028',
  'anyb',
  'ody',
  ' home?',
  ' \ufffd',
  '\r\n',
  'Grüße',
];

/** RFC 3550 §5.1. */
function rtp(i: number, type: number, body: Uint8Array, source = 0x51525354): Uint8Array {
  return wire(0x80, type, be16(65_530 + i), be32(i * 300), be32(source), body);
}

/** RFC 4103 §4: headers of the earlier blocks, the type of the new one, then all text. */
function redundant(texts: readonly string[], i: number, generations: number): Uint8Array {
  const earlier = Array.from({ length: generations }, (_, g) => Buffer.from(texts[i - generations + g] ?? ''));
  const headers = earlier.map((text, g) => {
    const offset = (generations - g) * 300;
    return wire(0x80 | TEXT, be16((offset << 2) | (text.length >> 8)), text.length & 255);
  });
  return wire(...headers, TEXT, ...earlier, Buffer.from(texts[i] ?? ''));
}

function redundantPacket(texts: readonly string[], generations: number): (i: number) => Uint8Array {
  return (i) => rtp(i, RED, redundant(texts, i, generations));
}

function plainPacket(texts: readonly string[]): (i: number) => Uint8Array {
  return (i) => rtp(i, TEXT, Buffer.from(texts[i] ?? ''));
}

function typed(packet: (i: number) => Uint8Array, count: number): Said[] {
  return Array.from({ length: count }, (_, i) => ['device', packet(i)] as const);
}

const FORMS: readonly (readonly [name: string, packet: (texts: readonly string[]) => (i: number) => Uint8Array])[] = [
  ['plain', plainPacket],
  ['with one generation of redundancy', (texts) => redundantPacket(texts, 1)],
  ['with two generations of redundancy', (texts) => redundantPacket(texts, 2)],
];

const LONG = Array.from({ length: 40 }, () => TYPED).flat();

for (const [name, packet] of FORMS) {
  for (const [length, texts] of [
    ['short', TYPED],
    ['long', LONG],
  ] as const) {
    test(`a ${length} conversation of text ${name} is cleartext`, () => {
      const said = datagrams(typed(packet(texts), texts.length));
      assert.deepEqual(
        [said.verdict, said.readable, said.service],
        ['cleartext', 'without_key', 'rtp'],
        said.verdict_reason,
      );
    });
  }

  test(`a password typed over several packets, ${name}, is found`, () => {
    const texts = ['the ', 'code:\r\n', '{"pass', 'wordx\b', '":"Tr0', 'ut-Lad', 'der!"}', '\r\n', 'bye'];
    const frames = texts.map((_, i) => udp(DEVICE, SERVER, packet(texts)(i)));
    const { findings } = documentOf(frames);
    assert.deepEqual(
      findings.filter(({ rule }) => rule === 'CRED-05').map(({ excerpt_masked, count }) => [excerpt_masked, count]),
      [['RTP text port 25000: password=Tr…(13)', 1]],
    );
  });
}

test('both sides may type, and some packets may be lost or come twice', () => {
  const packet = redundantPacket(LONG, 2);
  const said = LONG.flatMap((_, i): Said[] => {
    if (i % 7 === 3) return [];
    const both: Said[] = [
      ['device', packet(i)],
      ['server', packet(i)],
    ];
    return i % 5 === 0 ? [...both, ...both] : both;
  });
  const judged = datagrams(said);
  assert.deepEqual([judged.verdict, judged.service], ['cleartext', 'rtp'], judged.verdict_reason);
});

test('text under SRTP, other sounds of a dynamic type, and text whose numbers do not go on are no text in RTP', () => {
  const sealed = datagrams(typed((i) => rtp(i, RED, random.bytes(14)), 80));
  assert.equal(sealed.verdict === 'cleartext', false, sealed.verdict_reason);
  const sound = datagrams(typed((i) => rtp(i, 97, wire([0x7c, 0x41], random.bytes(400))), 60));
  assert.equal(sound.verdict, 'compressed-in-clear', sound.verdict_reason);
  const strangers = datagrams(typed((i) => wire(0x80, TEXT, be16(i * 977), random.bytes(8), 'a word'), 40));
  assert.notEqual(strangers.service, 'rtp');
});

/** A maker's own message: a header that never changes, and text. */
const announced = (text: string) => wire(0x80, TEXT, be16(7), be32(300), be32(0x51525354), text);

test('a datagram that begins like RTP and is sent again and again is no text in RTP', () => {
  const message = announced('a lamp announces itself to everyone');
  const said = datagrams(Array.from({ length: 40 }, () => ['device', message] as const));
  assert.notEqual(said.service, 'rtp');
});

test('text behind such a header that changes is read by others', () => {
  const texts = ['{"state":"on and on"}', '{"state":"off"}', '{"password":"Tr0ut-Ladder!"}'];
  const { findings } = documentOf(texts.map((text) => udp(DEVICE, SERVER, announced(text))));
  assert.deepEqual(
    findings.filter(({ rule }) => rule === 'CRED-05').map(({ count }) => count),
    [1],
  );
});

behavesOnHostileBytes('decodeRtpText', decodeRtpText, redundantPacket(['one ', 'two ', 'three'], 2)(2));
