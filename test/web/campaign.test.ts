// The page's part of a campaign: started from a list, the next action in large type, confirmed with one large button.

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { launchBrowser, noBrowser, PAGE_FOLDER } from './browser.ts';
import { PASSWORD, startMockServer } from './mock-server.ts';

describe('a campaign on the page', { skip: noBrowser }, () => {
  test('shows the next action in large type, and takes the word of the person who did it', async (t) => {
    const server = await startMockServer(PAGE_FOLDER);
    t.after(() => server.stop());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(`${server.url}#/live`);
    await page.fill('#password', PASSWORD);
    await page.click('button[type=submit]');

    await page.getByText('Start a campaign').click();
    await page.getByRole('combobox', { name: 'Campaign', exact: true }).selectOption('paper');
    await page.getByText('Seven days of one device.').waitFor();
    await page.locator('.campaign form button').click();

    const say = page.locator('.campaign-say');
    await say.filter({ hasText: 'Pull the plug of the device.' }).waitFor();
    const size = (place: string) =>
      page.evaluate<number>(`parseFloat(getComputedStyle(document.querySelector('${place}')).fontSize)`);
    const [large, body] = [await size('.campaign-say'), await size('body')];
    assert.ok(large >= 1.5 * body, `${large} px beside ${body} px`);

    await page.getByRole('button', { name: 'Done' }).click();
    await say.filter({ hasText: 'power_cycle is being recorded.' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Done' }).count(), 0);
    assert.match((await page.locator('.campaign').textContent()) ?? '', /step 1 of 6.*left.*Then: app_near/);
    assert.deepEqual(server.violations, []);
  });
});
