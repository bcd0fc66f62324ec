// What the ledger says of time: when nothing was recorded, which phases were declared, which tags were open. A fold over its lines,
// owned by live-analysis.ts; every time axis of the page is drawn from it (publish/recording-view.ts), because what a process
// remembers of itself ends with the process.

import { parseSeconds } from '../../model/clock.ts';
import { CRASH_REASON, type LedgerLine, pauseReason, STOP_REASON } from '../../model/ledger.ts';

/** All times are decimal seconds since 1970, as in the ledger. */
export interface RecordedGap {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Frames known to be lost; null where nobody can know. */
  readonly lost: number | null;
}

/** Recording ended here, and no later line says that it goes on. */
export interface OpenGap {
  readonly from: string;
  readonly reason: string;
}

export interface DeclaredPhase {
  readonly n: number;
  readonly since: string;
  readonly phase: string;
  readonly interaction: string;
  readonly by: string;
  readonly note: string;
}

export interface RecordedTag {
  readonly n: number;
  readonly tag: string;
  readonly device: string | null;
  readonly owner: string;
  readonly from: string;
  /** Null while it is open. */
  readonly to: string | null;
  readonly cancelled: boolean;
}

/** Of each kind are kept so many, the newest; older ones stay in the ledger and are counted. */
export const MOST_KEPT = 2000;

/** What recovery writes before a start is of the run before and claims no time; nor do seals, and how a volume begins. */
const RECOVERY: ReadonlySet<string> = new Set([
  'recovered',
  'finding',
  'segment-closed',
  'segment-empty',
  'segment-deleted',
  'seal',
  'volume',
  'volume-state',
]);

export class RecordedTime {
  #gaps: RecordedGap[] = [];
  #phases: DeclaredPhase[] = [];
  #tags: RecordedTag[] = [];
  #begun: string | null = null;
  #open: OpenGap | null = null;
  #covered: string | null = null;
  #newest: string | null = null;
  /** That the run before died in. */
  #pause: RecordedGap | null = null;
  #leftOut = 0;

  /** When the first run began; before it nothing is known. Null without any. */
  get begun(): string | null {
    return this.#begun;
  }

  get gaps(): readonly RecordedGap[] {
    return this.#gaps;
  }

  get open(): OpenGap | null {
    return this.#open;
  }

  /** The last moment for which a run stood, as far as its lines tell. */
  get covered(): string | null {
    return this.#covered;
  }

  get phases(): readonly DeclaredPhase[] {
    return this.#phases;
  }

  get tags(): readonly RecordedTag[] {
    return this.#tags;
  }

  /** Gaps, phases and tags that are not kept here any more. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Another ledger stands in place of the old one. */
  clear(): void {
    this.#gaps = [];
    this.#phases = [];
    this.#tags = [];
    this.#pause = null;
    this.#begun = this.#covered = this.#newest = this.#open = null;
    this.#leftOut = 0;
  }

  /** Lines whose times are no decimal seconds say nothing. */
  apply(line: LedgerLine): void {
    if (!isTime(line.ts)) return;
    if (line.type === 'start') this.#start(line.ts);
    else if (line.type === 'stop')
      this.#open ??= { from: isTime(line.until) ? line.until : line.ts, reason: STOP_REASON };
    else if (line.type === 'paused')
      this.#open = { from: line.ts, reason: pauseReason(text(line.by), text(line.note)) };
    else if (line.type === 'gap') this.#gap(line);
    else if (line.type === 'phase') this.#declare(line);
    else this.#tag(line);
    if (RECOVERY.has(line.type)) return;
    this.#newest = line.ts;
    if (this.#open === null) this.#covered = line.ts;
  }

  /** A run that did not stop ended somewhere behind its last line. A pause that it died in lasted till then. */
  #start(ts: string): void {
    this.#begun ??= ts;
    const open = this.#open;
    if (this.#newest === null || open?.reason === STOP_REASON || open?.reason === CRASH_REASON) return;
    this.#pause = open === null ? null : { ...open, to: this.#newest, lost: null };
    if (this.#pause !== null) this.#gaps = this.#kept(this.#gaps, this.#pause);
    this.#open = { from: this.#newest, reason: CRASH_REASON };
  }

  /** An engine may tell gaps of its own while a longer one is open: the reason says which one has ended. */
  #gap({ from, to, reason, lost }: LedgerLine & { readonly type: 'gap' }): void {
    if (!isTime(from) || !isTime(to)) return;
    if (this.#open !== null && text(reason).startsWith(this.#open.reason)) this.#endOpen(from);
    const gap = { from, to, reason: text(reason), lost: typeof lost === 'number' ? lost : null };
    this.#gaps = this.#kept(this.#gaps, gap);
  }

  /** The line of a crash tells the pause too; in ledgers of before it does not. */
  #endOpen(from: string): void {
    const pause = this.#pause;
    this.#open = null;
    this.#pause = null;
    if (pause !== null && Number(from) <= Number(pause.from)) this.#gaps = this.#gaps.filter((gap) => gap !== pause);
  }

  #declare(line: LedgerLine & { readonly type: 'phase' }): void {
    const { n, ts, phase, interaction, by, note } = line;
    const declared = {
      n,
      since: ts,
      phase: text(phase),
      interaction: text(interaction),
      by: text(by),
      note: text(note),
    };
    this.#phases = this.#kept(this.#phases, declared);
  }

  #tag(line: LedgerLine): void {
    if (line.type !== 'tag-started' && line.type !== 'tag-stopped' && line.type !== 'tag-cancelled') return;
    const { n, ts, tag, device, owner, type } = line;
    if (type !== 'tag-started') return this.#endTag(ts, tag, type === 'tag-cancelled');
    const started = { n, tag: text(tag), owner: text(owner), from: ts, to: null, cancelled: false };
    this.#tags = this.#kept(this.#tags, { ...started, device: typeof device === 'string' ? device : null });
  }

  #endTag(ts: string, tag: string, cancelled: boolean): void {
    const at = this.#tags.findLastIndex((one) => one.tag === tag && one.to === null);
    const open = this.#tags[at];
    if (open !== undefined) this.#tags = this.#tags.with(at, { ...open, to: ts, cancelled });
  }

  #kept<T>(list: readonly T[], one: T): T[] {
    const all = [...list, one];
    this.#leftOut += Math.max(0, all.length - MOST_KEPT);
    return all.slice(-MOST_KEPT);
  }
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && parseSeconds(value) !== undefined;
}

/** Whoever can write into the ledger's file may have written anything. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1024) : '';
}
