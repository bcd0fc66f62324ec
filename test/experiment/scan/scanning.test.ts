// The scanner against a device in a network namespace: what is open is found exactly, also when everything is killed in between,
// and nothing outside the captured network is ever asked.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AnalysisDocument } from '../../../appliance/model/analysis-document.ts';
import { APPLIANCE_SOCKET } from '../../../appliance/model/files/run-files.ts';
import { parsePorts } from '../../../appliance/model/scan/port-set.ts';
import type { Notification } from '../../../appliance/publish/notify/notification.ts';
import type { DevicesResponse } from '../../../appliance/publish/schemas/devices.ts';
import type { ScanDetail, ScanOrdered, ScansResponse } from '../../../appliance/publish/schemas/scan.ts';
import type { StatusResponse } from '../../../appliance/publish/schemas/status.ts';
import { Watch, watchedLine } from '../../soak/watch.ts';
import { eventually } from '../../store/data-folder.ts';
import { DEVICE_IP, DEVICE_MAC, ScanBed, whyNot } from './scan-bed.ts';

const INSIDE = 'WEIR_SCAN_NAMESPACE';
const FULL = 'WEIR_SCAN_FULL';
/** Among the most frequent by nmap's list. */
const TCP = [22, 80, 554, 8080, 49_152];
const UDP = [53, 1900, 5353];
const PATIENCE_SECONDS = 120;
/** So that the kill meets nmap at its work: packets a second. */
const SLOW = 250;
/** Notifications look each five seconds. */
const TWO_LOOKS_MS = 11_000;
const FULL_PATIENCE_SECONDS = 3600;
const TEN = 10;
const MAX_LAG_SECONDS = 5;
const MAX_ANSWER_MS = 1000;
/** The one that the device itself sends from: bound, and silent. */
const DEVICE_PORT = 60_999;

if (process.env[INSIDE] === undefined) {
  test('a scan in a namespace of its own', {
    skip: whyNot(),
    timeout: 1000 * (process.env[FULL] === undefined ? 900 : 2 * FULL_PATIENCE_SECONDS),
  }, (t) => {
    const self = fileURLToPath(import.meta.url);
    // Of the tests by hand one alone: WEIR_SCAN_FULL='ten devices'.
    const only = (process.env[FULL] ?? '1') === '1' ? [] : ['--test-name-pattern', process.env[FULL] ?? ''];
    const run = spawnSync('unshare', ['-n', process.execPath, '--test', '--test-reporter=tap', ...only, self], {
      env: { ...process.env, [INSIDE]: '1', NODE_TEST_CONTEXT: undefined },
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    for (const line of run.stdout.match(/^# .*\d s\b.*$/gm) ?? []) t.diagnostic(line.slice(2));
  });
} else if (process.env[FULL] !== undefined) {
  // The paper's profile: once, by hand (`WEIR_SCAN_FULL=1 node --test …`); its time is in EXPERIMENTS.md.
  test('the full profile, -sS -sU -p 0-65535, finds the open ports exactly', async (t) => {
    const bed = new ScanBed();
    t.after(() => bed.end());
    await bed.build(TCP, UDP);
    bed.verb('capture');
    bed.verb('appliance');
    const seen = async () => JSON.stringify((await bed.ask('GET', '/api/v1/devices')) ?? '').includes(DEVICE_IP);
    await eventually('the device on the page', seen, PATIENCE_SECONDS);
    const ordered = await bed.ask<ScanOrdered>('POST', '/api/v1/scans', { devices: [DEVICE_IP], profile: 'full' });
    const detail = async () => (await bed.ask<ScanDetail>('GET', `/api/v1/scans/${ordered?.scans[0]?.id}`))?.scan;
    await eventually('the end', async () => (await detail())?.ended != null, FULL_PATIENCE_SECONDS);
    const scan = await detail();
    assert.equal(scan?.state, 'done', scan?.reason);
    const counts = (states: Record<string, string>) =>
      Object.fromEntries(Object.entries(states).map(([state, ports]) => [state, parsePorts(ports)?.length]));
    assert.equal(scan.tcp.open, TCP.join());
    assert.deepEqual(counts(scan.tcp), {
      open: TCP.length,
      closed: 65_536 - TCP.length,
      filtered: 0,
      'open|filtered': 0,
    });
    assert.equal(scan.udp['open|filtered'], [...UDP, DEVICE_PORT].join());
    assert.equal(counts(scan.udp)['closed'], 65_536 - UDP.length - 1);
    for (const proto of ['tcp', 'udp'] as const) {
      const seconds = scan.parts
        .filter((part) => part.proto === proto)
        .reduce((sum, part) => sum + (part.seconds ?? 0), 0);
      t.diagnostic(`${proto}: 65536 ports in ${seconds.toFixed(0)} s`);
    }
  });

  test('of ten devices the analysis stays near and the page quick', async (t) => {
    const bed = new ScanBed();
    t.after(() => bed.end());
    // As the settings begin: one after the other, 200 packets a second.
    await bed.build(TCP, UDP, { devices: TEN, scan: { packets_per_second: 200 } });
    bed.verb('capture');
    bed.verb('appliance');
    const present = async () =>
      (await bed.ask<DevicesResponse>('GET', '/api/v1/devices'))?.devices.filter((one) => one.present);
    await eventually('the devices on the page', async () => ((await present())?.length ?? 0) >= TEN, PATIENCE_SECONDS);
    const watch = new Watch(join(bed.dataDir, APPLIANCE_SOCKET));
    watch.start();
    const ordered = await bed.ask<ScanOrdered>('POST', '/api/v1/scans', {});
    assert.equal(ordered?.scans.length, TEN);
    const scans = async () => (await bed.ask<ScansResponse>('GET', '/api/v1/scans'))?.scans;
    await eventually(
      'the ends',
      async () => (await scans())?.every(({ ended }) => ended !== null) === true,
      FULL_PATIENCE_SECONDS,
    );
    const watched = await watch.stop();
    t.diagnostic(watchedLine('while ten are scanned', watched));
    assert.deepEqual(new Set((await scans())?.map(({ state }) => state)), new Set(['done']));
    assert.ok(watched.worstLagSeconds <= MAX_LAG_SECONDS, `lag ${watched.worstLagSeconds} s`);
    for (const [path, { p95 }] of Object.entries(watched.answers))
      assert.ok(p95 <= MAX_ANSWER_MS, `${path}: ${p95} ms`);
  });
} else {
  test('open ports are found exactly, the same after a kill, and only in the captured network', async (t) => {
    const bed = new ScanBed();
    t.after(() => bed.end());
    await bed.build(TCP, UDP);
    bed.verb('capture');
    let appliance = bed.verb('appliance');
    const seen = async () => JSON.stringify((await bed.ask('GET', '/api/v1/devices')) ?? '').includes(DEVICE_IP);
    await eventually('the device on the page', seen, PATIENCE_SECONDS);

    // A loaded machine may answer late: each question is asked until it is answered.
    const outside = () => bed.refusal('/api/v1/scans', { devices: ['192.0.2.1'] });
    const words = /192\.0\.2\.1 is outside the captured network \(10\.88\.0\.0\/24 on br-weir\); nothing was sent/;
    await eventually('the refusal', async () => words.test(await outside()), PATIENCE_SECONDS);

    // A process that may write to the unit's socket gets no further: its program reads settings and addresses itself.
    const forged = { order: 'ports', address: '192.0.2.1', mac: DEVICE_MAC, proto: 'tcp', ports: '22', rate: 1 };
    assert.match(bed.worker(JSON.stringify(forged)), words);
    assert.match(bed.worker(JSON.stringify({ ...forged, address: '10.88.0.1' })), /is this appliance itself/);
    assert.match(
      bed.worker(JSON.stringify({ ...forged, address: DEVICE_IP, ports: '22 --script x' })),
      /not understood; nothing was sent/,
    );

    let id = '';
    const order = async () => {
      await bed.ask('POST', '/api/v1/scans', { devices: [DEVICE_IP] });
      id = (await bed.ask<ScansResponse>('GET', '/api/v1/scans'))?.scans[0]?.id ?? '';
      return id !== '';
    };
    await eventually('the scan is begun', order, PATIENCE_SECONDS);
    const detail = async () => (await bed.ask<ScanDetail>('GET', `/api/v1/scans/${id}`))?.scan;
    await eventually('the scan runs', async () => (await detail())?.state === 'running', PATIENCE_SECONDS);
    const gone = once(appliance, 'exit');
    appliance.kill('SIGKILL');
    await gone;
    appliance = bed.verb('appliance');
    await eventually('the end', async () => (await detail())?.state === 'done', PATIENCE_SECONDS);

    const scan = await detail();
    assert.equal(scan?.device, DEVICE_MAC);
    assert.equal(scan?.tcp.open, TCP.join());
    assert.equal(parsePorts(scan?.tcp.closed ?? '')?.length, 1000 - TCP.length);
    // No socket of the device answers a datagram that it does not understand: nmap cannot distinguish those from filtered ones.
    assert.equal(scan?.udp['open|filtered'], UDP.join());
    assert.ok((scan?.windows.length ?? 0) >= 2);
    const looks = new Map(scan?.looks.map((look) => [look.port, look]));
    assert.match(looks.get(22)?.banner ?? '', /^SSH-2\.0-\\u\{1b\}\[2J<script>/);
    assert.equal(looks.get(80)?.open_access, false);

    // The verbs of EXPERIMENTS.md; the long scan is ended at once.
    assert.match(bed.weir('scan', 'show', id), /22\b[\s\S]*554\b[\s\S]*8080\b/);
    assert.match(bed.weir('scan', '--discover', '--wait'), new RegExp(DEVICE_IP.replaceAll('.', '\\.')));
    await eventually('the device in the rows of the restarted appliance', seen, PATIENCE_SECONDS);
    const full = (JSON.parse(bed.weir('scan', DEVICE_IP, '--full', '--json')) as ScanOrdered).scans[0]?.id ?? '';
    assert.match(bed.weir('scan', 'stop', full), /./);
    const quick = (JSON.parse(bed.weir('scan', DEVICE_IP, '--json')) as ScanOrdered).scans[0]?.id ?? '';
    bed.weir('scan', 'stop', quick);

    // What the scanner sent is of phase scan; the device's own questions to the appliance stay where they were.
    const packets = async (phase: string) => {
      const document = await bed.ask<AnalysisDocument>(
        'GET',
        `/api/v1/devices/${DEVICE_MAC.replaceAll(':', '')}?phase=${phase}`,
      );
      return {
        document,
        dns: document?.conversations.filter(({ b_port, a_port }) => b_port === 53 || a_port === 53).length ?? 0,
      };
    };
    await eventually(
      'phase scan holds the probes',
      async () => Object.keys((await packets('scan')).document?.ports.tcp ?? {}).length > 500,
      PATIENCE_SECONDS,
    );
    const idle = (await packets('idle')).document;
    assert.deepEqual(Object.keys(idle?.ports.tcp ?? {}), []);
    assert.ok((idle?.ports.udp['53'] ?? 0) > 0);
  });

  test('kill -9 of nmap, of the worker, and of everything at once leave the same result as none', async (t) => {
    const bed = new ScanBed();
    t.after(() => bed.end());
    await bed.build(TCP, UDP, { scan: { packets_per_second: SLOW } });
    let capture = bed.verb('capture');
    let appliance = bed.verb('appliance');
    const seen = async () => JSON.stringify((await bed.ask('GET', '/api/v1/devices')) ?? '').includes(DEVICE_IP);
    await eventually('the device on the page', seen, PATIENCE_SECONDS);
    const newest = async () => (await bed.ask<ScansResponse>('GET', '/api/v1/scans'))?.scans[0];

    /** What a scan finds while `harm` is done to it. */
    const scanWith = async (harm: () => Promise<void>) => {
      const before = (await newest())?.id;
      const ordered = await bed.ask<ScanOrdered>('POST', '/api/v1/scans', { devices: [DEVICE_IP] });
      const id = ordered?.scans[0]?.id;
      assert.ok(id !== undefined && id !== before);
      await harm();
      const detail = async () => (await bed.ask<ScanDetail>('GET', `/api/v1/scans/${id}`))?.scan;
      await eventually('the end', async () => (await detail())?.ended != null, PATIENCE_SECONDS);
      const scan = await detail();
      assert.equal(scan?.state, 'done', scan?.reason);
      const { tcp, udp, looks, parts, windows } = scan;
      return { found: { tcp, udp, looks, ports: parts.map(({ ports }) => ports) }, windows: windows.length };
    };
    const running = (words: RegExp) => async () => {
      let ids: number[] = [];
      const isThere = () => (ids = bed.below(appliance, words)).length > 0;
      await eventually(`${words} runs`, isThere, PATIENCE_SECONDS);
      return ids;
    };
    const nmap = running(/^nmap -sS /);
    const kill = (ids: readonly number[]) => ids.forEach((id) => process.kill(id, 'SIGKILL'));

    const whole = await scanWith(async () => undefined);
    assert.equal(whole.found.tcp.open, TCP.join());
    assert.equal(whole.found.udp['open|filtered'], UDP.join());
    const withoutNmap = await scanWith(async () => kill(await nmap()));
    assert.deepEqual(withoutNmap.found, whole.found);
    const withoutWorker = await scanWith(async () => {
      const orphans = await nmap();
      kill(await running(/ scan-worker /)());
      // Under the unit they end with it.
      kill(orphans);
    });
    assert.deepEqual(withoutWorker.found, whole.found);
    const withoutPower = await scanWith(async () => {
      await nmap();
      const all = [appliance, capture].flatMap((one) => [one.pid ?? 0, ...bed.below(one, /./)]);
      const gone = [appliance, capture].map((one) => once(one, 'exit'));
      kill(all);
      await Promise.all(gone);
      capture = bed.verb('capture');
      appliance = bed.verb('appliance');
    });
    assert.deepEqual(withoutPower.found, whole.found);
    assert.deepEqual([whole.windows, withoutNmap.windows, withoutWorker.windows], [1, 1, 1]);
    assert.ok(withoutPower.windows >= 2, 'a sitting before the cut and one after it');
  });

  test('an open port is reported to a webhook, once, without what it said', async (t) => {
    const got: Notification[] = [];
    const server = createServer((request, answer) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.once('end', () => {
        got.push(JSON.parse(body) as Notification);
        answer.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const bed = new ScanBed();
    t.after(() => bed.end());
    // A scan that one made oneself is SCAN-02 as well.
    const notify = {
      severity: 'low',
      rules: ['PORT-01', 'PORT-04'],
      wait_seconds: 5,
      warnings: false,
      webhook: { url },
    };
    await bed.build([23, 80], [], { notify });
    bed.verb('capture');
    bed.verb('appliance');
    const seen = async () => JSON.stringify((await bed.ask('GET', '/api/v1/devices')) ?? '').includes(DEVICE_IP);
    await eventually('the device on the page', seen, PATIENCE_SECONDS);
    // What there is at the first look counts as known: the channel has to have looked once.
    const isOn = async () => ((await bed.ask<StatusResponse>('GET', '/api/v1/status'))?.notifications.length ?? 0) > 0;
    await eventually('the channel has looked', isOn, PATIENCE_SECONDS);
    await bed.ask('POST', '/api/v1/scans', { devices: [DEVICE_IP] });
    const rules = () => got.flatMap(({ notices }) => notices.map(({ rule, device }) => `${rule} ${device}`)).sort();
    await eventually('both ports', () => rules().length >= 2, PATIENCE_SECONDS);
    assert.deepEqual(rules(), [`PORT-01 ${DEVICE_MAC}`, `PORT-04 ${DEVICE_MAC}`]);
    assert.ok(got.every(({ kind, appliance }) => kind === 'findings' && appliance !== ''));
    assert.doesNotMatch(JSON.stringify(got), /script|DROP TABLE/);
    await pause(TWO_LOOKS_MS);
    assert.equal(rules().length, 2);
  });
}
