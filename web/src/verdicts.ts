// Traffic by verdict word, problem first, as bars and lists show it. Pure.

import type { AnalysisDocument, DocumentConversation, FlowGroup } from './api/types.ts';
import { VERDICT_ORDER } from './format/words.ts';

export interface VerdictPart {
  readonly verdict: string;
  readonly bytes: number;
}

export interface ConversationPart extends VerdictPart {
  readonly conversations: number;
}

export interface ByScope<T> {
  readonly internet: T;
  readonly home: T;
}

/** On the Internet is a conversation of which one end is a destination. */
export function conversationsByScope({
  conversations,
  destinations,
}: Pick<AnalysisDocument, 'conversations' | 'destinations'>): ByScope<DocumentConversation[]> {
  const abroad = new Set(destinations.filter(({ country }) => country !== 'local').map(({ ip }) => ip));
  const isAbroad = ({ a_ip, b_ip }: DocumentConversation) => abroad.has(a_ip) || abroad.has(b_ip);
  return {
    internet: conversations.filter(isAbroad),
    home: conversations.filter((one) => !isAbroad(one)),
  };
}

/** Bytes both ways by word, of groups by scope and protection. */
export function flowParts(groups: readonly FlowGroup[], scope: keyof ByScope<unknown>): VerdictPart[] {
  const sums: Record<string, number> = {};
  for (const { scope: where, protection = '', bytes_up, bytes_down } of groups)
    if (where === scope) sums[protection] = (sums[protection] ?? 0) + bytes_up + bytes_down;
  return verdictParts(sums);
}

/** Words without bytes are left out. */
export function verdictParts(bytesByWord: Readonly<Record<string, number>>): VerdictPart[] {
  return Object.entries(bytesByWord)
    .map(([verdict, bytes]) => ({ verdict, bytes }))
    .filter((part) => part.bytes > 0)
    .sort(byProblem);
}

export function conversationParts(conversations: readonly DocumentConversation[]): ConversationPart[] {
  const sums = new Map<string, ConversationPart>();
  for (const { verdict, bytes_ab, bytes_ba } of conversations) {
    const known = sums.get(verdict);
    const bytes = (known?.bytes ?? 0) + bytes_ab + bytes_ba;
    sums.set(verdict, { verdict, bytes, conversations: (known?.conversations ?? 0) + 1 });
  }
  return [...sums.values()].sort(byProblem);
}

function byProblem(a: VerdictPart, b: VerdictPart): number {
  return rank(a.verdict) - rank(b.verdict);
}

function rank(verdict: string): number {
  const at = VERDICT_ORDER.indexOf(verdict);
  return at === -1 ? VERDICT_ORDER.length : at;
}
