// Campaigns as windows: the whole one from its line `started` to its end, and within it each recording from the line `recording` to the
// line `recorded`, once the verdict says that it counts. Part of recorded-time.ts.

import type { LedgerLine } from '../../model/ledger.ts';
import { parseDevice } from '../../model/mac.ts';
import { type RecordedTag, text } from './recorded-tag.ts';

type CampaignLine = LedgerLine & { readonly type: 'campaign' };
type Verdict = 'accepted' | 'failed' | 'skipped';

/** What a line begins, or ends. */
export type CampaignMark =
  | { readonly begins: RecordedTag }
  | { readonly ends: string; readonly at: Pick<RecordedTag, 'to' | 'ended' | 'cancelled'>; readonly note: string };

export class CampaignRecordings {
  /** The run that lasts, and the verdicts of its steps so far. */
  #run = '';
  #verdicts: Record<Verdict, number> = { accepted: 0, failed: 0, skipped: 0 };
  /** One campaign runs at a time, and one recording of it. */
  #begun: CampaignLine | null = null;
  #ended: CampaignLine | null = null;

  /** Null for a line that neither begins nor ends a window. */
  apply(line: CampaignLine): CampaignMark | null {
    if (line.event === 'started') return this.#start(line);
    if (line.event === 'finished' || line.event === 'aborted') return this.#end(line);
    if (line.event === 'recording') this.#begun = line;
    if (line.event === 'recorded') this.#ended = line;
    if (line.run === this.#run && isVerdict(line.event)) this.#verdicts[line.event]++;
    if (line.event !== 'accepted') return null;
    const [begun, ended] = [this.#begun, this.#ended];
    this.#begun = this.#ended = null;
    return begun !== null && ended !== null && isSame(begun, line) && isSame(ended, line)
      ? { begins: windowOf(begun, ended, line) }
      : null;
  }

  /** A line that was written twice begins nothing twice. */
  #start(line: CampaignLine): CampaignMark | null {
    if (line.run === this.#run) return null;
    this.#run = text(line.run);
    this.#verdicts = { accepted: 0, failed: 0, skipped: 0 };
    const about = { note: this.#run };
    return { begins: { ...live(line), tag: nameOf(line.run), from: line.ts, to: null, ended: null, about } };
  }

  #end({ run, event, n, ts }: CampaignLine): CampaignMark | null {
    if (run !== this.#run) return null;
    this.#run = '';
    const { accepted, failed, skipped } = this.#verdicts;
    const note = `${event}: ${accepted} steps accepted, ${failed} failed, ${skipped} skipped`;
    return { ends: nameOf(run), at: { to: ts, ended: n, cancelled: false }, note };
  }
}

function isVerdict(event: string): event is Verdict {
  return event === 'accepted' || event === 'failed' || event === 'skipped';
}

function isSame(one: CampaignLine, other: CampaignLine): boolean {
  return one.run === other.run && one.step === other.step && one.attempt === other.attempt;
}

/** Named after the campaign and the place of the step in its order, from 1. */
function windowOf(begun: CampaignLine, ended: CampaignLine, { run, step, text: found }: CampaignLine): RecordedTag {
  const span = { from: begun.ts, to: ended.ts, ended: ended.n };
  return { ...live(begun), tag: `${nameOf(run)}_${step + 1}`, ...span, about: { note: text(found) } };
}

function live({ n, device, by }: CampaignLine) {
  const whom = typeof device === 'string' ? (parseDevice(device) ?? null) : null;
  return { n, kind: 'campaign', made: 'live', device: whom, owner: text(by), cancelled: false } as const;
}

/** Behind the moment that a run is named by. */
function nameOf(run: string): string {
  return text(run).slice(text(run).indexOf('_') + 1);
}
