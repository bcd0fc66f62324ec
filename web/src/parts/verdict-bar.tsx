// How much of a device's traffic was protected: one bar of shares, with the words and bytes under it.

import { percent, plural } from '../format/quantity.ts';
import { verdictWords } from '../format/words.ts';
import type { ByScope, VerdictPart } from '../verdicts.ts';
import { Bytes, Verdict } from './values.tsx';

/** Decoration: its user adds the words. */
export function ShareBar({ parts }: { parts: readonly VerdictPart[] }) {
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  return (
    <div class="share-bar" aria-hidden="true">
      {parts.map(({ verdict, bytes }) => (
        <span key={verdict} class={verdictWords(verdict).tone} style={{ flexGrow: bytes / all }} />
      ))}
    </div>
  );
}

interface Props {
  readonly parts: readonly (VerdictPart & { readonly conversations?: number })[];
  readonly empty: string;
}

export function VerdictBar({ parts, empty }: Props) {
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (all === 0) return <p class="muted">{empty}</p>;
  return (
    <>
      <ShareBar parts={parts} />
      <ul class="share-list">
        {parts.map(({ verdict, bytes, conversations }) => (
          <li key={verdict}>
            <Verdict word={verdict} />
            <span>{percent(bytes / all)}</span>
            <span class="muted small">
              <Bytes value={bytes} />
              {conversations !== undefined && `, ${plural(conversations, 'conversation')}`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What the Internet sees and what stays at home have nothing to do with each other: one bar each. */
export function VerdictBars({ internet, home }: ByScope<Props['parts']>) {
  return (
    <>
      <h3>To the Internet</h3>
      <VerdictBar parts={internet} empty="Nothing was exchanged with the Internet." />
      <h3>At home</h3>
      <VerdictBar parts={home} empty="Nothing was exchanged at home." />
    </>
  );
}
