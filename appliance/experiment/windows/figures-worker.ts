// The thread that makes the figures of one window and ends. Started by figures-thread.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { MAX_PORTS } from '../../analysis/document/largest-ports.ts';
import { openTables } from '../../analysis/document/open-tables.ts';
import { rulesOrBuiltIn } from '../../analysis/platforms/rule-folder.ts';
import { version } from '../../config/version.ts';
import type { WindowFigures } from '../../model/document/window-figures.ts';
import { drawFigures } from './draw-figures.ts';
import type { FiguresOrder } from './figures-thread.ts';

/** Rows of the answer, as of the whole appliance's document; sums are over all. */
const MAX_CONVERSATIONS = 1000;

if (parentPort === null) throw new TypeError('figures-worker.ts runs as a worker thread only');
const { dataDir, profile, home, rulesDir, plan } = workerData as FiguresOrder;
// What is wrong with the rules is reported by the render thread, which reads them too.
const platforms = await rulesOrBuiltIn(rulesDir, () => undefined);
const { tables } = openTables(version, profile, dataDir, home, platforms);
parentPort.postMessage(withLargestRows(drawFigures(dataDir, plan, tables, MAX_PORTS)));

function withLargestRows(figures: WindowFigures): WindowFigures {
  const { conversations, limits } = figures.document;
  const bytes = (at: number): number => conversations[at]!.bytes_ab + conversations[at]!.bytes_ba;
  const order = [...conversations.keys()].sort((x, y) => bytes(y) - bytes(x) || x - y);
  const shown = order.slice(0, MAX_CONVERSATIONS).sort((x, y) => x - y);
  const left = conversations.length - shown.length;
  const document = {
    ...figures.document,
    conversations: shown.map((at) => conversations[at]!),
    ...(left === 0 ? {} : { limits: { ...limits, conversations_left_out: left } }),
  };
  return { ...figures, document };
}
