import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type EntFigures, EntStream } from '../../appliance/analysis/verdict/ent.ts';
import { EntConversations } from '../../appliance/analysis/verdict/ent-conversations.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import type { FrameSink } from '../../appliance/decode/files/records.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../appliance/decode/frames/frame.ts';
import { Walk } from '../../appliance/decode/frames/walk.ts';
import { RandomBytes } from './labelled/random-bytes.ts';

const captures =
  process.env['WEIR_CAPTURES'] ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'captures');
const noEnt = hasEnt() ? undefined : 'ent is not installed';
const noCaptures = existsSync(captures) ? undefined : `no captures at ${captures}`;

function hasEnt(): boolean {
  try {
    execFileSync('ent', ['-u'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The second line of `ent -t`: number, bytes, entropy, chi-square, mean, pi, correlation. */
function entSays(bytes: Uint8Array): (number | null)[] {
  const line = execFileSync('ent', ['-t'], { input: bytes, encoding: 'utf8' }).split('\n')[1] ?? '';
  const [, ...figures] = line.split(',').map(Number);
  // What cannot be computed ent prints as -100000 or as no number.
  return figures.map((figure) => (figure === -100_000 || Number.isNaN(figure) ? null : figure));
}

function weirSays(f: EntFigures): (number | null)[] {
  return [f.bytes, f.entropy, f.chi_square, f.mean, f.monte_carlo_pi, f.serial_correlation];
}

function figuresOf(bytes: Uint8Array): EntFigures {
  const stream = new EntStream();
  stream.feed(bytes, 0, bytes.length);
  const figures = stream.figures();
  assert.ok(figures !== undefined);
  return figures;
}

/** Largest difference; a figure that only one side has counts as infinite. */
function difference(ours: readonly (number | null)[], theirs: readonly (number | null)[]): number {
  return Math.max(
    ...ours.map((value, i) => {
      const other = theirs[i] ?? null;
      if (value === null || other === null) return value === other ? 0 : Infinity;
      return Math.abs(value - other);
    }),
  );
}

test('figures known beforehand: all byte values once', () => {
  const f = figuresOf(Uint8Array.from({ length: 256 }, (_, i) => i));
  assert.deepEqual([f.entropy, f.chi_square, f.mean], [8, 0, 127.5]);
});

test('equal bytes have no serial correlation, five bytes no point', () => {
  const f = figuresOf(new Uint8Array(5).fill(7));
  assert.deepEqual([f.entropy, f.serial_correlation, f.monte_carlo_pi], [0, null, null]);
});

test('no byte, no figure', () => assert.equal(new EntStream().figures(), undefined));

test('the pieces in which bytes come do not matter', () => {
  const bytes = new RandomBytes('pieces').bytes(10_007);
  const stream = new EntStream();
  for (let at = 0; at < bytes.length; at += 13) stream.feed(bytes, at, Math.min(bytes.length, at + 13));
  assert.deepEqual(stream.figures(), figuresOf(bytes));
});

test('made streams agree with ent in all figures to 1e-6', { skip: noEnt ?? false }, () => {
  const random = new RandomBytes('ent');
  const streams = [1, 2, 5, 6, 7, 100, 4096, 100_003].map((n) => random.bytes(n));
  streams.push(Buffer.from('The quick brown fox. '.repeat(99)), Buffer.alloc(1000), Buffer.from([1, 1, 1, 1, 1, 1, 2]));
  const worst = Math.max(...streams.map((bytes) => difference(weirSays(figuresOf(bytes)), entSays(bytes))));
  assert.ok(worst <= 1e-6, `largest difference ${worst}`);
});

/** Keeps payloads themselves, for the second opinion. */
class Payloads implements FrameSink {
  readonly #walk = new Walk();
  readonly list = new Map<string, Buffer[]>();

  frame(bytes: Uint8Array, start: number, end: number, _s: number, _ns: number, _n: number, linkType: number): void {
    const w = this.#walk;
    w.walk(bytes, start, end, linkType);
    const transport = w.protocol === PROTOCOL_TCP || w.protocol === PROTOCOL_UDP;
    if (!transport || !w.hasPorts || w.payloadEnd <= w.payloadStart) return;
    const size = w.ipVersion === 4 ? 4 : 16;
    const ends = [w.sourceIp, w.destinationIp].map((at) => Buffer.from(bytes.subarray(at, at + size)).toString('hex'));
    const key = [w.protocol, ...ends, w.sourcePort, w.destinationPort].join(' ');
    this.list.set(key, [...(this.list.get(key) ?? []), Buffer.from(bytes.subarray(w.payloadStart, w.payloadEnd))]);
  }
}

test('payloads of real captures agree with ent in all figures to 1e-6', {
  skip: noEnt ?? noCaptures ?? false,
}, async (t) => {
  let compared = 0;
  let worst = 0;
  const folder = join(captures, 'iot-setup');
  for (const file of readdirSync(folder).sort()) {
    const [figures, payloads] = [new EntConversations(), new Payloads()];
    await readCaptureFile(join(folder, file), figures, false);
    await readCaptureFile(join(folder, file), payloads, false);
    const streams = [...payloads.list.values()].map((parts) => Buffer.concat(parts));
    const found = figures.figures();
    assert.equal(found.length, streams.length, file);
    for (const [i, bytes] of streams.entries()) {
      if (compared >= 300) break;
      worst = Math.max(worst, difference(weirSays(found[i]!), entSays(bytes)));
      compared++;
    }
  }
  t.diagnostic(`${compared} payloads, largest difference ${worst}`);
  assert.ok(compared >= 200 && worst <= 1e-6, `${compared} payloads, largest difference ${worst}`);
});
