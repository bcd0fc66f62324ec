// The pictures of README and tutorial, from a running demonstration in which the tutorial's steps were done:
// node dist/test/web/pictures.js http://127.0.0.1:8080 PASSWORD. They go to web/screenshots.

import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';

const FOLDER = fileURLToPath(new URL('../../../web/screenshots/', import.meta.url));
const WIDTH = 1280;
const HEIGHT = 860;
/** The camera of the simulated home, whose clip everyone on the way can read. */
const CAMERA = 'chuangmi_camera_ipc019';

const PICTURES: Readonly<Record<string, (page: Page, url: string) => Promise<void>>> = {
  'devices-desktop': async (page, url) => {
    await page.goto(`${url}/#/devices`);
    await page.getByText(CAMERA).first().waitFor();
    await page.screenshot({ path: `${FOLDER}devices-desktop.png` });
  },
  'packet-desktop': async (page, url) => {
    await page.goto(`${url}/#/findings`);
    const message = page.locator('.message', { hasText: CAMERA }).first();
    await message.locator('summary').first().click();
    await message.locator('.evidence > summary').first().click();
    await page.waitForSelector('.packet .hex');
    await page.getByRole('button', { name: 'Reveal the payload' }).first().click();
    await page.waitForSelector('.packet mark, .packet .hex');
    await message
      .locator('.evidence')
      .first()
      .evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await page.mouse.wheel(0, -HEIGHT / 10);
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${FOLDER}packet-desktop.png` });
  },
  'comparison-desktop': async (page, url) => {
    await page.goto(`${url}/#/devices`);
    await page.getByRole('link', { name: CAMERA }).first().click();
    const panel = page.getByRole('region', { name: 'Idle against intensive' });
    const compare = panel.getByRole('button', { name: 'Compare' });
    await panel.waitFor();
    if ((await panel.locator('.comparison').count()) === 0) await compare.click();
    await panel.locator('.comparison').waitFor({ timeout: 60_000 });
    await panel.screenshot({ path: `${FOLDER}comparison-desktop.png` });
  },
};

const [url = 'http://127.0.0.1:8080', password = ''] = process.argv.slice(2);
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, timezoneId: 'UTC' });
await page.goto(url);
await page.fill('#password', password);
await page.click('button[type=submit]');
await page.waitForSelector('nav');
for (const [name, take] of Object.entries(PICTURES)) {
  await take(page, url);
  process.stdout.write(`${name}.png\n`);
}
await browser.close();
