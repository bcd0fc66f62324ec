// One device's fold as the appliance runs it: a capture as one segment of the device that sends most of it, with the live
// chart's meter, a first time cold and then warm. `node dist/test/bench/live-fold.js FILE`, packets a second of each pass.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { borrowBuffer } from '../../appliance/analysis/kernel/payload-kernel.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import type { CatalogSegment } from '../../appliance/store/tail/segment-catalog.ts';
import { segmentFile, TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import { DeviceFold, type FoldRoom } from '../../appliance/store/thread/device-fold.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { ProgressCell } from '../../appliance/store/thread/progress.ts';
import { Quarantine } from '../../appliance/store/thread/quarantine.ts';
import { TrafficMeter } from '../../appliance/store/thread/traffic-meter.ts';

const PASSES = 3;
/** Bytes of a step, as the analysis thread takes them. */
const STEP_BYTES = 256 * 1024;

/** The device of make-input.ts' bulk. */
const OWNER = parseMac('02:00:00:00:01:01')!;

function segmentOf(file: string): CatalogSegment {
  const path = '02-00-00-00-01-01/2023/11/14/02-00-00-00-01-01_20231114T220000Z_000001_unlabelled.pcap';
  const rest = { n: 0, opened: '', closed: '', packets: null, sha256: null, cut: null, infra: [], lastTs: null };
  return { device: OWNER, seq: 1, path, phase: 'unlabelled', state: 'closed', bytes: statSync(file).size, ...rest };
}

/** Seconds, and packets folded. */
function fold(room: FoldRoom, segment: CatalogSegment): { seconds: number; packets: number } {
  const from = performance.now();
  const folder = new DeviceFold(OWNER, room, undefined);
  folder.announce(segment);
  let packets = 0;
  for (let step = folder.step(STEP_BYTES); step !== 'idle'; step = folder.step(STEP_BYTES)) {
    packets += folder.take()?.packets ?? 0;
    room.meter?.take();
  }
  folder.close();
  return { seconds: (performance.now() - from) / 1000, packets };
}

const file = resolve(process.argv[2] ?? '');
const dataDir = mkdtempSync(join(tmpdir(), 'weir-fold-'));
try {
  const segment = segmentOf(file);
  const stored = segmentFile(dataDir, segment.path);
  mkdirSync(dirname(stored), { recursive: true });
  copyFileSync(file, stored);
  const room: FoldRoom = {
    dataDir,
    buffer: borrowBuffer(TAIL_BUFFER_BYTES),
    makeAnalyzer,
    progress: new ProgressCell(),
    quarantine: new Quarantine(),
    meter: new TrafficMeter(),
  };
  for (let pass = 0; pass < PASSES; pass++) {
    const { seconds, packets } = fold(room, segment);
    process.stdout.write(`${pass === 0 ? 'cold' : 'warm'} ${Math.round(packets / seconds)} packets/s\n`);
  }
} finally {
  rmSync(dataDir, { recursive: true });
}
