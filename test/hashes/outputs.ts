// What the analysis says of each shared capture, as one hash a line: the document of `weir analyze --format json`, and the
// summaries and carries of the same packets cut into segments. Two trees with equal lines give equal results.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { type DeviceKey, parseMac } from '../../appliance/model/mac.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { CORPUS } from '../truth/corpus.ts';

const CAPTURE_NAME = /\.(pcap|pcapng|cap|dmp|trace)(\.gz)?$/;
/** Segments that a capture is cut into, as capture does at an hour. */
const SEGMENTS = 3;
const NO_FOLDER = '/nonexistent';

export interface OutputHash {
  /** Path below the folder of captures. */
  readonly name: string;
  readonly document: string;
  readonly segments: string;
}

/** Captures below the corpus in order of their path; the files of truth are no captures. */
export function listCaptures(folder: string = CORPUS): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => CAPTURE_NAME.test(name) && !/^(truth|expected)\//.test(name)).sort();
}

export async function hashOutputs(path: string, folder: string = CORPUS): Promise<OutputHash> {
  return { name: relative(folder, path), document: await hashDocument(path), segments: hashSegments(path) };
}

/** Without what differs between two trees on purpose: the version, the hash of the rules, and where the file lies. */
export async function hashDocument(path: string): Promise<string> {
  try {
    const { document } = await analyzeFile(path);
    const { tool, input, ...rest } = document;
    const { version: _version, rules_sha256: _rules, ...kept } = tool;
    return sha256(JSON.stringify({ tool: kept, input: { ...input, path: '' }, ...rest }));
  } catch (thrown) {
    if (!(thrown instanceof WeirError)) throw thrown;
    return thrown.code;
  }
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly length: number;
  readonly linkType: number;
}

/** Each segment begins from the carry of the one before, as text, as in the appliance. */
export function hashSegments(path: string): string {
  const frames = readFrames(path);
  const owner = busiestSender(frames);
  if (owner === undefined) return 'no-owner';
  const texts: string[] = [];
  let carry: string | null = null;
  for (let seq = 0; seq < SEGMENTS; seq++) {
    const linkType = frames[0]?.linkType ?? 1;
    const analyzer = makeAnalyzer({ device: owner, seq, infra: [], linkType, carry, dataDir: NO_FOLDER });
    const [from, to] = [seq, seq + 1].map((part) => Math.floor((frames.length * part) / SEGMENTS));
    for (const { bytes, seconds, nanoseconds, length, linkType } of frames.slice(from, to)) {
      analyzer.frame(bytes, 0, bytes.length, seconds, nanoseconds, length, linkType);
    }
    const end = analyzer.finish();
    texts.push(end.summary, end.carry);
    carry = end.carry;
  }
  return sha256(texts.join('\n'));
}

function readFrames(path: string): Frame[] {
  const frames: Frame[] = [];
  const reader = new CaptureReader({
    frame: (bytes, start, end, seconds, nanoseconds, length, linkType) =>
      frames.push({ bytes: bytes.slice(start, end), seconds, nanoseconds, length, linkType }),
  });
  if (!path.endsWith('.gz')) reader.push(readFileSync(path));
  return frames;
}

/** Source of most Ethernet frames: whose file this would be. */
function busiestSender(frames: readonly Frame[]): DeviceKey | undefined {
  const counts = new Map<string, number>();
  for (const { bytes, linkType } of frames) {
    if (linkType !== 1 || bytes.length < 14 || (bytes[6]! & 1) === 1) continue;
    const mac = Buffer.from(bytes.subarray(6, 12)).toString('hex');
    counts.set(mac, (counts.get(mac) ?? 0) + 1);
  }
  const [busiest] = [...counts].sort(([x, m], [y, n]) => n - m || (x < y ? -1 : 1));
  return busiest === undefined ? undefined : parseMac(busiest[0].replaceAll(/(..)(?=.)/g, '$1:'));
}

export function outputLine({ name, document, segments }: OutputHash): string {
  return `${document} ${segments} ${name}`;
}

/** All captures below a folder. */
export async function* hashFolder(folder: string = CORPUS): AsyncGenerator<OutputHash> {
  for (const name of listCaptures(folder)) yield await hashOutputs(join(folder, name), folder);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
