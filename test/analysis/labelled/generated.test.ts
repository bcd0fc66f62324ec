import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../appliance/analysis/verdict/verdict.ts';
import type { Verdict } from '../../../appliance/model/analysis-document.ts';
import { Confusion } from './confusion.ts';
import { KINDS, type Kind, RandomBytes, type Truth } from './sessions.ts';
import { statsOf } from './stats-of.ts';
import { withoutXz } from './xz.ts';

const SESSIONS = 30;

/** What is right; `opaque` is honest where no proof can be had, and never wrong but for text, binary and scrambling. */
const RIGHT: Readonly<Record<Truth, readonly Verdict[]>> = {
  tls: ['encrypted', 'upgraded', 'opaque'],
  ciphertext: ['opaque'],
  media: ['compressed-in-clear', 'cleartext', 'opaque'],
  text: ['cleartext'],
  binary: ['encoded', 'cleartext'],
  scrambled: ['encoded'],
  container: ['cleartext', 'encoded', 'opaque'],
  mixed: ['cleartext'],
};

interface Outcome {
  readonly kind: Kind;
  readonly verdict: Verdict;
  readonly n: number;
  readonly reason: string;
}

/** The rules were made while looking at the first set; the seeds of the second were drawn when they were done. */
const SETS = [
  { name: 'tuning', seed: '' },
  { name: 'held out', seed: 'drawn 2026-11-28, after the last rule ' },
] as const;

function list(wrong: readonly Outcome[]): string {
  return wrong
    .slice(0, 20)
    .map((o) => `${o.kind.name}: ${o.verdict}, ${o.reason}`)
    .join('\n');
}

for (const set of SETS) {
  const confusion = new Confusion();
  const outcomes: Outcome[] = KINDS.flatMap((kind) =>
    Array.from({ length: SESSIONS }, (_, i) => {
      const random = new RandomBytes(`${set.seed}${kind.name} ${i}`);
      const { verdict, n, reason, threshold7 } = judge(statsOf(kind.make(random), { proto: kind.proto }));
      confusion.add(`${kind.truth}: ${kind.name}`, verdict, threshold7);
      return { kind, verdict, n, reason };
    }),
  );

  test(`${set.name}: confusion of ${KINDS.length} kinds, ${SESSIONS} sessions each`, (t) => {
    for (const line of confusion.lines()) t.diagnostic(line);
    assert.equal(outcomes.length, KINDS.length * SESSIONS);
  });

  test(`${set.name}: no session that is not TLS is called encrypted`, () => {
    const wrong = outcomes.filter(
      (o) => o.kind.truth !== 'tls' && (o.verdict === 'encrypted' || o.verdict === 'upgraded'),
    );
    assert.equal(wrong.length, 0, list(wrong));
  });

  test(`${set.name}: TLS seen from its start is called encrypted, joined late it is so or opaque`, () => {
    const wrong = outcomes.filter((o) => {
      if (o.kind.truth !== 'tls' || o.verdict === 'encrypted') return false;
      return !o.kind.name.includes('late') || o.verdict !== 'opaque';
    });
    assert.equal(wrong.length, 0, list(wrong));
  });

  test(`${set.name}: 99 % are right or honestly opaque`, () => {
    const wrong = outcomes.filter((o) => !RIGHT[o.kind.truth].includes(o.verdict));
    assert.ok(wrong.length <= outcomes.length * 0.01, `${wrong.length} of ${outcomes.length}\n${list(wrong)}`);
  });

  test(`${set.name}: at most 5 % of the sessions with 1 KB of payload get no answer`, () => {
    const judged = outcomes.filter((o) => o.n >= 1024);
    const silent = judged.filter((o) => o.verdict === 'undetermined' || o.verdict === 'insufficient');
    assert.ok(silent.length <= judged.length * 0.05, `${silent.length} of ${judged.length}\n${list(silent)}`);
  });

  test(`${set.name}: media seen from their start are never opaque`, () => {
    const wrong = outcomes.filter(
      (o) => o.kind.truth === 'media' && !/late|raw/.test(o.kind.name) && o.verdict === 'opaque',
    );
    assert.equal(wrong.length, 0, list(wrong));
  });

  test(`${set.name}: xz joined late is opaque or reported as compressed, never as text`, { skip: withoutXz }, () => {
    const late = outcomes.filter((o) => o.kind.name === 'xz, joined late');
    assert.equal(late.length, SESSIONS);
    const wrong = late.filter((o) => o.verdict !== 'opaque' && o.verdict !== 'compressed-in-clear');
    assert.equal(wrong.length, 0, list(wrong));
  });

  test(`${set.name}: four plain requests inside 2 MB of ciphertext are found every time`, () => {
    const wrong = outcomes.filter((o) => o.kind.truth === 'mixed' && o.verdict !== 'cleartext');
    assert.equal(wrong.length, 0, list(wrong));
  });
}
