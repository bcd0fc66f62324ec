// The one time axis in a real browser: a span drawn over a chart holds for every view, is in the address, and is what is downloaded,
// tagged and compared; every axis shows the windows of the ledger; each time names its zone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { holds, launchBrowser, noBrowser, PAGE_FOLDER, SCREENSHOTS } from './browser.ts';
import { type MockServer, PASSWORD, startMockServer } from './mock-server.ts';

const SPAN = 'from=2026-11-17T10:00:00&to=2026-11-17T11:00:00';
const DEVICE = '7811dc200001';

describe('the time that is shown', { skip: noBrowser }, () => {
  let browser: Browser;
  let mock: MockServer;
  before(async () => {
    mock = await startMockServer(PAGE_FOLDER);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });

  async function open(hash: string, timezoneId = 'Europe/Berlin'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId });
    const page = await context.newPage();
    await page.goto(`${mock.url}#/devices`);
    await page.fill('#password', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector('.answer');
    await page.goto(`${mock.url}#/${hash}`);
    return page;
  }

  test('is drawn over a chart, is in the address, and stays from view to view until another is chosen', async (t) => {
    const page = await open(`devices/${DEVICE}?span=day`);
    t.after(() => page.context().close());
    const plot = page.locator('.activity-panel .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await holds(page, "/from=.*&to=/.test(location.hash) && !location.hash.includes('span=')");
    const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    const hours = (Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '')) / 3_600_000;
    assert.ok(hours > 5 && hours < 7, `a quarter of a day: ${hours} h`);
    await page.getByText('Figures of exactly the packets of this time').waitFor();
    const views = page.getByRole('navigation', { name: 'Views' });
    for (const view of ['Destinations', 'Findings', 'Captures', 'Live']) {
      await views.getByRole('link', { name: view }).click();
      await holds(page, `location.hash.startsWith('#/${view.toLowerCase()}?')`);
      const kept = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
      assert.deepEqual([kept.get('from'), kept.get('to')], [query.get('from'), query.get('to')], view);
    }
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await holds(page, "location.hash.endsWith('?span=all')");
  });

  test('is what the lists and the download are of', async (t) => {
    const page = await open('health');
    t.after(() => page.context().close());
    const [sums, files] = await Promise.all([
      page.waitForRequest(/flows\?.*from=2026-11-17T10%3A00%3A00Z&to=2026-11-17T11/),
      page.waitForRequest(/segments\?.*from=2026-11-17T10%3A00%3A00Z&to=2026-11-17T11/),
      page
        .goto(`${mock.url}#/destinations?${SPAN}`)
        .then(() => page.waitForSelector('.narrowed, .sankey, .empty'))
        .then(() => page.getByRole('link', { name: 'Captures' }).first().click()),
    ]);
    assert.ok(sums && files);
    await page.locator('form.inline-form select').first().selectOption(DEVICE);
    const link = page.getByRole('link', { name: 'Download as one pcap' });
    assert.match((await link.getAttribute('href')) ?? '', /pcap\?from=2026-11-17T10%3A00%3A00Z&to=2026-11-17T11/);
  });

  test('has the windows of the ledger on each axis, also after they ended, and each can be chosen', async (t) => {
    const page = await open(`devices/${DEVICE}?span=day`);
    t.after(() => page.context().close());
    const chart = page.locator('.activity-panel .chart');
    await chart.waitFor();
    await holds(page, "document.querySelector('.activity-panel .chart')?.dataset.windows?.includes('tag-90')");
    const marked = (await chart.getAttribute('data-windows')) ?? '';
    for (const id of ['phase-1', 'phase-2', 'tag-90', 'gap-0']) assert.ok(marked.includes(`${id} `), id);
    await page.getByText(/windows in this time/).click();
    await page.getByRole('button', { name: 'lamp_on' }).click();
    await holds(page, '/from=.*&to=/.test(location.hash)');
    const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
    const seconds = (Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '')) / 1000;
    assert.ok(seconds >= 300 && seconds <= 301, `the tag lasted 300 s: ${seconds}`);
    // The live chart shows the gap of two minutes ago.
    await page.goto(`${mock.url}#/live?from=&to=`);
    await holds(page, "document.querySelector('.traffic-panel .chart')?.dataset.windows?.includes('gap-2')");
  });

  test('is tagged, and compared with the time before it', async (t) => {
    const page = await open(`devices/${DEVICE}?${SPAN}`);
    t.after(() => page.context().close());
    await page.getByText('From, to').click();
    await page.getByRole('button', { name: 'Tag it' }).click();
    await page.getByLabel('Name', { exact: true }).fill('kettle_on');
    await page.getByRole('button', { name: 'Tag it', exact: true }).last().click();
    await holds(page, "document.querySelector('dialog') === null");
    assert.deepEqual(mock.marks.at(-1), {
      tag: 'kettle_on',
      from: '2026-11-17T10:00:00Z',
      to: '2026-11-17T11:00:00Z',
      device: DEVICE,
    });
    const before = page.waitForRequest(/figures\?from=2026-11-17T09%3A00%3A00Z&to=2026-11-17T10%3A00%3A00Z/);
    await page.getByRole('button', { name: 'Compare it' }).click();
    await before;
    const table = page.getByRole('dialog').locator('.plain-table');
    await table.waitFor();
    assert.match((await table.textContent()) ?? '', /Packets120120/);
  });

  test('a tag that was marked afterwards is taken back after a question', async (t) => {
    const page = await open(`devices/${DEVICE}?${SPAN}`);
    t.after(() => page.context().close());
    await page.getByText('From, to').click();
    await page.getByRole('button', { name: 'Tag it' }).click();
    await page.getByLabel('Name', { exact: true }).fill('kettle_off');
    await page.screenshot({ path: `${SCREENSHOTS}tag-span-1280-light.png` });
    await page.getByRole('button', { name: 'Tag it', exact: true }).last().click();
    await holds(page, "document.querySelector('dialog') === null");
    await page.getByText(/windows? in this time/).click();
    const row = page.locator('.window-list li', { hasText: 'kettle_off' });
    await row.getByRole('button', { name: 'Take back kettle_off' }).click();
    assert.match((await page.getByRole('dialog').textContent()) ?? '', /The capture stays/);
    await page.screenshot({ path: `${SCREENSHOTS}take-back-1280-light.png` });
    await page.getByRole('button', { name: 'Take it back' }).click();
    await row.waitFor({ state: 'detached' });
    assert.ok(mock.marks.every(({ tag }) => tag !== 'kettle_off'));
    // What was said while it happened is none of these.
    assert.equal(await page.getByRole('button', { name: 'Take back lamp_on' }).count(), 0);
  });

  test('names its zone: UTC, or that of this computer with its offset, kept in the browser', async (t) => {
    const page = await open(`findings?span=all&from=2026-07-17T10:00:00`, 'Asia/Kolkata');
    t.after(() => page.context().close());
    const words = page.locator('.range-words');
    await words.getByText('2026-07-17T10:00Z – now').waitFor();
    await page.getByRole('button', { name: /^Asia\/(Kolkata|Calcutta)$/ }).click();
    await words.getByText('2026-07-17T15:30+05:30 – now').waitFor();
    await page.getByText('From, to').click();
    assert.match(await page.getByLabel(/^From, Asia/).inputValue(), /^2026-07-17T15:30/);
    await page.getByLabel(/^From, Asia/).fill('2026-07-17T16:30:00');
    await holds(page, "location.hash.includes('from=2026-07-17T11%3A00%3A00')");
    await page.reload();
    await words.getByText('2026-07-17T16:30+05:30 – now').waitFor();
  });
});
