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
    await page.getByText('line 7: steps[0].phase is one of idle, intensive, not <b>lazy</b>').waitFor();
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
    assert.equal(await page.getByRole('progressbar', { name: 'Steps done' }).getAttribute('max'), '6');

    // One wrong press ends no week of work, by mouse or by keyboard.
    await page.getByRole('button', { name: 'Abort the campaign' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Abort paper?' });
    await dialog.getByText('6 of 6 steps are not done').waitFor();
    await dialog.getByRole('button', { name: 'Go on with it' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(server.campaign, 'records');
    await page.getByRole('button', { name: 'Abort the campaign' }).click();
    await dialog.getByRole('button', { name: 'Abort it' }).click();
    await page.getByText('Start a campaign').waitFor();
    assert.equal(server.campaign, 'none');
    assert.deepEqual(server.violations, []);
  });

  test('a row of the registry is edited by keyboard, kept, and taken back', async (t) => {
    const server = await startMockServer(PAGE_FOLDER);
    t.after(() => server.stop());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(`${server.url}#/devices/7811dc200001`);
    await page.fill('#password', PASSWORD);
    await page.click('button[type=submit]');

    const row = page.getByRole('region', { name: 'Registry' });
    const save = row.getByRole('button', { name: 'Write into the registry' });
    const role = row.getByRole('combobox', { name: 'Role' });
    const open = row.getByRole('button', { name: 'Registry', exact: true });
    await open.click();
    assert.ok(await save.isDisabled());
    await role.selectOption('phone');
    await row.getByLabel('Firmware').fill('2.0 <b>');
    await row.getByLabel('Firmware').press('Enter');
    // What the appliance was reported comes back, and nothing is left to save.
    const kept = row.locator('button[type=submit]:disabled');
    await kept.waitFor();
    await page.reload();
    await open.click();
    await row.locator('option:checked', { hasText: 'phone' }).waitFor({ state: 'attached' });
    assert.equal(await row.getByLabel('Firmware').inputValue(), '2.0 <b>');
    const said = (name: string) => row.getByRole('combobox', { name }).inputValue();
    assert.equal((await Promise.all(['Role', 'Category code'].map(said))).join(), 'phone,');
    await role.selectOption('');
    await save.click();
    await kept.waitFor();
    assert.equal(await role.inputValue(), '');
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    assert.ok(width <= 390, `${width} px`);
    assert.deepEqual(server.violations, []);
  });
});
