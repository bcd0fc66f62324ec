// What the sentences of a running appliance call the content of readable traffic, from frames to sentence: pictures and video by name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSentence } from '../../appliance/model/sentences/sentence.ts';
import { SENTENCES_BY, sentencesResponse } from '../../appliance/publish/sentence-view.ts';
import { type FlowGroups, groupFlows } from '../../appliance/store/figures/flow-groups.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { packBlock, unpackBlock } from '../../appliance/store/index/flow-pack.ts';
import type { FlowBlock } from '../../appliance/store/index/flow-row.ts';
import { packText } from '../../appliance/store/index/packed-text.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { KINDS, RandomBytes } from '../analysis/labelled/sessions.ts';
import { segments } from '../analysis/labelled/stats-of.ts';
import { connection } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY } from '../store/data-folder.ts';
import { deviceRows } from '../web/mock-answers.ts';

const tools = openSummaryTools('curated', () => undefined);
const HOUR = { hour: '20261120T13', phase: 'idle' } as const;
const OWNER = device(1);
const NEAR = { mac: OWNER, ip: '10.0.0.11', port: 40_000 };
const SERVER = { mac: GATEWAY, ip: '93.184.216.34', port: 23_456 };

async function hourOf(name: string, folder: DataFolder): Promise<FlowBlock> {
  const kind = KINDS.find((one) => one.name === name);
  assert.ok(kind !== undefined, name);
  const packets = kind.make(new RandomBytes(name)).flatMap(({ from, bytes }) => segments(from, bytes));
  const frames = connection(
    NEAR,
    SERVER,
    packets.map(({ from, bytes }) => [from === 'a' ? 0 : 1, bytes] as const),
  );
  const room = { device: OWNER, seq: 1, infra: [GATEWAY], linkType: 1, carry: null, dataDir: folder.dir };
  const analyzer = makeAnalyzer(room);
  for (const [i, frame] of frames.entries()) analyzer.frame(frame, 0, frame.length, 1_795_179_600, i, frame.length, 1);
  const { flows } = await tools.hour([packText(analyzer.finish().summary)], { device: OWNER, ...HOUR });
  return unpackBlock(flows);
}

function sentenceOf(block: FlowBlock): string {
  const found: FlowGroups = groupFlows(OWNER, [{ ...HOUR, block }], { by: SENTENCES_BY, filter: {} }, () => ({
    country: 'CN',
    org: 'Alibaba',
  }));
  const [any] = deviceRows(0);
  assert.ok(any !== undefined);
  const row = { ...any, id: 'b827eb000001', name: 'Hall camera' };
  const asked = { from: null, to: null, ts: '2026-11-20T13:00:00Z', period: 'today' };
  const [said] = sentencesResponse([row], found, asked).devices;
  return plainSentence(said?.sentences[0] ?? { parts: [] });
}

for (const [name, content] of [
  ['motion JPEG by HTTP', 'pictures'],
  ['JPEG, joined late', 'pictures'],
  ['H.264', 'video'],
  ['H.264 by HTTP', 'video'],
  ['MP4 by HTTP PUT', 'video'],
  ['MP3, joined late', 'sound'],
  ['gzip by HTTP', 'compressed data'],
  ['JSON by HTTP', 'data'],
] as const) {
  test(`${name} that anyone can read is called ${content} on the first screen`, async (t) => {
    const block = await hourOf(name, DataFolder.make(t));
    assert.match(
      sentenceOf(block),
      new RegExp(
        `^Hall camera sends ${content}, readable by anyone on the way, to China \\(Alibaba\\), [\\d.]+ [kM]?B today\\.$`,
      ),
    );
  });
}

test('a row of a version before content was recorded says no more than its protection', async (t) => {
  const block = await hourOf('H.264', DataFolder.make(t));
  const rows = block.rows.map((row) => ({ ...row, content: '' }));
  const old = unpackBlock(packBlock({ ...block, rows }));
  assert.match(sentenceOf(old), /^Hall camera sends media or compressed data, readable/);
});
