import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreshRows, type RowSource } from '../../appliance/publish/answers/fresh-rows.ts';

const FOR_EVER_MS = 2 ** 30;
const TIMES = { everyMs: 0, longMs: FOR_EVER_MS, shortMs: 1, youngMs: 10_000, beginMs: FOR_EVER_MS };

interface Analysis {
  isBusy: boolean;
  isBeginning: boolean;
  isComplete: boolean;
  ageMs: number;
  /** Ends the making of rows. */
  done: () => void;
  made: number;
}

/** Rows whose making ends when the test says so. */
function slowRows(): { readonly rows: FreshRows; readonly analysis: Analysis } {
  const analysis: Analysis = {
    isBusy: false,
    isBeginning: false,
    isComplete: true,
    ageMs: 60_000,
    done: () => undefined,
    made: 0,
  };
  const source: RowSource = {
    devices: ['camera'],
    isStale: true,
    get isComplete() {
      return analysis.isComplete;
    },
    get ageMs() {
      return analysis.ageMs;
    },
    refresh: () =>
      new Promise((resolve) => {
        analysis.done = () => {
          analysis.made++;
          resolve([]);
        };
      }),
  };
  const rows = new FreshRows(
    () => source,
    () => ({ nowSecond: 0, isBusy: analysis.isBusy, isBeginning: analysis.isBeginning }),
    TIMES,
  );
  return { rows, analysis };
}

test('next to a scan the rows there are answer at once, and the new ones are made for the next who asks', async () => {
  const { rows, analysis } = slowRows();
  analysis.isBusy = true;
  await rows.wait();
  assert.equal(analysis.made, 0);
  const next = rows.wait();
  analysis.done();
  await next;
  assert.equal(analysis.made, 1);
});

test('young rows keep nobody waiting', async () => {
  const { rows, analysis } = slowRows();
  analysis.ageMs = 500;
  await rows.wait();
  assert.equal(analysis.made, 0);
  analysis.done();
});

/** Whether somebody who asks gets his answer only once rows are made. */
async function waitsForRows(rows: FreshRows, analysis: Analysis): Promise<boolean> {
  const waiting = rows.wait().then(() => analysis.made === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  analysis.done();
  return waiting;
}

test('rows of an hour ago are waited for where analysis has time', async () => {
  const { rows, analysis } = slowRows();
  analysis.ageMs = 3_600_000;
  assert.ok(await waitsForRows(rows, analysis));
});

test('a device without any row is waited for, though analysis is busy', async () => {
  const { rows, analysis } = slowRows();
  Object.assign(analysis, { isBusy: true, isComplete: false });
  assert.ok(await waitsForRows(rows, analysis));
});

test('the first question after a start waits until analysis has read what is open, so that no row lacks its name', async () => {
  const { rows, analysis } = slowRows();
  Object.assign(analysis, { isBeginning: true, ageMs: 500 });
  let isAnswered = false;
  const asked = rows.wait().then(() => {
    isAnswered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(isAnswered, false);
  analysis.isBeginning = false;
  await asked;
  analysis.done();
});
