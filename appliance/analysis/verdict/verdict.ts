// The verdict on one conversation: a word, the reason, and how many bytes it rests on. Never `encrypted` from statistics
// alone: no cheap statistic distinguishes ciphertext from H.264 or xz, so proof comes from grammar and the rest is `opaque`.
//
//   conversation-stats.ts (counts) + facts.ts marks (words of listeners) → verdict-case.ts → RULES, first answer wins

import type { Readable, Threshold7, Verdict } from '../../model/analysis-document.ts';
import type { ConversationStats } from '../summary/conversation-stats.ts';
import { expectedEntropy } from '../summary/histogram-statistics.ts';
import { proofOfEncryption, toleratedText } from './encryption-proof.ts';
import { magicOf, textProtocolOf } from './magic.ts';
import { mediaTrace } from './media-trace.ts';
import { Case, ENOUGH_BYTES, type Shape, type Side } from './verdict-case.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence for a person, with the numbers that decided. Holds no byte of the payload. */
  readonly reason: string;
  readonly readable: Readable | null;
  /** Payload bytes that the verdict rests on, both directions. */
  readonly n: number;
  /** Plug-in entropy expected of n uniform bytes; null without payload. */
  readonly entropy_expected: number | null;
  /** The paper's answer, from the mean entropy of the packets. */
  readonly threshold7: Threshold7;
}

type Opinion = Pick<Judgement, 'verdict' | 'reason'> & Partial<Pick<Judgement, 'readable'>>;
type Rule = (c: Case) => Opinion | undefined;

/** In this order; the first that has an opinion decides. What is proven precedes what is measured. */
const RULES: readonly Rule[] = [
  noPayload,
  provenEncryption,
  knownScrambling,
  declaredContent,
  textEncoding,
  clearProtocol,
  magicAtStart,
  readableText,
  mediaInside,
  textAmongOthers,
  tooShort,
  byShape,
];

export function judge(stats: ConversationStats): Judgement {
  const c = new Case(stats);
  const opinion = firstOpinion(c);
  return {
    verdict: opinion.verdict,
    reason: opinion.reason,
    readable: opinion.readable ?? READABLE_BY[opinion.verdict],
    n: c.n,
    entropy_expected: expectedEntropy(c.n),
    threshold7: threshold7(stats.packet_entropy_mean),
  };
}

/** Where no rule knows better: what is encoded has no secret in it. */
const READABLE_BY: Readonly<Record<Verdict, Readable | null>> = {
  encrypted: 'no',
  upgraded: 'no',
  cleartext: 'without_key',
  'compressed-in-clear': 'without_key',
  encoded: 'without_key',
  opaque: null,
  undetermined: null,
  insufficient: null,
  no_payload: null,
};

function firstOpinion(c: Case): Opinion {
  for (const rule of RULES) {
    const opinion = rule(c);
    if (opinion !== undefined) return opinion;
  }
  return say('undetermined', `nothing known fits ${bytes(c.n)}`);
}

/** The paper's rule: `7 or below` is suspicious, so 7 itself is at_or_below. Null is no payload. */
export function threshold7(entropy: number | null): Threshold7 {
  if (entropy === null) return 'no_payload';
  return entropy > 7 ? 'above' : 'at_or_below';
}

function say(verdict: Verdict, reason: string): Opinion {
  return { verdict, reason };
}

function noPayload(c: Case): Opinion | undefined {
  return c.n === 0 ? say('no_payload', 'no packet carried payload') : undefined;
}

/** From this many bytes a stream with encrypted framing must look like ciphertext inside as well. */
const CHECKED_BYTES = 65_536;

function provenEncryption(c: Case): Opinion | undefined {
  const proof = proofOfEncryption(c);
  if (proof === undefined) return undefined;
  const forged = c.sides.find((side) => side.n > toleratedText(proof) && looksForged(side));
  if (forged !== undefined) {
    return say(
      'cleartext',
      `${proof.protocol} framing, but ${share(forged.printable)} of its ${bytes(forged.n)} are printable`,
    );
  }
  const hollow = c.sides.find((side) => side.n >= CHECKED_BYTES && side.shape === 'structured');
  if (hollow !== undefined) {
    return say(
      'undetermined',
      `${proof.protocol} framing, but its ${bytes(hollow.n)} are far from those of ciphertext`,
    );
  }
  const text = c.count('textBytes');
  if (toleratedText(proof) === 0 && startsClear(c))
    return say('upgraded', `starts in the clear, then ${proof.protocol}: ${proof.seen}`);
  if (text > toleratedText(proof) && !isCertificateText(c)) {
    return say(
      'cleartext',
      `${proof.protocol}, but ${c.count('textPackets')} packets (${bytes(text)}) of readable text beside it`,
    );
  }
  return say('encrypted', `${proof.protocol}: ${proof.seen}`);
}

/** One readable packet between records: part of a certificate, where the capture cut packets and the records were lost sight of. */
function isCertificateText(c: Case): boolean {
  return c.count('textPackets') === 1 && c.count('tlsData') > 0 && !c.marks.has('clear');
}

function looksForged(side: Side): boolean {
  return side.n >= 1024 && side.printable > 0.85;
}

/** A clear beginning on both sides that leads to encryption: STARTTLS, HTTP CONNECT, a proxy's greeting. */
function startsClear(c: Case): boolean {
  if (c.marks.has('upgraded')) return true;
  return c.sides.every(({ head }) => head.length >= GREETING && head.subarray(0, GREETING).every(isPrintable));
}

/** Bytes of a command or a greeting at least; a TLS record's second byte is not printable. */
const GREETING = 8;

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9;
}

/** Scrambled without a secret, or binary but unprotected: SEEDS 1.1 P11, `low and not readable`. */
const SCRAMBLED: ReadonlyMap<string, string> = new Map([
  ['kasa', 'TP-Link Kasa: XOR with a known key'],
  ['tplink-kasa', 'TP-Link Kasa: XOR with a known key'],
  ['lifx', 'LIFX: binary messages without encryption'],
]);

/** With a key of the device in addition to what anyone can read: messages that did not open are reported as `body:uniform`. */
const KEYED: ReadonlyMap<string, { readonly open: string; readonly closed: string }> = new Map([
  [
    'tuya',
    {
      open: 'Tuya: open framing, broadcasts under the key that all devices share',
      closed: "Tuya: open framing, content under the device's local key",
    },
  ],
  [
    'miio',
    {
      open: 'miIO: hellos without content',
      closed: "miIO: open framing, content under a key made from the device's token",
    },
  ],
]);

const TUYA_PLAIN = 'Tuya: open framing, JSON without encryption (version 3.1)';

function knownScrambling(c: Case): Opinion | undefined {
  const service = c.stats.proof === 'port' ? '' : (c.stats.service ?? '');
  const keyed = KEYED.get(service);
  if (keyed !== undefined) {
    return c.marks.has('body')
      ? { verdict: 'encoded', reason: keyed.closed, readable: 'device_key' }
      : say('encoded', c.marks.get('encoded')?.includes('tuya-plain') === true ? TUYA_PLAIN : keyed.open);
  }
  const scrambled = SCRAMBLED.get(service);
  if (scrambled !== undefined) return say('encoded', scrambled);
  const encodings = c.marks.get('encoded');
  return encodings === undefined ? undefined : say('encoded', `known encoding: ${encodings.join(', ')}`);
}

/** Listeners read a type, a coding or a magic number in an open protocol. */
function declaredContent(c: Case): Opinion | undefined {
  const kinds = [...(c.marks.get('media') ?? []), ...(c.marks.get('compressed') ?? [])];
  if (kinds.length === 0) return undefined;
  const carrier = carriersOf(c)[0] ?? c.stats.service ?? 'the clear';
  if (c.pooled.printable > READABLE) {
    return say(
      'cleartext',
      `${carrier} in the clear, ${share(c.pooled.printable)} printable, with ${kinds.join(', ')}`,
    );
  }
  return say('compressed-in-clear', `${kinds.join(', ')} in ${carrier}, named by its own headers or first bytes`);
}

function clearProtocol(c: Case): Opinion | undefined {
  const reported = carriersOf(c)[0];
  const seen = c.sides.map((side) => textProtocolOf(side.head)).find((name) => name !== undefined);
  const name = reported ?? seen;
  if (name === undefined) return undefined;
  const body = c.sides[0]!;
  if (body.n < 1024 || !isDense(body.shape)) return say('cleartext', `${name} in the clear`);
  const trace = mediaTrace(body.evidence, body.shape) ?? mediaTrace(c.pooled.evidence, c.pooled.shape);
  if (trace !== undefined) return say('compressed-in-clear', `${name} in the clear with ${trace}`);
  return say('cleartext', `${name} in the clear around ${bytes(body.n)} of opaque content, compressed or encrypted`);
}

/** Protocols read in the clear. STUN only opens the way: where datagrams nobody reads follow, it says nothing about them. */
function carriersOf(c: Case): readonly string[] {
  const names = c.marks.get('clear') ?? [];
  return c.marks.has('beside') ? names.filter((name) => name !== 'stun') : names;
}

function isDense(shape: Shape): boolean {
  return shape === 'uniform' || shape === 'nearly' || shape === 'between';
}

function magicAtStart(c: Case): Opinion | undefined {
  for (const side of c.sides) {
    const magic = magicOf(side.head);
    if (magic?.kind === 'keyed') {
      return { verdict: 'encoded', reason: `${magic.name} by the first bytes`, readable: 'device_key' };
    }
    if (magic?.kind === 'scrambled') return say('encoded', `${magic.name} by the first bytes`);
    if (magic !== undefined)
      return say('compressed-in-clear', `${magic.name} by its first bytes, without encryption around it`);
  }
  return undefined;
}

const READABLE = 0.92;
/** Fewer bytes may be printable by accident. */
const FEWEST_TEXT = 20;

/** Base64 and hex of anything: only their alphabet, and spread over it as random bytes would be. */
function textEncoding(c: Case): Opinion | undefined {
  if (c.marks.get('clear')?.some((name) => name !== 'text') === true) return undefined;
  for (const side of c.sides) {
    if (side.n < ENOUGH_BYTES || side.printable < 0.99) continue;
    if (within(side, HEX) > 0.99 && side.entropy > 3.7) return say('encoded', `hexadecimal digits: ${bytes(side.n)}`);
    if (within(side, BASE64) > 0.99 && side.entropy > 5.6) return say('encoded', `Base64 alphabet: ${bytes(side.n)}`);
  }
  return undefined;
}

const HEX = '0123456789abcdefABCDEF\r\n';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n';

function within(side: Side, alphabet: string): number {
  let count = 0;
  for (const letter of alphabet) count += side.histogram[letter.charCodeAt(0)] ?? 0;
  return count / side.n;
}

function readableText(c: Case): Opinion | undefined {
  const side = c.sides.find((s) => s.n >= FEWEST_TEXT && s.printable > READABLE);
  return side === undefined
    ? undefined
    : say('cleartext', `${share(side.printable)} of ${bytes(side.n)} are printable`);
}

function mediaInside(c: Case): Opinion | undefined {
  for (const side of c.sides) {
    if (side.shape === 'short') continue;
    const trace = side.shape === 'structured' ? sturdyTrace(side) : mediaTrace(side.evidence, side.shape);
    if (trace !== undefined) return say('compressed-in-clear', trace);
  }
  return undefined;
}

/** In structured binary, runs of ff and of zeros imitate stuffing and start codes; what has a period does not. */
function sturdyTrace(side: Side): string | undefined {
  const trace = mediaTrace(side.evidence, side.shape);
  return trace?.startsWith('H.26') === true || trace?.startsWith('JPEG') === true ? undefined : trace;
}

/** A few plain requests inside megabytes of ciphertext do not move the pooled histogram; their packets were counted. */
function textAmongOthers(c: Case): Opinion | undefined {
  const packets = c.count('textPackets');
  if (packets === 0) return undefined;
  const text = c.count('textBytes');
  return say('cleartext', `${packets} packets (${bytes(text)}) begin with readable text, among ${bytes(c.n)}`);
}

function tooShort(c: Case): Opinion | undefined {
  const { n } = c;
  if (n < ENOUGH_BYTES && c.stats.service === 'tls' && c.stats.proof === 'grammar')
    return say('insufficient', `${bytes(n)} of TLS that only end or change a connection: nothing sealed was seen`);
  return n < ENOUGH_BYTES ? say('insufficient', `${bytes(n)} without a known grammar are too few to judge`) : undefined;
}

/** Statistics only: the word says what the bytes look like, never what they are. */
function byShape(c: Case): Opinion {
  const judged = c.sides.filter((side) => side.shape !== 'short');
  const side = judged[0] ?? c.pooled;
  const other = judged.find((s) => s !== side && s.shape !== side.shape);
  const beside = other === undefined ? '' : `; the other direction (${bytes(other.n)}) is ${WORDS[other.shape]}`;
  const shape = side.shape;
  if (shape === 'structured') return say('encoded', `structured binary, not readable: ${measured(side)}${beside}`);
  if (shape === 'between')
    return say('undetermined', `neither uniform nor clearly structured: ${measured(side)}${beside}`);
  const { structured, count } = c.windows;
  if (structured > 0 && structured < count / 2) {
    return say(
      'undetermined',
      `uniform as a whole, but ${structured} of ${count} windows of 16,384 bytes are structured`,
    );
  }
  return say(
    'opaque',
    `${WORDS[shape]}: ${measured(side)}; consistent with encryption, strong compression cannot be excluded${beside}`,
  );
}

const WORDS: Readonly<Record<Shape, string>> = {
  short: 'too short',
  uniform: 'uniform',
  nearly: 'nearly uniform',
  between: 'in between',
  structured: 'structured',
};

function measured(side: Side): string {
  const expected = expectedEntropy(side.n) ?? 0;
  return `entropy ${side.entropy.toFixed(3)} of ${expected.toFixed(3)} expected of ${bytes(side.n)}`;
}

function bytes(n: number): string {
  return `${n} bytes`;
}

function share(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
