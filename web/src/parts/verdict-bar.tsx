// How much of a device's traffic was protected: one bar of shares, with the words and bytes under it.

import type { DocumentConversation } from '../api/types.ts';
import { bytesByVerdict } from '../conversation.ts';
import { percent, plural } from '../format/quantity.ts';
import { VERDICT_ORDER, verdictWords } from '../format/words.ts';
import { Bytes, Verdict } from './values.tsx';

export function VerdictBar({ conversations }: { conversations: readonly DocumentConversation[] }) {
  const parts = bytesByVerdict(conversations, VERDICT_ORDER);
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (all === 0) return <p class="muted">No conversation yet.</p>;
  return (
    <>
      <div class="share-bar" aria-hidden="true">
        {parts.map(({ verdict, bytes }) => (
          <span key={verdict} class={verdictWords(verdict).tone} style={{ flexGrow: bytes / all }} />
        ))}
      </div>
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
