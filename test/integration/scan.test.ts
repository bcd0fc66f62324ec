// A device that scans the Internet for an hour, as malware on cameras does, with real processes: the appliance stays within
// the memory that its unit allows, renders on, and its sums are those of a replay, exact to the packet.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import { ascii, generator, pcapFile, type TestFrame, tcp, udp } from '../analysis/packets.ts';
import { eventually } from '../store/data-folder.ts';
import { CLI } from './installation.ts';

const CAMERA = '02:00:00:00:00:11';
const GATEWAY = '02:00:00:00:00:01';
const START = 1_795_000_800;
const PROBES = 120_000;
/** One of so many packets is what the camera does otherwise. */
const ORDINARY = 100;
const PATIENCE_SECONDS = 120;
/** Of systemd/weir.service, less what pm2 next to it takes. */
const MAX_MEGABYTES = 450;

const folder = mkdtempSync(join(tmpdir(), 'weir-scan-'));
const config = join(folder, 'weir.yaml');
let appliance: ChildProcess | undefined;

after(async () => {
  if (appliance?.exitCode === null) {
    const gone = once(appliance, 'exit');
    appliance.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
});

function frame(i: number, random: () => number): TestFrame {
  const at = { seconds: START + Math.floor((i * 3000) / PROBES), nanoseconds: (i % 1000) * 1000 };
  const near = { mac: CAMERA, ip: '10.0.0.11', port: 20_000 + (i % 40_000) };
  if (i % ORDINARY === 0) {
    const cloud = { mac: GATEWAY, ip: '198.51.100.7', port: 8899 };
    const bytes =
      i % (2 * ORDINARY) === 0
        ? udp({ ...near, port: 5000 }, cloud, ascii('state'))
        : udp(cloud, { ...near, port: 5000 }, ascii('ok'));
    return { bytes, ...at };
  }
  const address = random();
  const ip = `${11 + ((address >>> 24) % 200)}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  return { bytes: tcp(near, { mac: GATEWAY, ip, port: 23 }, i, 0, 2, new Uint8Array(0)), ...at };
}

function writeScan(path: string): void {
  const random = generator(23);
  const file = openSync(path, 'w');
  writeSync(file, pcapFile([]));
  for (let i = 0; i < PROBES; i += 2000) {
    writeSync(file, pcapFile(Array.from({ length: 2000 }, (_, k) => frame(i + k, random))).subarray(24));
  }
  closeSync(file);
}

function weir(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Peak of the process, the mapped files that the kernel can take back at any time left out. */
function peakMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
  return (kilobytes('VmHWM') - kilobytes('RssFile')) / 1024;
}

test('a device that scans fills no memory, and no packet is missing from the figures', {
  timeout: 300_000,
}, async (t) => {
  writeScan(join(folder, 'scan.pcap'));
  mkdirSync(join(folder, 'data'));
  const capture = {
    engine: 'file',
    file: join(folder, 'scan.pcap'),
    speed: 0,
    infra_macs: [GATEWAY],
    canary_seconds: 0,
  };
  const retention = { free_bytes: 0, free_percent: 0, free_inodes_percent: 0, ballast_bytes: 0 };
  const dir = join(folder, 'data');
  writeFileSync(config, JSON.stringify({ data: { dir }, capture, retention, http: { port: 0 } }));
  weir('capture', '--config', config);

  const log = openSync(join(folder, 'appliance.log'), 'a');
  const heap = '--max-old-space-size=192 --max-semi-space-size=1 --optimize-for-size --heap-growing-percent=10'.split(
    ' ',
  ); // as systemd/ecosystem.config.cjs
  appliance = spawn(process.execPath, [...heap, CLI, 'appliance', '--config', config], {
    stdio: ['ignore', log, log],
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  });
  const counted = (): number => {
    const { status, stdout } = spawnSync(process.execPath, [CLI, 'devices', '--json', '--config', config], {
      encoding: 'utf8',
    });
    if (status !== 0) return 0;
    return (JSON.parse(stdout) as DevicesResponse).devices.find(({ mac }) => mac === CAMERA)?.packets ?? 0;
  };
  await eventually('every packet on the page', () => counted() === PROBES, PATIENCE_SECONDS);
  const peak = peakMegabytes(appliance.pid!);
  t.diagnostic(`peak ${peak.toFixed(0)} MB`);
  assert.ok(peak < MAX_MEGABYTES, `${peak} MB`);
  assert.doesNotMatch(readFileSync(join(folder, 'appliance.log'), 'utf8'), /anew|restarted|memory/);
  const gone = once(appliance, 'exit');
  appliance.kill('SIGTERM');
  await gone;

  const replayed = weir('replay', dir);
  assert.equal(weir('replay', dir, '--index'), replayed, 'the index holds what a replay gives');
  const line = replayed.split('\n').find((text) => text.includes(CAMERA.replaceAll(':', '')));
  const { conversations, limits } = (JSON.parse(line!) as { document: AnalysisDocument }).document;
  const kept = conversations.reduce((sum, { pkts_ab, pkts_ba }) => sum + pkts_ab + pkts_ba, 0);
  assert.equal(kept + limits.packets_in_evicted, PROBES);
  const ordinary = conversations.find(({ b_port }) => b_port === 8899);
  assert.equal((ordinary?.pkts_ab ?? 0) + (ordinary?.pkts_ba ?? 0), PROBES / ORDINARY, 'what was answered stays');
});
