// That a device hides its questions is said to people, too.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connection, type Endpoint, pcapFile } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';

const CLI = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const PHONE: Endpoint = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const RESOLVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '8.8.8.8', port: 853 };

test('weir analyze says in table and CSV that a device asks for names encrypted', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const hello = record(22, 0x0301, handshake(1, clientHelloBody('dns.google')));
  const frames = connection(PHONE, RESOLVER, [[0, hello]]).map((bytes, i) => ({
    bytes,
    seconds: 1_795_000_000 + i,
    nanoseconds: 0,
  }));
  const file = join(folder, 'dot.pcap');
  writeFileSync(file, pcapFile(frames));
  const said = (...words: string[]) =>
    spawnSync(process.execPath, [CLI, 'analyze', file, ...words], { encoding: 'utf8' }).stdout;
  assert.match(said(), /02:00:00:00:00:11[^\n]*\n {4}asks for names encrypted: DoT dns\.google\n/);
  assert.match(said('--format', 'csv', '--table', 'devices'), /encrypted_dns\r?\n.*DoT dns\.google/);
});
