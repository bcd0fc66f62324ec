// The page's access view on the real API: another password, the end of sessions, tokens that are made, used and taken back.

import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { askAt, startTestAppliance, type TestAppliance } from '../publish/running.ts';
import { launchBrowser, noBrowser } from './browser.ts';

const NEW_PASSWORD = 'four entirely unrelated words';

describe('the access view', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  async function open(appliance: TestAppliance): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(appliance.url);
    await page.fill('#password', appliance.password);
    await page.click('button[type=submit]');
    await page.waitForSelector('nav.views');
    await page.getByRole('link', { name: 'Access' }).click();
    await page.waitForSelector('text=this one');
    return page;
  }

  test('ends one session and all others, and keeps the one that asks', async (t) => {
    const appliance = await startTestAppliance(t);
    const cookies = [await appliance.logIn(), await appliance.logIn(), await appliance.logIn()];
    const page = await open(appliance);
    const rows = page.getByRole('table', { name: 'Sessions' }).locator('tbody tr');
    assert.equal(await rows.count(), 4);
    await page.getByRole('button', { name: 'End the session from' }).first().click();
    await rows.nth(3).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'End all others' }).click();
    await rows.nth(1).waitFor({ state: 'detached' });
    for (const cookie of cookies)
      assert.equal((await appliance.ask('/api/v1/status', { headers: { cookie } })).status, 401);
    assert.match((await rows.textContent()) ?? '', /this one/);
  });

  test('makes a token for scopes and days, shows it once, reports its last use, and takes it back', async (t) => {
    const appliance = await startTestAppliance(t);
    const page = await open(appliance);
    await page.getByLabel('Name of a new token').fill('prometheus');
    await page.getByLabel('read /metrics').check();
    await page.getByLabel('read figures and events').uncheck();
    await page.getByLabel('It ends').selectOption('in a year');
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = (await page.locator('.made-token .path').textContent()) ?? '';
    const asks = (path: string) => askAt(appliance.url, path, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([(await asks('/metrics')).status, (await asks('/api/v1/status')).status], [200, 403]);
    await page.reload();
    const row = page.getByRole('table', { name: 'Tokens' }).locator('tbody tr');
    await row.waitFor();
    assert.match((await row.textContent()) ?? '', /prometheus.*metrics.*\d\d\d\d-\d\d-\d\dT[\d:]+Z.*(now|s ago)/);
    assert.equal(await page.locator('.made-token').count(), 0);
    await page.getByRole('button', { name: 'Revoke token prometheus' }).click();
    await page.waitForSelector('text=No token.');
    assert.equal((await asks('/metrics')).status, 401);
    assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 360);
  });

  test('another password ends the other sessions and the tokens, and a wrong one of now changes nothing', async (t) => {
    const appliance = await startTestAppliance(t);
    const cookie = await appliance.logIn();
    const page = await open(appliance);
    const change = async (current: string, password: string) => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password', { exact: true }).fill(password);
      await page.getByLabel('New password again').fill(password);
      await page.getByRole('button', { name: 'Change the password' }).click();
    };
    await change('not that one at all', NEW_PASSWORD);
    await page.waitForSelector('text=That is not the password of now. Nothing was changed.');
    assert.equal((await appliance.ask('/api/v1/status', { headers: { cookie } })).status, 200);
    await change(appliance.password, 'short');
    await page.waitForSelector('text=needs 12 characters');
    await change(appliance.password, NEW_PASSWORD);
    await page.waitForSelector('text=The password was changed.');
    assert.equal((await appliance.ask('/api/v1/status', { headers: { cookie } })).status, 401);
    assert.equal(await page.getByRole('table', { name: 'Sessions' }).locator('tbody tr').count(), 1);
    const again = await appliance.ask('/api/v1/login', { method: 'POST', body: { password: NEW_PASSWORD } });
    assert.equal(again.status, 200);
  });
});
