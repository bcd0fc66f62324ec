// The page of an appliance that is slow: what is asked for before the first figures, and what is said while an answer is not there.

import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { Browser, Route } from 'playwright-core';
import { launchBrowser, noBrowser, PAGE_FOLDER } from './browser.ts';
import { type MockServer, PASSWORD, startMockServer } from './mock-server.ts';
import { DESKTOP, logIn, openPage } from './opened.ts';

const MOST_REQUESTS = 4;

describe('the page of a slow appliance', { skip: noBrowser }, () => {
  let browser: Browser;
  let mock: MockServer;
  before(async () => {
    mock = await startMockServer(PAGE_FOLDER);
    mock.hasLooked = true;
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });

  test('has the first figures two rounds after the password: the log-in, then all lists at the same time', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await page.waitForSelector('#password');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    // Neither is answered before both were asked for, and the stream not at all.
    const lists: Route[] = [];
    const hold = async (route: Route) => {
      lists.push(route);
      if (lists.length === 2) await Promise.all(lists.map((one) => one.continue()));
    };
    await page.route('**/api/v1/devices', hold);
    await page.route('**/api/v1/sentences*', hold);
    await page.route('**/events*', () => undefined);
    await page.fill('#password', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector('.answer .first');
    t.diagnostic(asked.join(' '));
    // The parts of the page that come after the first figures are none that these wait for.
    const part = asked.findIndex((path) => path.startsWith('/assets/'));
    const before = part === -1 ? asked : asked.slice(0, part);
    assert.ok(before.length <= MOST_REQUESTS, asked.join(' '));
    assert.ok(before.includes('/api/v1/devices') && before.includes('/api/v1/sentences'), asked.join(' '));
  });

  test('keeps the last figures, says what they are from, and takes the answer when it comes', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/captures`);
    await page.waitForSelector('.phase-list');
    const lost = (route: Route) => route.abort('timedout');
    await page.route('**/api/v1/ledger*', lost);
    const said = page.locator('.late');
    await said.waitFor();
    assert.match((await said.textContent()) ?? '', /slow to answer.*Figures of this view are from \d\d:\d\d:\d\dZ/);
    assert.ok((await page.locator('.phase-list').count()) > 0, 'the figures stay');
    assert.equal(await page.locator('.problem').count(), 0);
    await page.unroute('**/api/v1/ledger*', lost);
    await said.waitFor({ state: 'detached' });
  });

  test('says in a view without figures that it still waits for them', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    const lost = (route: Route) => route.abort('timedout');
    await page.route('**/api/v1/findings', lost);
    await page.goto(`${mock.url}#/findings`);
    await page.getByText('Figures of this view are not here yet').waitFor();
    await page.unroute('**/api/v1/findings', lost);
    await page.waitForSelector('.finding');
    assert.equal(await page.locator('.late').count(), 0);
  });
});
