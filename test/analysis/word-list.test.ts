// The user's word list: as names of fields, and as words wherever they are readable.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { readWords } from '../../appliance/analysis/secrets/word-file.ts';
import { WordList } from '../../appliance/analysis/secrets/word-list.ts';
import { DEVICE, SERVER } from '../cases/frames.ts';
import { RandomBytes } from './labelled/random-bytes.ts';
import { ascii, connection, joinBytes } from './packets.ts';

const WORDS = new WordList([
  { word: 'insulin', kind: undefined },
  { word: 'Größe', kind: undefined },
  { word: 'qz', kind: 'health' },
  { word: 'Betriebs_Art', kind: 'device' },
  { word: 'zx', kind: undefined },
]);

/** Rule and excerpt of what is found in these pieces of one direction. */
function found(...pieces: readonly Uint8Array[]): (readonly [string, string])[] {
  const analyzer = new Analyzer({ owner: null, infra: [], words: WORDS });
  const frames = connection(
    DEVICE,
    { ...SERVER, port: 80 },
    pieces.map((piece) => [0, piece] as const),
  );
  for (const frame of frames) analyzer.frame(frame, 0, frame.length, 1_795_000_000, 0, frame.length, 1);
  const reported = Object.values(analyzer.summary().own.findings);
  return reported
    .filter(({ excerpt_masked: text }) => text.includes('your word list'))
    .map((f) => [f.rule, f.excerpt_masked]);
}

function post(body: Uint8Array, fields = ''): Uint8Array {
  const head = `POST /a HTTP/1.1\r\nHost: a.example\r\n${fields}Content-Length: ${body.length}\r\n\r\n`;
  return joinBytes(ascii(head), body);
}

function rules(...pieces: readonly Uint8Array[]): string[] {
  return found(...pieces).map(([rule]) => rule);
}

test('a key of the list is believed whatever its value looks like', () => {
  const json = 'Content-Type: application/json\r\n';
  assert.deepEqual(rules(post(ascii('{"qz":"about the same"}'), json)), ['PII-06']);
  assert.deepEqual(rules(ascii('GET /x?betriebs-art=7 HTTP/1.1\r\nHost: a.example\r\n\r\n')), ['PII-02']);
  assert.deepEqual(rules(post(ascii('a=1&zx=9'), 'Content-Type: application/x-www-form-urlencoded\r\n')), ['PII-11']);
  assert.deepEqual(rules(post(ascii('{"qz":""}'), json)), []);
});

test('a word is found in any case, in UTF-16, cut by packets, and unpacked', () => {
  const said = ascii('GET /dose/INSULIN/7 HTTP/1.1\r\nHost: a.example\r\n\r\n');
  assert.deepEqual(rules(said), ['PII-11']);
  assert.deepEqual(rules(said.subarray(0, 13), said.subarray(13)), ['PII-11']);
  assert.deepEqual(rules(post(Buffer.from('GRÖSSE: no, größe=3'))), ['PII-11']);
  assert.deepEqual(rules(post(Buffer.from('the Insulin of today', 'utf16le'))), ['PII-11']);
  const packed = post(gzipSync('today more insulin again and again'), 'Content-Encoding: gzip\r\n');
  assert.match(found(packed)[0]?.[1] ?? '', /"insulin" of your word list in gzip/);
});

test('a part of a longer word is another word', () => {
  assert.deepEqual(rules(ascii('GET /insulins/proinsulin HTTP/1.1\r\nHost: a.example\r\n\r\n')), []);
});

test('in a cipher’s bytes a word is chance', () => {
  const random = new RandomBytes('words');
  const sealed = joinBytes(random.bytes(400), ascii('insulin'), random.bytes(400));
  assert.deepEqual(rules(sealed), []);
});

test('no excerpt holds the value', () => {
  const [, text] = found(post(ascii('{"qz":"about the same"}'), 'Content-Type: application/json\r\n'))[0] ?? [];
  assert.ok(text !== undefined && !text.includes('about the same'), text);
});

function fileOf(t: TestContext, text: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'words.txt'), text);
  return join(folder, 'words.txt');
}

test('a file has words, keys with kinds, comments and blank lines', (t) => {
  const words = readWords(fileOf(t, '\uFEFF# mine\r\n\r\ninsulin\r\ngew: health\r\nurn:x: person\r\n'));
  assert.deepEqual(
    [...words.keys],
    [
      ['gew', 'health'],
      ['urn:x', 'person'],
    ],
  );
  assert.equal(words.empty, false);
});

const REFUSED: readonly (readonly [string | Uint8Array, RegExp])[] = [
  ['insulin\ngew: mass\n', /words\.txt:2: no such kind: `mass`\. The kinds are password/],
  [`${'a'.repeat(65)}\n`, /words\.txt:1: expected a word/],
  [': health\n', /words\.txt:1: expected a word/],
  [Uint8Array.of(0x61, 0xff, 0x62), /words\.txt:1: not UTF-8/],
  ['word\n'.repeat(2001), /2001 words, at most 2000/],
];

test('a mistake is reported with file and line', (t) => {
  for (const [text, reported] of REFUSED) {
    const path = fileOf(t, text);
    assert.throws(() => readWords(path), reported);
  }
});

test('no file next to the vault is an empty list; one that was asked for must be there', () => {
  assert.equal(readWords('/nonexistent/words.txt').empty, true);
  assert.throws(() => readWords('/nonexistent/words.txt', true), /cannot be read/);
});
