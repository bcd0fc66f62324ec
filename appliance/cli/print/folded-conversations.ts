// Conversations of a document as a person reads them: those of one service, place, verdict and side of the threshold are one line.

import type { DocumentConversation } from '../../model/analysis-document.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { printable } from '../../model/text.ts';
import { bytesText } from './print.ts';

interface Range {
  least: number;
  most: number;
}

interface Kind {
  readonly service: string;
  readonly place: string;
  readonly threshold: string;
  readonly verdict: string;
  conversations: number;
  bytes: number;
  mean: Range | undefined;
  pooled: Range | undefined;
}

/** Kinds kept; a capture of a home has some dozens. What is beyond is counted with the last. */
const MAX_KINDS = 2000;
const OTHERS = 'others';

export class FoldedConversations {
  readonly #kinds = new Map<string, Kind>();
  count = 0;

  add(conversation: DocumentConversation): void {
    this.count++;
    const kind = this.#kindOf(conversation);
    kind.conversations++;
    kind.bytes += conversation.bytes_ab + conversation.bytes_ba;
    kind.mean = widened(kind.mean, conversation.H_packets_mean);
    kind.pooled = widened(kind.pooled, conversation.H);
  }

  #kindOf({ service, proto, b_port: port, country, threshold7, verdict }: DocumentConversation): Kind {
    const named = service ?? `${proto} ${port}`;
    const fields = [named, country ?? ANYCAST_WORD, threshold7, verdict] as const;
    const known = this.#kinds.get(fields.join('\t'));
    if (known !== undefined) return known;
    const [name, place, threshold, word] = this.#kinds.size < MAX_KINDS ? fields : [OTHERS, '', '', ''];
    const key = [name, place, threshold, word].join('\t');
    const kind = this.#kinds.get(key) ?? {
      service: name,
      place,
      threshold,
      verdict: word,
      conversations: 0,
      bytes: 0,
      mean: undefined,
      pooled: undefined,
    };
    this.#kinds.set(key, kind);
    return kind;
  }

  /** The largest first. */
  lines(width: number): string[] {
    return [...this.#kinds.values()]
      .toSorted((a, b) => b.bytes - a.bytes)
      .map((kind) => lineOf(kind).slice(0, width - 2));
  }
}

function lineOf({ service, place, threshold, verdict, conversations, bytes, mean, pooled }: Kind): string {
  const entropies = `mean ${rangeText(mean, meanText)} ${threshold.padEnd(11)} pooled ${rangeText(pooled, entropyText)}`;
  return `${printable(service, 15).padEnd(16)} ${String(conversations).padStart(4)} ${bytesText(bytes).padStart(8)}  ${verdict.padEnd(19)} ${place.padEnd(11)} ${entropies}`;
}

function widened(range: Range | undefined, value: number | null): Range | undefined {
  if (value === null) return range;
  return range === undefined
    ? { least: value, most: value }
    : { least: Math.min(range.least, value), most: Math.max(range.most, value) };
}

function rangeText(range: Range | undefined, text: (value: number) => string): string {
  if (range === undefined) return '-';
  const [least, most] = [text(range.least), text(range.most)];
  return least === most ? least : `${least}-${most}`;
}

/** Never rounded across the threshold that judges it. */
function meanText(mean: number): string {
  return mean > 7 && mean.toFixed(3) === '7.000' ? '>7.000' : entropyText(mean);
}

function entropyText(bitsPerByte: number): string {
  return bitsPerByte.toFixed(3);
}
