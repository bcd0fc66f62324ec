// Sums of the flow matrix are of whole hours: said where the range that is shown has other ends.

import { stamp, toMillis } from '../../format/time.ts';
import type { Range } from '../../time/span.ts';

interface Props {
  readonly range: Range;
  /** What the appliance says that it summed up. */
  readonly shown: { readonly from: string | null; readonly to: string | null } | undefined;
}

export function WholeHours({ range, shown }: Props) {
  if (shown === undefined || (isSame(range.from, shown.from) && isSame(range.to, shown.to))) return null;
  const [from, to] = [shown.from, shown.to].map((end) => (end === null ? undefined : stamp(end)));
  return (
    <span class="muted small">
      Sums are of whole hours: {from ?? 'the begin'} – {to ?? 'now'}
    </span>
  );
}

function isSame(seconds: number | null, moment: string | null): boolean {
  const millis = toMillis(moment);
  return seconds === null ? millis === undefined : millis === seconds * 1000;
}
