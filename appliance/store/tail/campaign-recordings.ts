// The recordings of campaigns as windows: from the line `recording` to the line `recorded`, once the verdict says that it counts. Part
// of recorded-time.ts.

import type { LedgerLine } from '../../model/ledger.ts';
import { parseDevice } from '../../model/mac.ts';
import { type RecordedTag, text } from './recorded-tag.ts';

type CampaignLine = LedgerLine & { readonly type: 'campaign' };

export class CampaignRecordings {
  /** One campaign runs at a time, and one recording of it. */
  #begun: CampaignLine | null = null;
  #ended: CampaignLine | null = null;

  /** The window that the line makes; null for all lines but an acceptance. */
  apply(line: CampaignLine): RecordedTag | null {
    if (line.event === 'recording') this.#begun = line;
    if (line.event === 'recorded') this.#ended = line;
    if (line.event !== 'accepted') return null;
    const [begun, ended] = [this.#begun, this.#ended];
    this.#begun = this.#ended = null;
    return begun !== null && ended !== null && isSame(begun, line) && isSame(ended, line)
      ? windowOf(begun, ended, line)
      : null;
  }
}

function isSame(one: CampaignLine, other: CampaignLine): boolean {
  return one.run === other.run && one.step === other.step && one.attempt === other.attempt;
}

/** Named after the campaign and the place of the step in its order, from 1. */
function windowOf(begun: CampaignLine, ended: CampaignLine, { run, step, text: found }: CampaignLine): RecordedTag {
  const name = text(run).slice(text(run).indexOf('_') + 1);
  const device = typeof begun.device === 'string' ? parseDevice(begun.device) : undefined;
  return {
    n: begun.n,
    kind: 'campaign',
    made: 'live',
    tag: `${name}_${step + 1}`,
    device: device ?? null,
    owner: text(begun.by),
    from: begun.ts,
    to: ended.ts,
    ended: ended.n,
    cancelled: false,
    about: { note: text(found) },
  };
}
