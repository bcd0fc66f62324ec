// The document of a window's packets, which window-fold.ts reads, and its totals. Apart from window-figures.ts, so that the
// appliance's main thread, which only plans, need not hold the whole analysis: figures-worker.ts and `weir figures` draw.

import type { DocumentTables } from '../../analysis/document/tables.ts';
import { renderDocument } from '../../analysis/render-document.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { WindowFigures, WindowTotals } from '../../model/document/window-figures.ts';
import type { FiguresPlan } from './window-figures.ts';
import { foldWindow } from './window-fold.ts';

/** Times in captures have nanoseconds. */
const DIGITS = 9;

/** Reads the segments; lists at most `mostPorts` of each protocol. @throws WeirError CONFIG_INVALID where the list of secrets or words is damaged */
export function drawFigures(
  folder: string,
  plan: FiguresPlan,
  tables: DocumentTables,
  mostPorts?: number,
): WindowFigures {
  const { window, wanted, coverage, identities } = plan;
  const { summary, segments, open, bytes, unread } = foldWindow(folder, wanted);
  const document = renderDocument(summary, tables, {
    path: `${window.id ?? `${window.from} to ${window.to}`} of ${folder}`,
    bytes,
    sha256: null,
    format: 'pcap',
    damage: null,
    digits: DIGITS,
    identities,
    ...(mostPorts === undefined ? {} : { mostPorts }),
  });
  return {
    schema: 'weir.figures/1',
    window,
    totals: totalsOf(document),
    coverage: { segments, open_segments: open, ...coverage, unread },
    document,
  };
}

function totalsOf({ input, conversations, destinations, limits }: AnalysisDocument): WindowTotals {
  const payload = conversations.reduce((sum, { payload_ab, payload_ba }) => sum + payload_ab + payload_ba, 0);
  return {
    packets: input.packets,
    bytes: input.frame_bytes,
    payload_bytes: limits.conversations_evicted > 0 ? null : payload,
    conversations: conversations.length + limits.conversations_evicted,
    destinations: destinations.length,
  };
}
