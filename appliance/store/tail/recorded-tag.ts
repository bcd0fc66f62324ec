// One marked span out of a line of the ledger: a tag that was started, or a span that was marked afterwards. Part of recorded-time.ts.

import { MARKED_KINDS, MAX_COMPANIONS, type MarkedKind, type WindowAbout } from '../../model/experiment/window.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { isInteraction } from '../../model/phase.ts';
import { parseSeconds } from '../../model/time/clock.ts';

export interface RecordedTag {
  readonly n: number;
  readonly kind: MarkedKind;
  readonly made: 'live' | 'afterwards';
  readonly tag: string;
  readonly device: string | null;
  readonly owner: string;
  /** Decimal seconds since 1970. */
  readonly from: string;
  /** Null while it is open. */
  readonly to: string | null;
  /** Number of the line that ended it; null while it is open, and for what was marked afterwards. */
  readonly ended: number | null;
  readonly cancelled: boolean;
  readonly about: WindowAbout;
}

/** What the line marks: one, or none where its times are none. */
export function markOf(line: LedgerLine & { readonly type: 'tag-started' | 'window' }): RecordedTag[] {
  const device = typeof line.device === 'string' ? line.device : null;
  const said = { n: line.n, device, ended: null, cancelled: false, about: aboutOf(line) };
  if (line.type === 'tag-started')
    return [
      { ...said, kind: 'tag', made: 'live', tag: text(line.tag), owner: text(line.owner), from: line.ts, to: null },
    ];
  const { kind, from, to } = line;
  if (!MARKED_KINDS.includes(kind) || !isTime(from) || !isTime(to)) return [];
  return [{ ...said, kind, made: 'afterwards', tag: text(line.name), owner: text(line.by), from, to }];
}

/** A sitting of the appliance's own scan of a device, or of all (null). */
export function scanMark(line: LedgerLine & { readonly type: 'scan-started' }): RecordedTag {
  const device = typeof line.device === 'string' ? line.device : null;
  const tag = `scan_${text(line.profile)
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .slice(0, 32)}`;
  const about = { note: text(line.scan) };
  const span = { from: line.ts, to: null, ended: null, cancelled: false };
  return { n: line.n, kind: 'scan', made: 'live', tag, device, owner: text(line.by), ...span, about };
}

/** A mark that was taken back counts like a tag that was cancelled. */
export function withoutMark(tag: RecordedTag, line: number): RecordedTag {
  return tag.made === 'afterwards' && tag.n === line ? { ...tag, cancelled: true } : tag;
}

function aboutOf({ interaction, companions, note }: WindowAbout): WindowAbout {
  const macs = Array.isArray(companions) ? companions.filter((one) => typeof one === 'string') : [];
  return {
    ...(isInteraction(interaction) ? { interaction } : {}),
    ...(macs.length > 0 ? { companions: macs.slice(0, MAX_COMPANIONS).map(text) } : {}),
    ...(typeof note === 'string' && note !== '' ? { note: text(note) } : {}),
  };
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && parseSeconds(value) !== undefined;
}

/** Anyone who can write to the ledger's file may have written anything. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1024) : '';
}
