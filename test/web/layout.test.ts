// No view is wider than the window it is in, from the smallest phone to the widest screen, light and dark.

import assert from 'node:assert/strict';
import test from 'node:test';
import { holds, launchBrowser, noBrowser, PAGE_FOLDER } from './browser.ts';
import { PASSWORD, startMockServer } from './mock-server.ts';

const WIDTHS = [320, 360, 390, 768, 1024, 1280, 1440, 1920, 2560];
const VIEWS = [
  ['devices', '.answer'],
  ['live', '.traffic-panel canvas'],
  ['devices/7811dc200001', '.verdict-cell'],
  ['devices/02666f20000b', '.verdict-cell'],
  ['destinations', '.sankey'],
  ['destinations?country=CN', '.narrowed'],
  ['findings', '.finding'],
  ['captures', '.phase-list'],
  ['health', '.facts'],
  ['access', '.table tbody tr'],
] as const;

test('every view fits every width, light and dark', { skip: noBrowser }, async (t) => {
  const mock = await startMockServer(PAGE_FOLDER);
  t.after(() => mock.stop());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(mock.url);
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('nav.views');
  for (const [view, ready] of VIEWS) {
    await page.goto(`${mock.url}#/${view}`);
    await page.waitForSelector(ready);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        // Charts follow the window a moment later.
        const fits = holds(page, `innerWidth === ${width} && document.documentElement.scrollWidth <= ${width}`);
        const isFitting = await fits.then(
          () => true,
          () => false,
        );
        const wide = isFitting ? 0 : Number(await page.evaluate('document.documentElement.scrollWidth'));
        assert.ok(isFitting, `${view} is ${wide} px wide at ${width} px, ${colorScheme}`);
      }
    }
  }
});
