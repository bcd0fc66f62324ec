// The thread that makes one bundle and ends. Started by exports.ts; capture signs it over its socket, because it alone holds the key.

import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ExportDone } from '../capture/ledger/export.ts';
import { WeirError } from '../model/errors.ts';
import { orElse } from '../model/expected-error.ts';
import { CAPTURE_SOCKET } from '../model/files/run-files.ts';
import { CaptureClient } from './capture-client.ts';
import type { ExportOrder, ExportStep } from './exports.ts';
import { makeExport, noteExport } from './make-export.ts';
import { paced } from './worker-job.ts';

if (parentPort === null) throw new TypeError('export-worker.ts runs as a worker thread only');
const port = parentPort;
const progress = paced((done: ExportDone) => port.postMessage({ done } satisfies ExportStep));
const { dataDir, selection, options } = workerData as ExportOrder;
const made = await makeExport(dataDir, selection, { ...options, progress });
const capture = new CaptureClient(join(dataDir, CAPTURE_SOCKET));
const noted = await noteExport(capture, made, options.reason, options.by).then(
  () => true,
  orElse(false, 'noting an export', WeirError),
);
port.postMessage({ end: { ...made, noted } } satisfies ExportStep);
