// What the ledger says of time: when nothing was recorded, which phases were declared, which spans were marked, what was noted, when
// the clock was set. A fold over its lines, owned by live-analysis.ts; every time axis of the page is drawn from it
// (publish/recording-view.ts) and every window (experiment/windows/), because what a process remembers of itself ends with the process.

import { CRASH_REASON, type LedgerLine, pauseReason, STOP_REASON } from '../../model/ledger.ts';
import { formatSeconds, parseSeconds } from '../../model/time/clock.ts';
import { CampaignRecordings } from './campaign-recordings.ts';
import { isTime, markOf, type RecordedTag, scanMark, text, withoutMark } from './recorded-tag.ts';

/** All times are decimal seconds since 1970, as in the ledger. `n`: number of the line that reports it, or of the one that began it. */
export interface RecordedGap {
  readonly n: number;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Frames known to be lost; null where nobody can know. */
  readonly lost: number | null;
}

/** Recording ended here, and no later line says that it goes on. */
export interface OpenGap {
  readonly n: number;
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

/** A note: it has a moment and no length. */
export interface RecordedNote {
  readonly n: number;
  readonly at: string;
  readonly by: string;
  readonly text: string;
}

/** The clock was set: it showed `before`, then `after`. */
export interface RecordedStep {
  readonly n: number;
  readonly before: string;
  readonly after: string;
  /** Null where a start found an earlier time than the run before: nobody measured by how much. */
  readonly seconds: number | null;
}

/** Of each kind are kept so many, the newest; older ones stay in the ledger and are counted. */
export const MAX_KEPT = 2000;

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

/** Lines that begin, end or change a window, or what is open. */
const TELLING: ReadonlySet<string> = new Set([
  'start',
  'stop',
  'paused',
  'gap',
  'phase',
  'annotation',
  'clock-step',
  'campaign',
  'tag-started',
  'tag-stopped',
  'tag-cancelled',
  'window',
  'window-removed',
  'scan-started',
  'scan-ended',
]);

export class RecordedTime {
  #gaps: RecordedGap[] = [];
  #phases: DeclaredPhase[] = [];
  #tags: RecordedTag[] = [];
  #notes: RecordedNote[] = [];
  #steps: RecordedStep[] = [];
  #begun: string | null = null;
  #open: OpenGap | null = null;
  #covered: string | null = null;
  #newest: string | null = null;
  /** That the run before died in. */
  #pause: RecordedGap | null = null;
  readonly #recordings = new CampaignRecordings();
  #leftOut = 0;
  #changedBy = 0;

  /** Number of the newest line that changed what is here; 0 before one. */
  get changedBy(): number {
    return this.#changedBy;
  }

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

  /** The last moment covered by a run, according to its lines. */
  get covered(): string | null {
    return this.#covered;
  }

  get phases(): readonly DeclaredPhase[] {
    return this.#phases;
  }

  /** Started and stopped live, or marked over a span that had passed; also marks of other kinds than tags. */
  get tags(): readonly RecordedTag[] {
    return this.#tags;
  }

  get notes(): readonly RecordedNote[] {
    return this.#notes;
  }

  get steps(): readonly RecordedStep[] {
    return this.#steps;
  }

  /** Gaps, phases, tags, notes and steps that are not kept here any more. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Another ledger replaced the old one. */
  clear(): void {
    this.#gaps = [];
    this.#phases = [];
    this.#tags = [];
    this.#notes = [];
    this.#steps = [];
    this.#pause = null;
    this.#begun = this.#covered = this.#newest = this.#open = null;
    this.#leftOut = this.#changedBy = 0;
  }

  /** Lines whose times are no decimal seconds say nothing. */
  apply(line: LedgerLine): void {
    if (!isTime(line.ts)) return;
    if (TELLING.has(line.type)) this.#changedBy = line.n;
    if (line.type === 'start') this.#start(line.n, line.ts);
    else if (line.type === 'stop')
      this.#open ??= { n: line.n, from: isTime(line.until) ? line.until : line.ts, reason: STOP_REASON };
    else if (line.type === 'paused')
      this.#open = { n: line.n, from: line.ts, reason: pauseReason(text(line.by), text(line.note)) };
    else if (line.type === 'gap') this.#gap(line);
    else if (line.type === 'phase') this.#declare(line);
    else if (line.type === 'annotation') this.#note(line);
    else if (line.type === 'clock-step') this.#step(line);
    else if (line.type === 'campaign') this.#campaign(line);
    else this.#mark(line);
    if (RECOVERY.has(line.type)) return;
    this.#newest = line.ts;
    if (this.#open === null) this.#covered = line.ts;
  }

  /** A run that did not stop ended somewhere behind its last line. A pause that it died in lasted till then. */
  #start(n: number, ts: string): void {
    this.#begun ??= ts;
    const open = this.#open;
    if (this.#newest !== null && Number(ts) < Number(this.#newest))
      this.#steps = this.#kept(this.#steps, { n, before: this.#newest, after: ts, seconds: null });
    if (this.#newest === null || open?.reason === STOP_REASON || open?.reason === CRASH_REASON) return;
    this.#pause = open === null ? null : { ...open, to: this.#newest, lost: null };
    if (this.#pause !== null) this.#gaps = this.#kept(this.#gaps, this.#pause);
    this.#open = { n, from: this.#newest, reason: CRASH_REASON };
  }

  /** An engine may report gaps of its own while a longer one is open: the reason says which one has ended. */
  #gap({ n: reported, from, to, reason, lost }: LedgerLine & { readonly type: 'gap' }): void {
    if (!isTime(from) || !isTime(to)) return;
    const ended = this.#open !== null && text(reason).startsWith(this.#open.reason) ? this.#open : null;
    if (ended !== null) this.#endOpen(from);
    const gap = {
      n: ended?.n ?? reported,
      from,
      to,
      reason: text(reason),
      lost: typeof lost === 'number' ? lost : null,
    };
    this.#gaps = this.#kept(this.#gaps, gap);
  }

  /** The line of a crash includes the pause; in older ledgers it does not. */
  #endOpen(from: string): void {
    const pause = this.#pause;
    this.#open = null;
    this.#pause = null;
    if (pause !== null && Number(from) <= Number(pause.from)) this.#gaps = this.#gaps.filter((gap) => gap !== pause);
  }

  #declare(line: LedgerLine & { readonly type: 'phase' }): void {
    const { n, ts, since, phase, interaction, by, note } = line;
    const declared = {
      n,
      since: isTime(since) ? since : ts,
      phase: text(phase),
      interaction: text(interaction),
      by: text(by),
      note: text(note),
    };
    this.#phases = this.#kept(this.#phases, declared);
  }

  #note({ n, ts, by, text: said }: LedgerLine & { readonly type: 'annotation' }): void {
    this.#notes = this.#kept(this.#notes, { n, at: ts, by: text(by), text: text(said) });
  }

  #step({ n, ts, step_seconds: seconds }: LedgerLine & { readonly type: 'clock-step' }): void {
    if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return;
    const before = formatSeconds((parseSeconds(ts) ?? 0n) - BigInt(Math.round(seconds * 1000)) * 1_000_000n);
    this.#steps = this.#kept(this.#steps, { n, before, after: ts, seconds });
  }

  #mark(line: LedgerLine): void {
    if (line.type === 'tag-started' || line.type === 'window') this.#tags = this.#kept(this.#tags, ...markOf(line));
    else if (line.type === 'tag-stopped' || line.type === 'tag-cancelled') this.#endTag(line);
    else if (line.type === 'scan-started') {
      this.#endScan(line.scan, line.n, line.ts);
      this.#tags = this.#kept(this.#tags, scanMark(line));
    } else if (line.type === 'device-forgotten') this.#forget(line.device);
    else if (line.type === 'scan-ended') this.#endScan(line.scan, line.n, line.until);
    else if (line.type === 'window-removed') this.#tags = this.#tags.map((tag) => withoutMark(tag, line.line));
  }

  /** Its marks and scans go, and its name as a companion of others. */
  #forget(device: string): void {
    this.#tags = this.#tags
      .filter((tag) => tag.device !== device)
      .map((tag) => {
        const { companions = [], ...about } = tag.about;
        const others = companions.filter((one) => one !== device);
        return { ...tag, about: others.length === 0 ? about : { ...about, companions: others } };
      });
  }

  /** A sitting that a kill ended is over when the next one of its scan begins. */
  #endScan(scan: string, n: number, until: string): void {
    const at = this.#tags.findLastIndex(({ kind, about, to }) => kind === 'scan' && about.note === scan && to === null);
    const open = this.#tags[at];
    if (open !== undefined && isTime(until)) this.#tags = this.#tags.with(at, { ...open, to: until, ended: n });
  }

  #endTag({ n, ts, tag, type }: LedgerLine & { readonly type: 'tag-stopped' | 'tag-cancelled' }): void {
    this.#end('tag', tag, { to: ts, ended: n, cancelled: type === 'tag-cancelled' });
  }

  #end(
    kind: RecordedTag['kind'],
    tag: unknown,
    end: Pick<RecordedTag, 'to' | 'ended' | 'cancelled'> & Partial<Pick<RecordedTag, 'about'>>,
  ): void {
    const at = this.#tags.findLastIndex((one) => one.kind === kind && one.tag === tag && one.to === null);
    const open = this.#tags[at];
    if (open !== undefined) this.#tags = this.#tags.with(at, { ...open, ...end });
  }

  /** A campaign is a window, and so is each accepted recording; another verdict takes back the tag of what does not count. */
  #campaign(line: LedgerLine & { readonly type: 'campaign' }): void {
    const mark = this.#recordings.apply(line);
    if (mark !== null && 'begins' in mark) this.#tags = this.#kept(this.#tags, mark.begins);
    if (mark !== null && 'ends' in mark) this.#end('campaign', mark.ends, { ...mark.at, about: { note: mark.note } });
    const at = this.#tags.findLastIndex((one) => one.kind === 'tag' && one.tag === line.withdrawn);
    const newest = this.#tags[at];
    if (newest !== undefined) this.#tags = this.#tags.with(at, { ...newest, cancelled: true });
  }

  #kept<T>(list: readonly T[], ...more: readonly T[]): T[] {
    const all = [...list, ...more];
    this.#leftOut += Math.max(0, all.length - MAX_KEPT);
    return all.slice(-MAX_KEPT);
  }
}
