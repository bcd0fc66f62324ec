// Since when something waits: never later than it is, and earlier by no more than the marks are apart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadMarks } from '../../appliance/store/thread/read-marks.ts';

/** A file that grows by a byte a millisecond, looked at every 100 ms. `read`: the byte up to which it is read at that time. */
function live(until: number, read: (now: number) => number) {
  const marks = new ReadMarks(0);
  const seen: { now: number; says: number; really: number }[] = [];
  for (let now = 0; now <= until; now += 100) {
    const offset = Math.min(now, read(now));
    marks.readTo({ seq: 1, offset });
    if (marks.isDue(now)) marks.mark(now, { seq: 1, offset: now });
    // The oldest unread byte was written at the millisecond of its number.
    seen.push({ now, says: now - marks.upToDate, really: now - offset });
  }
  return seen;
}

test('who is always three seconds behind is said to be three seconds behind', () => {
  const seen = live(60_000, (now) => now - 3000).filter(({ now }) => now > 4000);
  for (const { now, says, really } of seen)
    assert.ok(says >= really && says <= really + 400, `${now}: ${says}, really ${really}`);
});

test('who falls further and further behind is never said to be nearer, nor much further', () => {
  for (const { now, says, really } of live(3_600_000, (now) => now / 2))
    assert.ok(says >= really && says <= really * 1.07 + 400, `${now}: ${says}, really ${really}`);
});

test('who stopped reading is as far behind as the time since', () => {
  const seen = live(600_000, (now) => Math.min(now, 10_000));
  assert.ok(seen.at(-1)!.says >= 590_000 && seen.at(-1)!.says <= 590_400);
});

test('a later file is behind all of an earlier one', () => {
  const marks = new ReadMarks(0);
  marks.mark(100, { seq: 5, offset: 900 });
  marks.mark(400, { seq: 7, offset: 100 });
  marks.readTo({ seq: 5, offset: 899 });
  assert.equal(marks.upToDate, 0);
  marks.readTo({ seq: 6, offset: 0 });
  assert.equal(marks.upToDate, 100);
  marks.readTo({ seq: 7, offset: Infinity });
  assert.equal(marks.upToDate, 400);
  marks.readAll(1000);
  assert.equal(marks.upToDate, 1000);
});
