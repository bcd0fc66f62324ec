// weir export zeek: community ids are tshark's, sums are tshark's, and Amar's own lines run on it unchanged.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { byText } from '../../appliance/reproduce/report/table.ts';
import { connState } from '../../appliance/reproduce/zeek/conn-row.ts';
import { zeekLogs } from '../../appliance/reproduce/zeek/log-files.ts';
import { ConnTracker } from '../../appliance/reproduce/zeek/tracker.ts';
import { ascii, type Endpoint, tcp, udp } from '../analysis/packets.ts';
import { CORPUS } from '../truth/corpus.ts';
import { hasProgram, tshark, weir } from './outside.ts';

const HUE = join(CORPUS, 'iot-ap', 'philips-hue_lan.pcap');
const WITHINGS = join(CORPUS, 'iot-setup', 'Withings_Setup-C-1.pcap');
const reason = hasProgram('tshark', HUE) ?? false;

function logs(t: TestContext, capture: string, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-zeek-'));
  t.after(() => rmSync(folder, { recursive: true }));
  weir('export', 'zeek', capture, '-o', folder, ...options);
  return folder;
}

/** What bro-cut does: columns by name, head lines away. */
const BRO_CUT = `#!/bin/sh
exec awk -F'\\t' -v want="$*" 'BEGIN{n=split(want,w," ")} /^#fields/{for(i=2;i<=NF;i++)at[$i]=i-1;next} /^#/{next} {line="";for(i=1;i<=n;i++)line=line (i>1?"\\t":"") $at[w[i]];print line}'
`;

function shell(folder: string, script: string): string[][] {
  writeFileSync(join(folder, 'bro-cut'), BRO_CUT);
  chmodSync(join(folder, 'bro-cut'), 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}

function sums(
  rows: readonly string[][],
  key: (row: string[]) => string,
  value: (row: string[]) => number,
): Map<string, number> {
  const all = new Map<string, number>();
  for (const row of rows) all.set(key(row), (all.get(key(row)) ?? 0) + value(row));
  return all;
}

for (const capture of [HUE, WITHINGS]) {
  test(`community ids are those of tshark: ${capture.slice(CORPUS.length + 1)}`, { skip: reason }, (t) => {
    const folder = logs(t, capture);
    const got = new Set(shell(folder, 'bro-cut community_id < conn.log').map(([id]) => id));
    const words = ['--enable-protocol', 'communityid', '-n', '-r', capture, '-T', 'fields', '-e', 'communityid'];
    const { stdout } = spawnSync('tshark', words, { encoding: 'utf8' });
    // An ICMP error has a second one, of the header that it returns.
    const want = new Set(
      stdout
        .split('\n')
        .map((line) => line.split(',')[0])
        .filter((id) => id !== ''),
    );
    assert.deepEqual(
      [...got].flatMap((id) => id ?? []).toSorted(byText),
      [...want].flatMap((id) => id ?? []).toSorted(byText),
    );
  });
}

test("Amar's lines give the bytes of each originator by protocol", { skip: reason }, (t) => {
  const folder = logs(t, WITHINGS);
  const script = `cat conn.log | bro-cut orig_l2_addr proto orig_ip_bytes \\
    | awk '{ a[$1" "$2] += $3 } \\
     END { for(i in a) print i, a[i] }' | sort -nrk3`;
  const got = new Map(shell(folder, script).map(([mac = '', proto = '', bytes]) => [`${mac} ${proto}`, Number(bytes)]));
  const tcpSent = tshark(WITHINGS, 'tcp && ip.src==10.10.10.21', 'ip.len').reduce((sum, [n]) => sum + Number(n), 0);
  assert.equal(got.get('00:24:e4:24:80:2a tcp'), tcpSent);
});

test("Amar's lines give the heads of DNS, the plots' inputs and both sides of the router", { skip: reason }, (t) => {
  const folder = logs(t, HUE);
  const heads = shell(folder, 'bro-cut query < dns.log | sort | uniq -c | sort -nr | head');
  const asked = sums(
    tshark(HUE, 'udp.dstport==53 && dns.flags.response==0 && !icmp', 'dns.qry.name'),
    (row) => (row[0] ?? '').toLowerCase(),
    () => 1,
  );
  for (const [name, count] of asked) {
    const line = heads.find((head) => head[1] === name);
    if (line !== undefined) assert.equal(Number(line[0]), count, name);
  }
  assert.ok(heads.length === 10);
  const io = shell(
    folder,
    `cat conn.log | bro-cut ts orig_ip_bytes resp_ip_bytes service | awk '{ print $1, $2 + $3, $4 }'`,
  );
  const bytes = tshark(HUE, 'ip && !(icmp.type==3)', 'ip.len').reduce((sum, [n]) => sum + Number(n), 0);
  const bytes6 = tshark(HUE, 'ipv6', 'ipv6.plen').reduce((sum, [n]) => sum + Number(n) + 40, 0);
  const errors = tshark(HUE, 'icmp.type==3', 'ip.len').reduce((sum, [n]) => sum + Number(n?.split(',')[0]), 0);
  assert.equal(
    io.reduce((sum, row) => sum + Number(row[1]), 0),
    bytes + bytes6 + errors,
  );
  const router = 'c0:56:27:73:46:0b';
  const intern = shell(
    folder,
    `cat conn.log | bro-cut orig_l2_addr resp_l2_addr orig_ip_bytes | grep -iv '${router}' | sed 's/${router}//g' | awk '{ a[$1] += $2 } END { for(i in a) print i, a[i] }' | sort -nrk2`,
  );
  assert.ok(intern.length >= 2);
  assert.deepEqual(
    new Set(shell(folder, 'cat dhcp.log | bro-cut mac | sort | uniq').flat()).has('00:17:88:74:c2:dc'),
    true,
  );
});

test('JSON has the same rows as TSV', { skip: reason }, (t) => {
  const [tsv, json] = [logs(t, WITHINGS), logs(t, WITHINGS, '--json')];
  const uids = shell(tsv, 'bro-cut uid < conn.log').flat();
  const rows = readFileSync(join(json, 'conn.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { uid: string; ts: number });
  assert.deepEqual(
    rows.map(({ uid }) => uid),
    uids,
  );
  assert.equal(typeof rows[0]?.ts, 'number');
});

const CLIENT: Endpoint = { mac: '02:00:00:00:00:01', ip: '10.0.0.2', port: 40_000 };
const SERVER: Endpoint = { mac: '02:00:00:00:00:02', ip: '203.0.113.7', port: 80 };

function track(frames: readonly (readonly [seconds: number, bytes: Uint8Array])[]): ConnTracker {
  const tracker = new ConnTracker();
  for (const [seconds, bytes] of frames) tracker.frame(bytes, 0, bytes.length, seconds, 0, bytes.length, 1);
  return tracker;
}

test('states and history follow the handshake and the end', () => {
  const no = new Uint8Array(0);
  const [row] = track([
    [1, tcp(CLIENT, SERVER, 1, 0, 2, no)],
    [1, tcp(SERVER, CLIENT, 1, 2, 18, no)],
    [1, tcp(CLIENT, SERVER, 2, 2, 24, ascii('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))],
    [2, tcp(SERVER, CLIENT, 2, 30, 25, ascii('HTTP/1.1 200 OK\r\n\r\n'))],
    [2, tcp(CLIENT, SERVER, 30, 30, 17, no)],
  ]).rows();
  assert.deepEqual([connState(row!), row?.history, row?.service], ['SF', 'ShDdfF', 'http']);
  const rejected = track([
    [1, tcp(CLIENT, SERVER, 1, 0, 2, no)],
    [1, tcp(SERVER, CLIENT, 1, 2, 20, no)],
  ]).rows();
  assert.equal(connState(rejected[0]!), 'REJ');
});

test('silence ends a connection: a minute for UDP', () => {
  const rows = track([
    [0, udp(CLIENT, SERVER, ascii('a'))],
    [60, udp(CLIENT, SERVER, ascii('b'))],
    [121, udp(CLIENT, SERVER, ascii('c'))],
  ]).rows();
  assert.deepEqual(
    rows.map(({ origPackets }) => origPackets),
    [2, 1],
  );
});

test('what a device writes cannot add a line or a column', () => {
  const frames: [number, Uint8Array][] = [
    [1, tcp(CLIENT, SERVER, 1, 1, 24, ascii('GET /a HTTP/1.1\r\nHost: a\tb\\x\r\n\r\n'))],
  ];
  const http = zeekLogs(track(frames), 'tsv').find(({ name }) => name === 'http.log')?.text ?? '';
  const [line] = http.split('\n').filter((each) => !each.startsWith('#') && each !== '');
  const columns =
    http
      .split('\n')
      .find((each) => each.startsWith('#fields'))
      ?.split('\t').length ?? 0;
  assert.equal(line?.split('\t').length, columns - 1);
});
