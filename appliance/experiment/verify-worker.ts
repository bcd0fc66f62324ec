// The thread that verifies the data folder once and ends. Started by verification.ts; it only reads.

import { parentPort, workerData } from 'node:worker_threads';
import { verifyFolder } from '../capture/ledger/verify.ts';
import { verifyText } from '../capture/ledger/verify-text.ts';
import type { VerifyDone, VerifyEnd, VerifyStep } from './verification.ts';
import { paced } from './worker-job.ts';

if (parentPort === null) throw new TypeError('verify-worker.ts runs as a worker thread only');
const port = parentPort;
const say = paced((done: VerifyDone) => port.postMessage({ done } satisfies VerifyStep));
const report = await verifyFolder(workerData as string, {}, say);
const { ok, key, head } = report;
const end: VerifyEnd = { ok, key, head: `${head.lines}:${head.head}`, text: verifyText(report) };
port.postMessage({ end } satisfies VerifyStep);
