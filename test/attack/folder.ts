// A recorded data folder, and what somebody without the key can do to it.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type ChainState,
  chainHash,
  EMPTY_CHAIN,
  formatHead,
  formatLine,
  headText,
  lineHash,
} from '../../appliance/capture/ledger/ledger-chain.ts';
import { encodePublicKey } from '../../appliance/capture/ledger/minisign.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { BULB, CAMERA, frame, GATEWAY, pcap, record, settingsFor, surroundings, until } from '../capture/fixture.ts';

const HOUR = 1_795_176_000;

export type Line = Record<string, unknown> & { n: number; previous: string; type: string };

/** A folder of some segments of two devices, recorded by the real capture and stopped. */
export async function recordFolder(volumeBytes?: number): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-attack-'));
  await run(folder, packets(HOUR), 8000, volumeBytes);
  return folder;
}

/** The same with a second run that was killed: it had two segments open, and its last line was signed and not on the card yet. */
export async function crashedFolder(): Promise<string> {
  const folder = await recordFolder();
  const crashed = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-attack-'));
  const file = path.join(folder, 'in.pcap');
  const records = packets(HOUR + 1000);
  fs.writeFileSync(file, pcap(records));
  const capture = await startCapture(settingsFor(folder, { file }), surroundings());
  const written = 2 * pcap([]).length + Buffer.concat(records).length;
  const sizes = (): number[] => parts(folder).map((part) => fs.statSync(part).size);
  await until(() => sizes().reduce((sum, size) => sum + size, 0) === written);
  // Their opening lines are written apart from them: a crash before that leaves files that are found, which is another case.
  const opened = (): Set<unknown> =>
    new Set(readLedgerLines(folder).flatMap((line) => (line.type === 'segment-opened' ? [line['path']] : [])));
  await until(() => parts(folder).every((part) => opened().has(path.relative(pathOf(folder, ''), part.slice(0, -5)))));
  // Until the copy is of a moment at which the last line is signed and not on the card.
  await until(() => {
    capture.recorder.parts.ledger.append({ type: 'annotation', by: 'test', text: 'the last word' });
    fs.cpSync(folder, crashed, { recursive: true, filter: isKept });
    const { lines, durable } = readHead(crashed);
    return lines === readTexts(crashed).length && lines > durable;
  });
  await capture.stop('test');
  fs.rmSync(folder, { recursive: true });
  return crashed;
}

/** What a power cut leaves: the lock and the socket are of a process. */
function isKept(file: string): boolean {
  return !['run', 'in.pcap'].includes(path.basename(file));
}

export function readHead(folder: string): { lines: number; durable: number } {
  return JSON.parse(fs.readFileSync(path.join(folder, 'ledger.head'), 'utf8')) as { lines: number; durable: number };
}

/** Files of segments that are open. */
export function parts(folder: string): string[] {
  const names = fs.readdirSync(path.join(folder, 'captures'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.part')).map((name) => pathOf(folder, name));
}

function packets(from: number): Buffer[] {
  return Array.from({ length: 300 }, (_, i) =>
    record(from + i, i, frame(i % 2 === 0 ? BULB : CAMERA, GATEWAY, 60 + i)),
  );
}

/** A start of capture on the folder and its stop, with packets or without. */
export async function run(
  folder: string,
  records: readonly Buffer[] = [],
  segmentBytes?: number,
  volumeBytes?: number,
): Promise<void> {
  const file = path.join(folder, 'in.pcap');
  fs.writeFileSync(file, pcap(records));
  const settings = settingsFor(folder, { file, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
  const capture = await startCapture(settings, surroundings(volumeBytes === undefined ? {} : { volumeBytes }));
  await capture.ended;
  await capture.stop('test');
  fs.rmSync(file);
}

export function readTexts(folder: string): string[] {
  return fs.readFileSync(path.join(folder, 'ledger.ndjson'), 'utf8').trimEnd().split('\n');
}

export function readLedgerLines(folder: string): Line[] {
  return readTexts(folder).map((text) => JSON.parse(text) as Line);
}

/** Closed segments as their lines name them, in order. */
export function closings(folder: string): (Line & { path: string; sha256: string; seq: number })[] {
  return readLedgerLines(folder).filter((line) => line.type === 'segment-closed') as never;
}

export function pathOf(folder: string, name: string): string {
  return path.join(folder, 'captures', name);
}

export function sidecarOf(file: string): string {
  return file.replace(/\.pcap$/, '.json');
}

export function flipLast(file: string): Buffer {
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  fs.writeFileSync(file, bytes);
  return bytes;
}

/** Lines behind the end, chained as capture chains them: that needs no key. */
export function append(folder: string, events: readonly object[]): void {
  const last = readTexts(folder).at(-1) ?? '';
  const { n, previous, ts, boot, monotonic_ns } = JSON.parse(last) as Line & { ts: string };
  let chain: ChainState = { lines: n, head: chainHash(previous, last) };
  for (const event of events) {
    const head = { n: chain.lines + 1, previous: chain.head, ts, boot, monotonic_ns };
    const text = formatLine(head as never, event as never);
    fs.appendFileSync(path.join(folder, 'ledger.ndjson'), `${text}\n`);
    chain = { lines: head.n, head: chainHash(chain.head, text) };
  }
}

/** The whole ledger chained again with other content; with a key, sealed and signed too. `isPlain`: by the rule of format 1. */
export function rewrite(folder: string, change: (line: Line) => Line, key?: KeyObject, isPlain = false): void {
  let chain = EMPTY_CHAIN;
  const texts = readLedgerLines(folder).map((old) => {
    const line: Line = { ...change(old), previous: chain.head };
    if (line.type === 'seal' && key !== undefined) line['signature'] = signed(key, chain.head);
    const text = JSON.stringify(line);
    chain = { lines: line.n, head: isPlain ? lineHash(text) : chainHash(chain.head, text) };
    return text;
  });
  fs.writeFileSync(path.join(folder, 'ledger.ndjson'), `${texts.join('\n')}\n`);
  if (key === undefined) return;
  const head = { ...chain, signature: signed(key, headText(chain)) };
  fs.writeFileSync(path.join(folder, 'ledger.head'), formatHead(head));
}

function signed(key: KeyObject, text: string): string {
  return sign(null, Buffer.from(text), key).toString('base64');
}

/**
 * Another key in place of the appliance's, and where wanted in place of the one that it is known by. Anyone who may write to the data folder
 * can move the key's away, without reading it.
 */
export function replaceKey(folder: string, isKnown: boolean): KeyObject {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  fs.renameSync(path.join(folder, 'key'), path.join(folder, 'key.gone'));
  fs.mkdirSync(path.join(folder, 'key'));
  fs.writeFileSync(path.join(folder, 'key', 'ed25519.pem'), pem);
  const file = path.join(folder, 'appliance.json');
  const appliance = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
  if (isKnown) fs.writeFileSync(file, JSON.stringify({ ...appliance, public_key: encodePublicKey(publicKey) }));
  return privateKey;
}
