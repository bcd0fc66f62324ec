// A scan is a phase of its own: with and without it the figures of every other phase are the same bytes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { scannedHost } from '../../appliance/analysis/packet/scan-frames.ts';
import { windowsOf } from '../../appliance/experiment/windows/windows.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import type { FoldedSegment } from '../../appliance/store/index/index-records.ts';
import { unpackText } from '../../appliance/store/index/packed-text.ts';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { RecordedTime } from '../../appliance/store/tail/recorded-time.ts';
import { SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import { DeviceFold } from '../../appliance/store/thread/device-fold.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { OwnScans } from '../../appliance/store/thread/own-scans.ts';
import { ProgressCell } from '../../appliance/store/thread/progress.ts';
import { Quarantine } from '../../appliance/store/thread/quarantine.ts';
import { DataFolder, device, GATEWAY, packet, record, START_NS, udpFrame } from './data-folder.ts';

const OWNER = device(1);
const DEVICE_IP = '10.0.0.11';
const SECOND_NS = 1_000_000_000n;

/** The scanner asks port `port`, or the device answers. */
function probe(port: number, atNs: bigint, answer = false, ownPort = 61_000): Buffer {
  const out = {
    from: GATEWAY,
    to: OWNER,
    source: '10.0.0.1',
    destination: DEVICE_IP,
    sourcePort: ownPort,
    destinationPort: port,
  };
  const back = {
    from: OWNER,
    to: GATEWAY,
    source: DEVICE_IP,
    destination: '10.0.0.1',
    sourcePort: port,
    destinationPort: ownPort,
  };
  return record(udpFrame({ ...(answer ? back : out), payload: Buffer.from('probe') }), atNs);
}

function fold(t: TestContext, folder: DataFolder): FoldedSegment[] {
  const scans = new OwnScans(folder.dir);
  const room = {
    dataDir: folder.dir,
    buffer: new Uint8Array(TAIL_BUFFER_BYTES),
    makeAnalyzer,
    progress: new ProgressCell(),
    quarantine: new Quarantine(),
    scans,
    meter: null,
  };
  const all = new DeviceFold(OWNER, room, undefined);
  const ledger = new LedgerTail(folder.ledger);
  t.after(() => {
    all.close();
    ledger.close();
    scans.close();
  });
  const catalog = new SegmentCatalog();
  for (const line of ledger.poll().lines) {
    const segment = catalog.apply(line);
    if (segment?.device === OWNER) all.announce(segment);
  }
  const finished: FoldedSegment[] = [];
  for (let step = all.step(4096); step !== 'idle'; step = all.step(4096)) {
    const slice = all.take();
    if (slice !== undefined) finished.push(slice);
  }
  return finished;
}

/** A hundred packets of the device's own; with `probes`, two of a scan behind each of the first fifty. */
function life(
  t: TestContext,
  probes: boolean,
  window: 'recorded' | 'unrecorded' = 'recorded',
  address = DEVICE_IP,
): FoldedSegment[] {
  const folder = DataFolder.make(t);
  if (window === 'recorded') {
    const started = {
      scan: 'one',
      device: OWNER,
      address,
      first_port: 61_000,
      last_port: 61_999,
      profile: 'quick',
      by: '',
    };
    folder.line({ type: 'scan-started', ts: formatSeconds(START_NS - SECOND_NS), ...started });
    const until = formatSeconds(START_NS + 60n * SECOND_NS);
    folder.line({ type: 'scan-ended', scan: 'one', device: OWNER, until, state: 'done', sha256: '' });
  }
  const segment = folder.open(OWNER);
  for (let i = 0; i < 100; i++) {
    folder.append(segment, packet(OWNER, i));
    if (!probes || i >= 50) continue;
    const at = START_NS + BigInt(i) * 10_000_000n;
    folder.append(segment, probe(i, at + 1n));
    folder.append(segment, probe(i, at + 2n, true));
  }
  folder.close(segment);
  return fold(t, folder);
}

test('the figures of the declared phase are the same bytes with and without a scan', (t) => {
  const [without] = life(t, false);
  const [beside] = life(t, true);
  assert.equal(unpackText(beside!.summary), unpackText(without!.summary));
  assert.equal(without!.scan, undefined);
  const scan = JSON.parse(unpackText(beside!.scan!)) as { own: { packets: number }; shared: { packets: number } };
  assert.equal(scan.own.packets + scan.shared.packets, 100);
  assert.equal(beside!.packets, 200);
});

test('what only looks like a scan counts where it is: no window, another device, a port of the appliance’s services', (t) => {
  assert.equal(life(t, true, 'unrecorded')[0]!.scan, undefined);
  assert.equal(life(t, true, 'recorded', '10.0.0.99')[0]!.scan, undefined);
  const dns = probe(40_000, START_NS, true, 53).subarray(16);
  const gateway = [Buffer.from(GATEWAY.replaceAll(':', ''), 'hex')];
  assert.equal(scannedHost(dns, 0, dns.length, gateway), -1);
  // Another device that sends from such a port is no scanner.
  const foreign = probe(80, START_NS).subarray(16);
  assert.equal(scannedHost(foreign, 0, foreign.length, [Buffer.from('0200000000ff', 'hex')]), -1);
});

test('what was cut anywhere is no frame of a scan, or the same one, and nothing is read beyond it', () => {
  const frame = probe(80, START_NS).subarray(16);
  const gateway = [Buffer.from(GATEWAY.replaceAll(':', ''), 'hex')];
  const host = scannedHost(frame, 0, frame.length, gateway);
  assert.equal(host, 0x0a00000b);
  for (let end = 0; end < frame.length; end++) assert.ok([-1, host].includes(scannedHost(frame, 0, end, gateway)));
});

test('each sitting of a scan is a window, and one that nobody ended is over when the next begins', () => {
  const recorded = new RecordedTime();
  const line = (n: number, event: object) =>
    recorded.apply({
      n,
      previous: '',
      boot: 1,
      monotonic_ns: '0',
      ts: formatSeconds(START_NS + BigInt(n) * SECOND_NS),
      ...event,
    } as LedgerLine);
  const started = { type: 'scan-started', scan: 'one', device: OWNER, address: DEVICE_IP, profile: 'full', by: 'page' };
  line(1, started);
  line(5, started);
  line(8, {
    type: 'scan-ended',
    scan: 'one',
    device: OWNER,
    until: formatSeconds(START_NS + 10n * SECOND_NS),
    state: 'done',
  });
  const spans = windowsOf(recorded).map(({ window }) => [
    window.kind,
    window.name,
    window.device,
    window.from.slice(17, 19),
    window.to?.slice(17, 19),
  ]);
  const second = (n: number) => new Date(Number(START_NS / 1_000_000n) + n * 1000).toISOString().slice(17, 19);
  assert.deepEqual(spans, [
    ['scan', 'scan_full', OWNER, second(1), second(5)],
    ['scan', 'scan_full', OWNER, second(5), second(10)],
  ]);
});
