// The thread in which packets are analysed, away from the page and the broker: a packet that hangs a decoder hangs this
// thread only, and analysis-supervisor.ts ends it. Opens captures read-only; touches neither index nor network.

import { parentPort, workerData } from 'node:worker_threads';
import { borrowBuffer } from '../../analysis/kernel/payload-kernel.ts';
import { TAIL_BUFFER_BYTES } from '../tail/segment-tail.ts';
import { AnalysisLoop } from './analysis-loop.ts';
import type { FromWorker, ToWorker, WorkerStart } from './analysis-messages.ts';
import { OwnScans } from './own-scans.ts';
import { ProgressCell } from './progress.ts';
import { Quarantine } from './quarantine.ts';
import type { MakeAnalyzer } from './segment-analyzer.ts';
import { TrafficMeter } from './traffic-meter.ts';

/** Between rounds without work: part of the two seconds from packet to page. */
const IDLE_MS = 100;

const port = parentPort;
if (port === null) throw new TypeError('analysis-worker.ts runs as a worker thread only');
const start = workerData as WorkerStart;
const { makeAnalyzer } = (await import(start.analyzer)) as { makeAnalyzer: MakeAnalyzer };

const room = {
  dataDir: start.dataDir,
  buffer: borrowBuffer(TAIL_BUFFER_BYTES),
  makeAnalyzer,
  progress: new ProgressCell(start.progress),
  quarantine: new Quarantine(start.quarantine),
  scans: new OwnScans(start.dataDir),
  meter: new TrafficMeter(),
};
const send = (message: FromWorker) => port.postMessage(message);
const loop = new AnalysisLoop(room, start.checkpoints, send, () => performance.now());
// What the thread before this one reported and the index does not hold yet counts as this one's.
loop.receive({ type: 'stored', slices: -start.unstored.slices, bytes: -start.unstored.bytes });
port.on('message', (message: ToWorker) => loop.receive(message));

function run(): void {
  if (loop.turn()) setImmediate(run);
  else setTimeout(run, IDLE_MS);
}
run();
