// A device's page says what the device does only when it is used, leads to the packet, and says where nobody can say.

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { launchBrowser, noBrowser, PAGE_FOLDER } from './browser.ts';
import { PASSWORD, startMockServer } from './mock-server.ts';

describe('idle against intensive on the page', { skip: noBrowser }, () => {
  test('a destination that comes with use leads to its packet; a phase that was not captured cannot be judged', async (t) => {
    const server = await startMockServer(PAGE_FOLDER);
    t.after(() => server.stop());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(`${server.url}#/devices/7811dc200001`);
    await page.fill('#password', PASSWORD);
    await page.click('button[type=submit]');

    const panel = page.getByRole('region', { name: 'Idle against intensive' });
    // The card is large: nothing is read before somebody asks.
    await panel.getByText(/are read again \(at most 1\.\d+ GB, some .*\)/).waitFor();
    assert.equal(await panel.locator('.comparison').count(), 0);
    await panel.getByRole('button', { name: 'Compare' }).click();
    const added = panel.locator('details', { hasText: 'Only in intensive' });
    const row = added.locator('li', { hasText: 'voice.example tls' });
    await row.waitFor();
    assert.match((await row.textContent()) ?? '', /destination.*added: never in 6\.0 h of A.*none → \d/);
    // What a device called itself is text.
    await panel.getByText('<img src=x onerror=alert(2)> http').first().waitFor({ state: 'attached' });
    await row.getByRole('button', { name: /Packet 3 of file #7/ }).click();
    await row.locator('section.packet').waitFor();
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    assert.ok(width <= 390, `${width} px`);

    await panel.getByLabel('with').fill('setup');
    await panel.getByRole('button', { name: 'Compare' }).click();
    const blind = page.getByRole('region', { name: 'idle against setup' });
    await blind.getByText('setup was not captured').waitFor();
    await blind.getByText('One side was not captured').waitFor();
    assert.equal(await blind.locator('details', { hasText: 'Only in' }).count(), 0);
    assert.deepEqual(server.violations, []);
  });
});
