// The published analyzer's options and its prompt, from the outside.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AnalyzerAnswers } from '../../appliance/reproduce/analyzer/answers.ts';
import { ascii, type Endpoint, pcapFile, tcp, udp } from '../analysis/packets.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');
const DEVICE: Endpoint = { mac: '02:00:00:00:00:01', ip: '192.168.1.2', port: 40_000 };
const SERVER: Endpoint = { mac: '02:00:00:00:00:02', ip: '8.8.8.8', port: 80 };

function capture(t: TestContext): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'weir-shell-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'capture.pcap');
  const frames = [
    tcp(DEVICE, SERVER, 1, 1, 24, ascii('GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n')),
    udp(DEVICE, { ...SERVER, ip: '1.1.1.1', port: 443 }, ascii('hello')),
  ];
  writeFileSync(file, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_600_000_000 + i, nanoseconds: 0 }))));
  return { folder, file };
}

function weir(input: string, ...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', input });
  return { status, out: stdout, err: stderr };
}

test('the options with one dash are understood, before and behind the file', (t) => {
  const { file } = capture(t);
  const before = weir(
    '',
    'analyze',
    '-po',
    '-cn',
    '-ips',
    '-e',
    '-pa',
    '-ct',
    '-g',
    '-cnlist',
    file,
    '--format',
    'json',
  );
  const behind = weir(
    '',
    'analyze',
    file,
    '--format',
    'json',
    '-po',
    '-cn',
    '-ips',
    '-e',
    '-pa',
    '-ct',
    '-g',
    '-cnlist',
  );
  assert.equal(before.status, 0, before.err);
  assert.equal(before.out, behind.out);
  const answer = JSON.parse(before.out) as AnalyzerAnswers & { overviews: { name: string }[] };
  assert.deepEqual(answer.connections, [
    ['192.168.1.2', '1.1.1.1', 1, 1, 0],
    ['192.168.1.2', '8.8.8.8', 1, 0, 1],
  ]);
  assert.deepEqual(
    answer.overviews.map(({ name }) => name),
    ['ports', 'connections', 'connection-list', 'addresses', 'places', 'cleartext', 'entropy', 'packets'],
  );
});

test('--ip alone reports everything about one address, with an option only its rows', (t) => {
  const { file } = capture(t);
  const alone = weir('', 'analyze', file, '--ip', '8.8.8.8').out;
  assert.match(alone, /tcp {4}80 .*192\.168\.1\.2.*cleartext/);
  assert.match(alone, /a\.example \(host\)/);
  assert.doesNotMatch(alone, /1\.1\.1\.1/);
  assert.doesNotMatch(weir('', 'analyze', file, '-cn', '--ip', '8.8.8.8').out, /1\.1\.1\.1/);
});

test('the shell loads, analyses, redirects, appends, pipes and remembers', (t) => {
  const { folder, file } = capture(t);
  const out = join(folder, 'out.txt');
  const lines = [
    `load -f ${file}`,
    `analyze -ips > ${out}`,
    `analyze -cnlist >> ${out}`,
    'analyze -po | grep -c 40000',
    'history',
  ];
  const answer = weir(`${lines.join('\n')}\n`, 'shell');
  assert.equal(answer.status, 0, answer.err);
  const written = readFileSync(out, 'utf8');
  assert.match(written, /Overview of all recorded IPs[\s\S]*List of connections/);
  assert.match(answer.out, /2 packets loaded\n1\n/);
  assert.match(answer.out, / 4 {2}analyze -po \| grep -c 40000\n/);
});

test('the shell says in one line what it cannot do, and without a person it stops there', (t) => {
  const { file } = capture(t);
  assert.match(weir('analyze -po\n', 'shell').err, /Nothing is loaded yet: load -f FILE\. \[USAGE\]\n$/);
  const unknown = weir(`load -f ${file}\nanalyze -zz\n`, 'shell');
  assert.deepEqual([unknown.status, /analyze knows no "-zz"/.test(unknown.err)], [2, true]);
  assert.match(weir('help\n', 'shell').out, /-cnlist +list of connections/);
});
