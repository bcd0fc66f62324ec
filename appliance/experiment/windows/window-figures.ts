// Figures of a window, exact: which window is meant, which segments it needs, and what is missing of it. Logic over a ledger that was
// read; draw-figures.ts reads the packets. Asked by `weir figures` and the appliance.

import type { WindowCoverage, WindowFigures } from '../../model/document/window-figures.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { parseSeconds } from '../../model/time/clock.ts';
import type { ConfirmedIdentities } from '../../model/user-identity.ts';
import type { RecordedTime } from '../../store/tail/recorded-time.ts';
import type { LedgerStory } from './read-ledger.ts';
import { plainSpan, type Span, spanOf } from './window-pieces.ts';
import { deletedPart, firstBegin, unionSeconds, type WantedSegment, wantedSegments } from './window-segments.ts';
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

/** What is asked about: a ledger that was read (read-ledger.ts), or the one that the running appliance follows. */
export type FiguresGround = Pick<LedgerStory, 'recorded' | 'catalog' | 'identities'>;

/** All but the packets: small, and can be handed to a thread. */
export interface FiguresPlan {
  readonly window: WindowFigures['window'];
  readonly wanted: readonly WantedSegment[];
  readonly coverage: Pick<WindowCoverage, 'not_recorded' | 'deleted' | 'twice'>;
  readonly identities: ConfirmedIdentities;
}

/** @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN */
export function planFigures(ground: FiguresGround, question: FiguresQuestion): FiguresPlan {
  const { recorded, catalog, identities } = ground;
  const { traced, span, device } = meantWindow(ground, question);
  return {
    window: {
      id: traced?.window.id ?? null,
      name: traced?.window.name ?? null,
      from: nanoText(span.from),
      to: span.to === null ? null : nanoText(span.to),
      device,
      seconds: span.seconds,
    },
    wanted: wantedSegments(catalog.all(), device, span),
    coverage: {
      not_recorded: notRecorded(recorded, span),
      deleted: deletedPart(catalog.all(), device, span),
      twice: traced?.lines == null ? twice(recorded, span) : [],
    },
    identities: identities.all(),
  };
}

function meantWindow(story: FiguresGround, question: FiguresQuestion): Meant {
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
