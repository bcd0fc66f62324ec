// A data folder of two devices with UDP and TCP at known nanoseconds, and the figures that editcap and tshark give for a span of it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatSeconds } from '../../../appliance/model/time/clock.ts';
import { connection } from '../../analysis/packets.ts';
import { type DataFolder, device, GATEWAY, type OpenSegment, record, udpFrame } from '../../store/data-folder.ts';

export const SECOND = 1_000_000_000n;
export const ONE = device(1);
export const TWO = device(2);

const missing = ['editcap', 'mergecap', 'tshark'].filter(
  (program) => spawnSync(program, ['--version']).error !== undefined,
);
/** Why the comparison cannot be made; false where it can. */
export const NO_WIRESHARK = missing.length === 0 ? false : `${missing.join(', ')} not installed`;

/** A datagram every 173 ms and a whole TCP connection every 5 s in [from, to), and one packet at each of `marks`. */
export function talk(
  folder: DataFolder,
  segment: OpenSegment,
  from: bigint,
  to: bigint,
  marks: readonly bigint[] = [],
) {
  const frames: [bigint, Uint8Array][] = marks.map((at, i) => [at, datagram(segment.device, 50_000 + i, 7)]);
  for (let at = from, i = 0; at < to; at += 173_000_001n, i++)
    frames.push([at, datagram(segment.device, 40_000 + (i % 7), 20 + (i % 90))]);
  for (let at = from + 17n, i = 0; at < to; at += 5n * SECOND, i++)
    for (const [j, frame] of exchange(segment.device, i).entries()) frames.push([at + BigInt(j) * 40_000_000n, frame]);
  const sorted = frames.filter(([at]) => at < to).sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0));
  for (const [at, frame] of sorted) folder.append(segment, record(frame, at));
}

/** What a segment holds that was deleted, as capture's retention reports it. */
export function remove(folder: DataFolder, { path }: OpenSegment, last: bigint): void {
  const reported = { path, sha256: '0'.repeat(64), reason: 'budget', last_ts: formatSeconds(last) };
  folder.line({ type: 'segment-deleting', ...reported });
  folder.line({ type: 'segment-deleted', ...reported });
}

const address = (owner: string) => `10.0.0.${Number.parseInt(owner.slice(-2), 16) + 10}`;

function datagram(owner: string, port: number, length: number): Uint8Array {
  return udpFrame({
    from: owner,
    to: GATEWAY,
    source: address(owner),
    destination: port % 2 === 0 ? '93.184.216.34' : '151.101.1.69',
    sourcePort: port,
    destinationPort: 5000,
    payload: Buffer.alloc(length, port),
  });
}

function exchange(owner: string, i: number): Uint8Array[] {
  const near = { mac: owner, ip: address(owner), port: 30_000 + i };
  const far = { mac: GATEWAY, ip: '93.184.215.14', port: 80 };
  return connection(near, far, [
    [0, Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
    [1, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')],
  ]);
}

export interface Outside {
  readonly packets: number;
  readonly bytes: number;
  readonly payload_bytes: number;
  readonly conversations: number;
  readonly destinations: number;
  /** The cut file. */
  readonly file: string;
}

/** `times` in any zone as editcap takes them; of segments that are there, of the device or of all. */
export function cutAndCount(
  folder: DataFolder,
  segments: readonly OpenSegment[],
  times: readonly [string, string],
): Outside {
  const files = segments.map(({ path }) => folder.file(path)).filter(existsSync);
  const [all, cut] = [join(folder.dir, 'all.pcap'), join(folder.dir, 'cut.pcap')];
  run('mergecap', '-F', 'nsecpcap', '-w', all, ...files);
  run('editcap', '-F', 'nsecpcap', '-A', times[0], '-B', times[1], all, cut);
  const fields = ['frame.len', 'ip.src', 'ip.dst', 'udp.length', 'tcp.len', 'udp.stream', 'tcp.stream'];
  const rows = run('tshark', '-r', cut, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]))
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.split('\t'));
  const sum = (value: (row: string[]) => number) => rows.reduce((total, row) => total + value(row), 0);
  const remote = rows.flatMap(([, from = '', to = '']) => [from, to]).filter((ip) => !ip.startsWith('10.'));
  return {
    packets: rows.length,
    bytes: sum(([length]) => Number(length)),
    payload_bytes: sum(([, , , udp, tcp]) => (udp === '' ? Number(tcp) : Number(udp) - 8)),
    conversations: new Set(rows.map(([, , , , , udp, tcp]) => `${udp} ${tcp}`)).size,
    destinations: new Set(remote).size,
    file: cut,
  };
}

function run(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}
