// What was read and not understood, reported in every document: unknown link types, later IP fragments, wrong check sums, records
// without bytes. Called by render-document.ts; conversations.ts asks here whether enough of a conversation was looked at.

import { readsLinkType } from '../../decode/frames/link.ts';
import { linkTypeText } from '../../decode/frames/link-names.ts';
import type { NotUnderstood, Verdict } from '../../model/analysis-document.ts';
import { REST_OF_FRAGMENTS } from '../summary/fragment-sums.ts';
import type { Part } from '../summary/summary.ts';

/** In the order of `what`; most bytes first. Empty where everything was understood. */
export function notUnderstood(part: Part): NotUnderstood[] {
  return [...linkTypes(part), ...fragments(part), ...network(part, 'bad-check-sum'), ...network(part, 'empty-record')];
}

function linkTypes({ link_types }: Part): NotUnderstood[] {
  return Object.entries(link_types)
    .map(([text, packets]) => ({ link: Number(text), packets }))
    .filter(({ link }) => !readsLinkType(link))
    .sort((x, y) => x.link - y.link)
    .map(({ link, packets }) => ({ what: 'link_type', detail: linkTypeText(link), packets, bytes: null }));
}

function fragments({ fragments: pairs = {} }: Part): NotUnderstood[] {
  return Object.keys(pairs)
    .sort()
    .map((pair) => ({
      what: 'fragment' as const,
      detail: pair === REST_OF_FRAGMENTS ? null : pair.replace(' ', ' > '),
      ...pairs[pair]!,
    }))
    .sort((x, y) => Number(x.detail === null) - Number(y.detail === null) || y.bytes - x.bytes);
}

const WHAT = { 'bad-check-sum': 'bad_check_sum', 'empty-record': 'empty_record' } as const;

function network({ networks }: Part, name: keyof typeof WHAT): NotUnderstood[] {
  const traffic = networks[name];
  return traffic === undefined ? [] : [{ what: WHAT[name], detail: null, ...traffic }];
}

interface Opinion {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Of a conversation whose larger part lay in later fragments only what a protocol proves is said. `seen`, `unseen`: bytes. */
export function withUnseen<T extends Opinion>(opinion: T, seen: number, unseen: number): T {
  const isProven =
    opinion.verdict === 'encrypted' || opinion.verdict === 'upgraded' || opinion.verdict === 'no_payload';
  if (isProven || unseen <= seen) return opinion;
  const reason = `${unseen} bytes in later IP fragments were not looked at; of the ${seen} others: ${opinion.reason}`;
  return { ...opinion, verdict: 'undetermined', reason, readable: null };
}
