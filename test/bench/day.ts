// A day of live updates in an open page: 50 devices, a second of traffic each second, all as events of the stream, as fast as the page takes
// them. `node dist/test/bench/day.js [HOURS]`; prints the memory of the page after each few hours, which stays what it was after the first.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { CDPSession } from 'playwright-core';
import { holds, launchBrowser, noBrowser, PAGE_FOLDER } from '../web/browser.ts';
import { deviceRows } from '../web/mock-answers.ts';
import { PASSWORD, startMockServer } from '../web/mock-server.ts';
import { trafficSecond } from '../web/mock-traffic.ts';

const HOURS = Number(process.argv[2] ?? '24');
const DEVICES = 50;
const HOUR_SECONDS = 3600;
/** Of events that are handed over in one go. */
const BATCH_SECONDS = 60;
/** Rows of devices change every other second, the status every five, as from the appliance. */
const [DEVICE_EVERY, STATUS_EVERY] = [2, 5];
const REPORT_HOURS = 3;
const MOST_GROWTH_MB = 3;

/** In place of the browser's stream: the test says what comes. */
const STREAM = `
  globalThis.EventSource = class extends EventTarget {
    constructor() {
      super();
      globalThis.weirStream = this;
      setTimeout(() => this.onopen?.());
    }
    close() {}
  };
  globalThis.weirEvents = async (events) => {
    for (const [name, data] of events) weirStream.dispatchEvent(new MessageEvent(name, { data }));
    await new Promise((done) => setTimeout(done));
  };`;

/** The invented home's rows under fifty addresses. */
function fiftyRows(now: number) {
  const rows = deviceRows(now);
  return Array.from({ length: DEVICES }, (_, n) => {
    const row = rows[n % rows.length]!;
    const tail = n.toString(16).padStart(4, '0');
    return { ...row, id: `020000ee${tail}`, mac: `02:00:00:ee:${tail.slice(0, 2)}:${tail.slice(2)}` };
  });
}

async function megabytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize / 1e6;
}

test('a day of live updates leaves the memory of the page as it was', {
  skip: noBrowser,
  timeout: 3_600_000,
}, async (t) => {
  const mock = await startMockServer(PAGE_FOLDER);
  t.after(() => mock.stop());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.addInitScript(STREAM);
  await page.goto(mock.url);
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('.traffic-panel canvas');
  const session = await page.context().newCDPSession(page);
  const start = Math.floor(Date.now() / 1000);
  let settled = 0;
  for (let hour = 1; hour <= HOURS; hour++) {
    for (let at = 0; at < HOUR_SECONDS; at += BATCH_SECONDS) {
      const events = Array.from(
        { length: BATCH_SECONDS },
        (_, n) => start + (hour - 1) * HOUR_SECONDS + at + n,
      ).flatMap((second) => eventsOf(second, mock.status()));
      await page.evaluate(`weirEvents(${JSON.stringify(events)})`);
    }
    if (hour !== 1 && hour % REPORT_HOURS !== 0) continue;
    const used = await megabytes(session);
    settled ||= used;
    t.diagnostic(`after ${hour} h: ${used.toFixed(2)} MB`);
    assert.ok(used - settled < MOST_GROWTH_MB, `${used.toFixed(2)} MB, after the first hour ${settled.toFixed(2)} MB`);
  }
  await holds(page, `document.querySelectorAll('.device-figures tbody tr').length >= ${DEVICES}`);
});

function eventsOf(second: number, status: object): [name: string, data: string][] {
  const events: [string, object][] = [['traffic', trafficSecond(second)]];
  if (second % DEVICE_EVERY === 0) {
    const rows = fiftyRows(second * 1000);
    events.push(['device', { devices: [0, 1, 2, 3].map((n) => rows[(second + n * 13) % DEVICES]!) }]);
  }
  if (second % STATUS_EVERY === 0) events.push(['status', { ...status, ts: new Date(second * 1000).toISOString() }]);
  return events.map(([name, data]) => [name, JSON.stringify(data)]);
}
