// Silent conversations sleep in a file, and nothing that is said about them changes by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import type { SlotFile } from '../../appliance/analysis/packet/sleep-store.ts';
import { renderDocument, streamDocument, wholeDocument } from '../../appliance/analysis/render-document.ts';
import type { Conversation } from '../../appliance/analysis/summary/conversation-stats.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { household } from './household.ts';

class MemoryFile implements SlotFile {
  #bytes = new Uint8Array(0);
  written = 0;

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const longer = new Uint8Array(end * 2);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(bytes, position);
    this.written++;
  }

  read(bytes: Uint8Array, position: number): void {
    bytes.set(this.#bytes.subarray(position, position + bytes.length));
  }
}

/** A home three times: again after a silence within a session, and after one that ends it. */
function analyze(sleepers?: SlotFile): Analyzer {
  const analyzer = new Analyzer(
    sleepers === undefined ? { owner: null, infra: [] } : { owner: null, infra: [], sleepers },
  );
  for (const delay of [0, 2000, 12_000]) {
    const reader = new CaptureReader({
      frame: (bytes, start, end, seconds, ...rest) => analyzer.frame(bytes, start, end, seconds + delay, ...rest),
    });
    reader.push(household(7));
  }
  return analyzer;
}

test('conversations that slept are reported like those that stayed awake, also when they go on', () => {
  const file = new MemoryFile();
  const slept = analyze(file).parts();
  const awake = analyze().parts();
  const kept = (conversations: Iterable<Conversation>) =>
    Array.from(conversations, ({ payload, ...one }) => structuredClone({ ...one, ...payload() }));
  assert.deepEqual(kept(slept.conversations), kept(awake.conversations));
  assert.deepEqual(slept.part, awake.part);
  assert.ok(file.written > 20, `${file.written} conversations went to sleep`);
});

test('a document made one conversation after the other is that of the summary', () => {
  const { tables } = openTables('test');
  const source = { path: 'home.pcap', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 6 } as const;
  const { part, conversations } = analyze(new MemoryFile()).parts();
  const streamed = wholeDocument(streamDocument(part, conversations, tables, source));
  const whole = renderDocument(analyze().summary(), tables, source);
  assert.ok(whole.conversations.length > 20, `${whole.conversations.length} conversations`);
  assert.equal(JSON.stringify(streamed), JSON.stringify(whole));
});
