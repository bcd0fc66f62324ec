// The thread that verifies the data folder once and ends. Started by verification.ts; it only reads.

import { parentPort, workerData } from 'node:worker_threads';
import { verifyFolder } from '../capture/ledger/verify.ts';
import { verifyText } from '../capture/ledger/verify-text.ts';
import type { VerifyEnd, VerifyStep } from './verification.ts';

/** Between two reports of progress. */
const REPORT_MS = 250;

if (parentPort === null) throw new TypeError('verify-worker.ts runs as a worker thread only');
const port = parentPort;
let said = -Infinity;
const report = await verifyFolder(workerData as string, {}, (done) => {
  if (performance.now() - said < REPORT_MS) return;
  said = performance.now();
  port.postMessage({ done } satisfies VerifyStep);
});
const { ok, key, head } = report;
const end: VerifyEnd = { ok, key, head: `${head.lines}:${head.head}`, text: verifyText(report) };
port.postMessage({ end } satisfies VerifyStep);
