// Traffic by verdict word, trouble first, as bars and lists show it. Pure.

import type { DocumentConversation } from './api/types.ts';
import { VERDICT_ORDER } from './format/words.ts';

export interface VerdictPart {
  readonly verdict: string;
  readonly bytes: number;
}

export interface ConversationPart extends VerdictPart {
  readonly conversations: number;
}

/** Words without bytes are left out. */
export function verdictParts(bytesByWord: Readonly<Record<string, number>>): VerdictPart[] {
  return Object.entries(bytesByWord)
    .map(([verdict, bytes]) => ({ verdict, bytes }))
    .filter((part) => part.bytes > 0)
    .sort(byTrouble);
}

export function conversationParts(conversations: readonly DocumentConversation[]): ConversationPart[] {
  const sums = new Map<string, ConversationPart>();
  for (const { verdict, bytes_ab, bytes_ba } of conversations) {
    const known = sums.get(verdict);
    const bytes = (known?.bytes ?? 0) + bytes_ab + bytes_ba;
    sums.set(verdict, { verdict, bytes, conversations: (known?.conversations ?? 0) + 1 });
  }
  return [...sums.values()].sort(byTrouble);
}

function byTrouble(a: VerdictPart, b: VerdictPart): number {
  return rank(a.verdict) - rank(b.verdict);
}

function rank(verdict: string): number {
  const at = VERDICT_ORDER.indexOf(verdict);
  return at === -1 ? VERDICT_ORDER.length : at;
}
