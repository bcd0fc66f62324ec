// How much of a device's traffic was protected: one bar of shares, with the words and bytes under it.

import type { DocumentConversation } from '../api/types.ts';
import { percent, plural } from '../format/quantity.ts';
import { verdictWords } from '../format/words.ts';
import { conversationParts, type VerdictPart } from '../verdicts.ts';
import { Bytes, Verdict } from './values.tsx';

/** Decoration: whoever uses it says the words beside it. */
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

export function VerdictBar({ conversations }: { conversations: readonly DocumentConversation[] }) {
  const parts = conversationParts(conversations);
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (all === 0) return <p class="muted">No conversation yet.</p>;
  return (
    <>
      <ShareBar parts={parts} />
      <ul class="share-list">
        {parts.map(({ verdict, bytes, conversations: number }) => (
          <li key={verdict}>
            <Verdict word={verdict} />
            <span>{percent(bytes / all)}</span>
            <span class="muted small">
              <Bytes value={bytes} />, {plural(number, 'conversation')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
