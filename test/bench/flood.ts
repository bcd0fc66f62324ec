// What devices that flood cost the analysis thread, in one process: time per packet, memory per device, size of what leaves.
// `node --expose-gc dist/test/bench/flood.js [DEVICES] [CONVERSATIONS] [KIND …]`; not part of the tests: machines differ.

import type { Summary } from '../../appliance/analysis/summary/summary.ts';
import { openSummaryTools } from '../../appliance/store/figures/join-analysis.ts';
import { NO_TEXT, packText, unpackText } from '../../appliance/store/index/packed-text.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { FLOODS, type Flood } from './flood-input.ts';

const MEGABYTE = 1_048_576;
const START = 1_795_000_000;
const PACKETS_PER_SECOND = 6000;
const BATCH = 512;
const [devices = '20', conversations = '65536', ...kinds] = process.argv.slice(2);
const tools = openSummaryTools('curated', () => undefined);

function resident(): number {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(
    `    rss ${(rss / MEGABYTE).toFixed(0)} heap ${(heapUsed / MEGABYTE).toFixed(0)} buffers ${(arrayBuffers / MEGABYTE).toFixed(0)}`,
  );
  return (heapUsed + arrayBuffers) / MEGABYTE;
}

async function measure(kind: string, flood: Flood): Promise<void> {
  const count = Number(devices);
  const owners = Array.from(
    { length: count },
    (_, i) => `02:00:00:00:01:${(i + 2).toString(16).padStart(2, '0')}` as never,
  );
  const start = { seq: 1, infra: ['02:00:00:00:00:01'], linkType: 1, dataDir: '/', carry: null };
  console.log(kind);
  const before = resident();
  const analyzers = owners.map((device) => makeAnalyzer({ ...start, device }));
  let packets = 0;
  let microseconds = 0;
  for (let i = 0; i < Number(conversations); i += BATCH) {
    for (const [k, device] of owners.entries()) {
      const batch = Array.from({ length: BATCH }, (_, n) => flood(device, i + n)).flat();
      const at = i / PACKETS_PER_SECOND;
      const from = process.cpuUsage();
      for (const [n, bytes] of batch.entries())
        analyzers[k]!.frame(bytes, 0, bytes.length, START + Math.floor(at), n * 1000, bytes.length, 1);
      const { user, system } = process.cpuUsage(from);
      microseconds += user + system;
      packets += batch.length;
    }
  }
  const held = resident() - before;
  let from = performance.now();
  const live = analyzers[0]!.snapshot();
  const snapshotMs = performance.now() - from;
  from = performance.now();
  const live2 = analyzers[0]!.snapshot();
  const snapshot2Ms = performance.now() - from;
  from = performance.now();
  const ends = analyzers.map((analyzer) => analyzer.finish());
  const finishMs = (performance.now() - from) / count;
  const after = resident() - before;
  from = performance.now();
  let sum = NO_TEXT;
  const part = packText(ends[0]!.summary);
  for (let i = 0; i < 3; i++) sum = await tools.merge([sum, part]);
  const mergeMs = (performance.now() - from) / 3;
  from = performance.now();
  const document = await tools.document([sum], { device: owners[0]!, path: 'x', bytes: 0 });
  const renderMs = performance.now() - from;
  const text = JSON.stringify(document);
  console.log(
    `  ${packets} packets, ${((microseconds * 1000) / packets).toFixed(0)} ns of CPU each; ${(held / count).toFixed(2)} MB a device (${(after / count).toFixed(2)} with ends); ` +
      `live ${live.length} in ${snapshotMs.toFixed(0)} then ${live2.length} in ${snapshot2Ms.toFixed(0)} ms; summary ${ends[0]!.summary.length}, carry ${ends[0]!.carry.length} in ${finishMs.toFixed(0)} ms; ` +
      `sum ${sum.length} in ${mergeMs.toFixed(0)} ms; document ${text.length} in ${renderMs.toFixed(0)} ms`,
  );
  const summary = JSON.parse(unpackText(sum)) as Summary;
  const sizes = Object.entries(summary.own).map(([key, value]) => [key, JSON.stringify(value).length] as const);
  console.log(
    '  ',
    sizes
      .filter(([, size]) => size > 5000)
      .map(([key, size]) => `${key} ${size}`)
      .join(', '),
  );
  console.log('   limits', JSON.stringify(document.limits), document.conversations.length, 'rows');
}

for (const [kind, flood] of Object.entries(FLOODS)) {
  if (kinds.length === 0 || kinds.includes(kind)) await measure(kind, flood);
}
