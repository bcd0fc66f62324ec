// The same conversations by the label that tshark's protocols give them, in two halves of the corpus, and what is right for each.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../appliance/model/analysis-document.ts';
import type { Label } from '../analysis/labelled/tshark-labels.ts';
import { CORPUS } from '../truth/corpus.ts';
import type { Judged } from './confusion.ts';

/** Folders whose captures are labelled; the others were made for damage and formats. */
const LABELLED = /^(iot-setup|iot-ap|iot-lifecycle|iot-misc|proto)\//;

/** `opaque` is honest everywhere but for what is clear by its protocol. */
const RIGHT: Readonly<Record<Exclude<Label, 'unknown'>, readonly Verdict[]>> = {
  encrypted: ['encrypted', 'upgraded', 'opaque'],
  upgraded: ['upgraded', 'encrypted', 'cleartext'],
  both: ['encrypted', 'upgraded', 'cleartext', 'compressed-in-clear'],
  clear: ['cleartext', 'compressed-in-clear', 'encoded'],
};

/**
 * Files are parted by a hash of their bytes, so that nobody chose. The rules of the verdict were made while looking at the
 * whole corpus and are frozen since 2026-11-28: the second half says how they do on files that no rule is changed for from
 * now on, not that nobody had ever seen them. What truly nobody had seen is the second set of generated.test.ts.
 */
export const HALVES = ['tuning', 'held out'] as const;
export type Half = (typeof HALVES)[number];

export function inHalf(half: Half, all: readonly Judged[]): Judged[] {
  const halves = new Map<string, Half>();
  const halfOf = (file: string): Half => {
    const known = halves.get(file) ?? halfByBytes(join(CORPUS, file));
    halves.set(file, known);
    return known;
  };
  return all.filter(({ file }) => LABELLED.test(file) && halfOf(file) === half);
}

function halfByBytes(path: string): Half {
  return createHash('sha256').update(readFileSync(path)).digest()[0]! % 2 === 0 ? 'tuning' : 'held out';
}

/** Those with a label and an answer. */
export function answered(cases: readonly Judged[]): Judged[] {
  return cases.filter((one) => one.label !== 'unknown' && !isSilent(one));
}

/** Of those that are answered. */
export function isWrong({ label, conversation }: Judged): boolean {
  return label !== 'unknown' && !RIGHT[label].includes(conversation.verdict);
}

export function isSilent({ conversation }: Judged): boolean {
  return conversation.verdict === 'undetermined' || conversation.verdict === 'insufficient';
}
