// Summaries add up: however a capture is cut into segments, and in whatever grouping they are merged, the sum is the
// summary of the whole, byte for byte. What live analysis, hours, phases and a rebuild rest on.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { Vault } from '../../appliance/analysis/secrets/vault.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { emptySummary, mergeSummaries } from '../../appliance/analysis/summary/merge.ts';
import { canonicalJson } from '../../appliance/analysis/summary/packing.ts';
import { type Summary } from '../../appliance/analysis/summary/summary.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { type Mac, parseMac } from '../../appliance/model/mac.ts';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';
import { household } from './household.ts';
import { type Frame, GATEWAY, longHome, OWNER } from './long-home.ts';

function framesOf(file: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const reader = new CaptureReader({
    frame: (bytes, start, end, seconds, nanoseconds, length, linkType) =>
      frames.push({ bytes: bytes.slice(start, end), seconds, nanoseconds, length, linkType }),
  });
  reader.push(file);
  return frames;
}

interface Owner {
  readonly owner: Mac | null;
  readonly infra: readonly Mac[];
  readonly vault?: Vault;
}

/** As the appliance does it: carry and summary go through text between segments. */
function analyze(frames: readonly Frame[], cuts: readonly number[], owner: Owner): Summary[] {
  const ends = [...cuts, frames.length];
  let carry: Carry | undefined;
  let from = 0;
  return ends.map((to) => {
    const analyzer = new Analyzer(owner, carry);
    for (const f of frames.slice(from, to)) {
      analyzer.frame(f.bytes, 0, f.bytes.length, f.seconds, f.nanoseconds, f.length, f.linkType);
    }
    from = to;
    const end = analyzer.end();
    carry = JSON.parse(JSON.stringify(end.carry)) as Carry;
    return JSON.parse(JSON.stringify(end.summary)) as Summary;
  });
}

/** Merges neighbours in an order that `choices` picks: any grouping, the sequence kept. */
function mergeInAnyGrouping(parts: readonly Summary[], choices: readonly number[]): Summary {
  const list = [...parts];
  for (let step = 0; list.length > 1; step++) {
    const at = (choices[step % Math.max(1, choices.length)] ?? 0) % (list.length - 1);
    list.splice(at, 2, mergeSummaries(list[at]!, list[at + 1]!));
  }
  return list[0] ?? emptySummary();
}

function holdsForSplits(frames: readonly Frame[], owner: Owner, runs: number): void {
  const whole = canonicalJson(analyze(frames, [], owner)[0]);
  const cuts = fc.uniqueArray(fc.nat(frames.length), { maxLength: 6 });
  fc.assert(
    fc.property(cuts, fc.array(fc.nat(10), { maxLength: 6 }), (at, choices) => {
      const parts = analyze(
        frames,
        at.toSorted((a, b) => a - b),
        owner,
      );
      assert.equal(canonicalJson(mergeInAnyGrouping(parts, choices)), whole);
    }),
    { numRuns: runs, seed: 20261120 },
  );
}

const NOBODY: Owner = { owner: null, infra: [] };

test('any split of a generated household merges to the summary of the whole', () => {
  holdsForSplits(framesOf(household(7)), NOBODY, 60);
});

test('a device’s own and shared frames add up over any split as well', () => {
  const mac = (text: string): Mac => parseMac(text) ?? assert.fail(text);
  const owner = { owner: mac('02:00:00:00:00:11'), infra: [mac('02:00:00:00:00:01')] };
  holdsForSplits(framesOf(household(8)), owner, 40);
});

const VAULT = new Vault([
  { name: 'reading', value: 'reading=4' },
  { name: 'host', value: 'api1.example' },
]);

test('hours of silence change nothing: sessions end and begin again wherever the cuts lie', () => {
  for (const seed of [1, 2, 3]) holdsForSplits(longHome(seed), { ...NOBODY, vault: VAULT }, 40);
});

test('in a device’s own file neither', () => {
  const owner = parseMac(OWNER) ?? assert.fail();
  const infra = [parseMac(GATEWAY) ?? assert.fail()];
  for (const seed of [4, 5, 6]) holdsForSplits(longHome(seed), { owner, infra, vault: VAULT }, 40);
});

test('the made-up days hold every table of a summary, so that all of them were added', () => {
  const [summary] = analyze(longHome(1), [], { ...NOBODY, vault: VAULT });
  const { evicted: _evicted, dropped: _dropped, ...tables } = summary!.own;
  for (const [name, table] of Object.entries(tables)) {
    if (typeof table === 'object') assert.ok(Object.keys(table ?? {}).length > 0, name);
  }
  assert.ok(Object.keys(summary!.own.findings).some((key) => key.startsWith('PII-09')));
});

test('the neutral element changes nothing on either side', () => {
  const [summary] = analyze(framesOf(household(9)), [], NOBODY);
  assert.equal(canonicalJson(mergeSummaries(emptySummary(), summary!)), canonicalJson(summary));
  assert.equal(canonicalJson(mergeSummaries(summary!, emptySummary())), canonicalJson(summary));
});

test('asking for the summary in between changes nothing', () => {
  const frames = framesOf(household(10));
  const analyzer = new Analyzer(NOBODY);
  for (const f of frames) {
    analyzer.frame(f.bytes, 0, f.bytes.length, f.seconds, f.nanoseconds, f.length, f.linkType);
    if (f.nanoseconds % 5 === 0) analyzer.summary();
  }
  assert.equal(canonicalJson(analyzer.summary()), canonicalJson(analyze(frames, [], NOBODY)[0]));
});

const CAPTURES = [
  'iot-setup/HueBridge_Setup-A-1.pcap',
  'iot-setup/WeMoInsightSwitch_Setup-A-1.pcap',
  'derived/huebridge_clock_jump.pcap',
  'derived/huebridge_snaplen96.pcap',
  'iot-ap/dlink-cam_wlan2.4.pcap',
  'iot-misc/yi_camera_sample.pcap',
  'proto/ndpi_alexa-app.pcapng',
  'proto/ndpi_quic_interop_V.pcapng',
  'proto/wireshark_http-ooo.pcap',
  'proto/zeek_mixed-vlan-mpls.pcap',
];

for (const capture of CAPTURES) {
  test(`any split of ${capture} merges to the summary of the whole`, { skip: withoutCorpus }, () => {
    holdsForSplits(framesOf(readFileSync(join(CORPUS, capture))), NOBODY, 12);
  });
}
