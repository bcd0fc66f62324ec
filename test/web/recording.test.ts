// Statements about gaps and phases are the ledger's, and what is not known is said to be so.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { RecordingResponse } from '../../appliance/publish/schemas/recording.ts';
import { gapsOf, gapsSince, gapWords, lostWords, phasesOf, recordedSeconds } from '../../web/src/recording.ts';

const T0 = 1_795_176_000;
const iso = (offset: number) => new Date((T0 + offset) * 1000).toISOString();
const gap = (from: number, to: number | null) => ({
  from: iso(from),
  to: to === null ? null : iso(to),
  reason: 'x',
  lost: null,
});
const phase = (since: number, word: string) => ({
  n: since,
  since: iso(since),
  phase: word,
  interaction: 'none',
  by: '',
  note: '',
});

const RECORDING: RecordingResponse = {
  ts: iso(1000),
  begun: iso(0),
  recording: false,
  gaps: [gap(100, 200), gap(290, 310), gap(900, null)],
  phases: [phase(0, 'setup'), phase(300, 'idle'), phase(950, 'scan')],
  tags: [],
  left_out: 0,
};

test('before the first run nothing is known, and a gap that is open lasts until now', () => {
  const gaps = gapsOf(RECORDING, T0 + 1000);
  assert.deepEqual(gaps[0], { from: Number.NEGATIVE_INFINITY, to: T0 });
  assert.deepEqual(gaps.at(-1), { from: T0 + 900, to: T0 + 1000 });
  assert.deepEqual(gapsOf(undefined, T0), []);
});

test('gaps since the start of capture include the one that this start ended', () => {
  assert.deepEqual(
    gapsSince(RECORDING, iso(200), T0 + 1000).map(({ from }) => from - T0),
    [100, 290, 900],
  );
  assert.equal(gapWords(gapsSince(RECORDING, iso(200), T0 + 1000)), '3 gaps, 3 min in all');
  assert.equal(gapWords([]), '');
});

test('an outage belongs to the phase that it is in, also where it goes over a switch', () => {
  const phases = phasesOf(RECORDING, T0 + 1000);
  assert.deepEqual(
    phases.map(({ phase: word, gaps }) => [word, ...gaps.map(({ from, to }) => [from - T0, to - T0])]),
    [
      ['setup', [100, 200], [290, 300]],
      ['idle', [300, 310], [900, 950]],
      ['scan', [950, 1000]],
    ],
  );
});

test('a phase that lay in an outage was not recorded, and one that was never declared neither', () => {
  assert.equal(recordedSeconds(RECORDING, 'scan', T0 + 1000), 0);
  assert.equal(recordedSeconds(RECORDING, 'proxy', T0 + 1000), 0);
  assert.equal(recordedSeconds(RECORDING, 'setup', T0 + 1000), 190);
  assert.equal(recordedSeconds(undefined, 'setup', T0 + 1000), null);
});

test('that capture records is said only where capture said so within seconds', () => {
  const heard = T0 * 1000;
  assert.match(lostWords('capturing', heard, heard + 4000), /said 4 s ago that it records/);
  for (const [state, at] of [
    ['capturing', heard + 16_000],
    [undefined, heard + 1000],
    ['capturing', heard + 3_600_000],
  ] as const)
    assert.match(lostWords(state, heard, at), /not known here/);
  assert.match(lostWords('capturing', 0, 1000), /not known here/);
  assert.match(lostWords('paused', heard, heard + 1000), /did not record/);
});
