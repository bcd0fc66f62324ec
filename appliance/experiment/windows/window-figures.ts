// Figures of a window, exact: which window is meant, the document of its packets, and what is missing of it. Logic over a ledger that was
// read, and over segments that window-fold.ts reads. Asked by `weir figures` and, in a thread, by the appliance.

import type { DocumentTables } from '../../analysis/document/tables.ts';
import { renderDocument } from '../../analysis/render-document.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { parseSeconds } from '../../model/clock.ts';
import type { WindowCoverage, WindowFigures, WindowTotals } from '../../model/document/window-figures.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { RecordedTime } from '../../store/tail/recorded-time.ts';
import type { LedgerStory } from './read-ledger.ts';
import { type FoldedWindow, foldWindow } from './window-fold.ts';
import { plainSpan, type Span, spanOf } from './window-pieces.ts';
import { deletedPart, firstBegin, unionSeconds, wantedSegments } from './window-segments.ts';
import { nanoText } from './window-time.ts';
import { type TracedWindow, windowsOf } from './windows.ts';

/** Either a window of the ledger, or a span; `device` narrows both. Times in nanoseconds since 1970. */
export type FiguresQuestion = { readonly device: string | null } & (
  | { readonly id: string }
  | { readonly from: bigint; readonly to: bigint }
);

/** What is meant. */
interface Meant {
  readonly traced: TracedWindow | null;
  readonly span: Span;
  readonly device: string | null;
}

/** Times in captures have nanoseconds. */
const DIGITS = 9;

/** @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN; CONFIG_INVALID where the list of secrets or words is damaged */
export function windowFigures(
  folder: string,
  story: LedgerStory,
  question: FiguresQuestion,
  tables: DocumentTables,
): WindowFigures {
  const meant = meantWindow(story, question);
  const { traced, span, device } = meant;
  const segments = [...story.catalog.all()];
  const folded = foldWindow(folder, wantedSegments(segments, device, span));
  const path = `${traced?.window.id ?? 'span'} of ${folder}`;
  const document = renderDocument(folded.summary, tables, {
    path,
    bytes: folded.bytes,
    sha256: null,
    format: 'pcap',
    damage: null,
    digits: DIGITS,
    identities: story.identities.all(),
  });
  return {
    schema: 'weir.figures/1',
    window: {
      id: traced?.window.id ?? null,
      name: traced?.window.name ?? null,
      from: nanoText(span.from),
      to: span.to === null ? null : nanoText(span.to),
      device,
      seconds: span.seconds,
    },
    totals: totalsOf(document),
    coverage: coverageOf(story, meant, folded),
    document,
  };
}

function meantWindow(story: LedgerStory, question: FiguresQuestion): Meant {
  const traced = 'id' in question ? tracedWindow(story.recorded, question.id) : null;
  const device = question.device ?? traced?.window.device ?? null;
  if (device !== null && ![...story.catalog.all()].some((segment) => segment.device === device))
    throw new WeirError(
      'DEVICE_UNKNOWN',
      `No segment of a device ${printable(device, 40)} is in the ledger; no figures.`,
    );
  if (traced !== null) return { traced, device, span: spanOf(traced, story.recorded.steps) };
  const { from, to } = question as { from: bigint; to: bigint };
  const words = `${nanoText(from)} to ${nanoText(to)}`;
  if (from > to) throw refusal(`The window ends before it begins (${words})`, 'Swap its times');
  if (from === to) throw refusal(`The window is empty (${words})`, 'Let it end later than it begins');
  const first = firstBegin(story.catalog.all(), device);
  if (first === null || to <= first)
    throw refusal(
      `The window (${words}) ends before the first packet (${first === null ? 'none yet' : nanoText(first)})`,
      'Name a later one',
    );
  return { traced, device, span: plainSpan(from, to) };
}

function tracedWindow(recorded: RecordedTime, id: string): TracedWindow {
  const traced = windowsOf(recorded).find(({ window }) => window.id === id);
  if (traced === undefined)
    throw refusal(`${printable(id, 40)} is no window of this ledger`, '`weir windows` lists them');
  if (traced.window.kind === 'note')
    throw refusal(`${id} is a moment and has no length`, 'Name a span with --from, --to');
  return traced;
}

function refusal(what: string, remedy: string): WeirError {
  return new WeirError('REQUEST_INVALID', `${what}; no figures. ${remedy}.`);
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

function coverageOf(
  { recorded, catalog }: LedgerStory,
  { traced, span, device }: Meant,
  folded: FoldedWindow,
): WindowCoverage {
  return {
    segments: folded.segments,
    open_segments: folded.open,
    not_recorded: notRecorded(recorded, span),
    deleted: deletedPart(catalog.all(), device, span),
    unread: folded.unread,
    twice: traced?.lines == null ? twice(recorded, span) : [],
  };
}

function notRecorded({ gaps, open }: RecordedTime, { from, to }: Span): WindowCoverage['not_recorded'] {
  const all = open === null ? gaps : [...gaps, { ...open, to: null, lost: null }];
  const inside = all
    .map((gap) => ({ ...gap, from: nanoseconds(gap.from), to: gap.to === null ? to : nanoseconds(gap.to) }))
    .filter((gap) => gap.to !== null && gap.to > from && (to === null || gap.from < to));
  const stretches = inside.map((gap) => ({
    from: gap.from > from ? gap.from : from,
    to: to !== null && gap.to! > to ? to : gap.to!,
  }));
  const lost = inside.reduce<number | null>(
    (sum, gap) => (sum === null || gap.lost === null ? null : sum + gap.lost),
    0,
  );
  return { seconds: unionSeconds(stretches), lost };
}

function twice({ steps }: RecordedTime, { from, to }: Span): WindowCoverage['twice'] {
  return steps
    .map(({ before, after }) => ({ from: nanoseconds(after), to: nanoseconds(before) }))
    .filter((step) => step.from < step.to && step.to > from && (to === null || step.from < to))
    .map((step) => ({ from: nanoText(step.from), to: nanoText(step.to) }));
}

function nanoseconds(seconds: string): bigint {
  return parseSeconds(seconds) ?? 0n;
}
