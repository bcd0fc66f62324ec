import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { RenderThread } from '../../appliance/store/figures/render-thread.ts';
import { NO_TEXT, type PackedText, packText } from '../../appliance/store/index/packed-text.ts';
import type { SummaryTools } from '../../appliance/store/summary-tools.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { DataFolder, device, GATEWAY, packet } from './data-folder.ts';

const ORIGIN = { device: device(1), path: 'captures/x', bytes: 1 };

/** The summary of ten packets, numbered from `first`. */
function summary(dataDir: string, first: number): PackedText {
  const analyzer = makeAnalyzer({ device: device(1), seq: 1, infra: [GATEWAY], linkType: 1, carry: null, dataDir });
  for (let i = first; i < first + 10; i++) {
    const bytes = packet(device(1), i).subarray(16);
    analyzer.frame(bytes, 0, bytes.length, 1_795_179_600 + i, 0, bytes.length, 1);
  }
  return packText(analyzer.finish().summary);
}

test('what the thread answers is what the same tools answer on the spot', async (t) => {
  const { dir } = DataFolder.make(t);
  const parts = [summary(dir, 0), summary(dir, 10)];
  const thread = new RenderThread('curated', dir, () => undefined);
  t.after(() => thread.stop());
  thread.start();
  const direct = openSummaryTools('curated', () => undefined, dir);
  assert.deepEqual(await thread.merge(parts), await direct.merge(parts));
  const plain = (value: unknown) => JSON.stringify(value);
  assert.equal(plain(await thread.document(parts, ORIGIN)), plain(await direct.document(parts, ORIGIN)));
  const combined = async (tools: SummaryTools) => {
    const sum = tools.combine();
    for (const part of parts) await sum.add([part]);
    return plain(await sum.document(ORIGIN));
  };
  assert.equal(await combined(thread), await combined(direct));
});

test('a question that cannot be answered fails alone', async (t) => {
  const { dir } = DataFolder.make(t);
  const thread = new RenderThread('curated', dir, () => undefined);
  t.after(() => thread.stop());
  await assert.rejects(thread.merge([packText('{'), packText('{')]));
  assert.deepEqual(await thread.merge([NO_TEXT, NO_TEXT]), NO_TEXT);
});

test('a thread that cannot work fails its questions and says so, and stopping ends it', async (t) => {
  const { dir } = DataFolder.make(t);
  const problems: string[] = [];
  const thread = new RenderThread('no such profile', dir, (text) => problems.push(text));
  await assert.rejects(thread.merge([]), /no port profile/i);
  assert.match(problems.join(' '), /the render thread restarts/);
  await thread.stop();
  await assert.rejects(thread.merge([]), /stopped/);
});

test('half a sum of devices is none', async (t) => {
  const { dir } = DataFolder.make(t);
  const thread = new RenderThread('curated', dir, () => undefined);
  t.after(() => thread.stop());
  const sum = thread.combine();
  await sum.add([summary(dir, 0)]);
  sum.abandon();
  await assert.rejects(sum.add([summary(dir, 10)]), /the render thread restarted/);
  await assert.rejects(sum.document(ORIGIN), /the render thread restarted/);
});
