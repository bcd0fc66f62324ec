// No view is wider than the window it is in, from the smallest phone to the widest screen, light and dark.

import assert from 'node:assert/strict';
import test from 'node:test';
import { holds, launchBrowser, noBrowser, PAGE_FOLDER } from './browser.ts';
import { exportsOf, type MockServer, PASSWORD, startMockServer, verificationOf } from './mock-server.ts';
import { unfold } from './opened.ts';

const WIDTHS = [320, 360, 390, 768, 1024, 1280, 1440, 1920, 2560];
const VIEWS = [
  ['devices', '.answer'],
  ['live', '.traffic-panel canvas'],
  ['devices/7811dc200001', '.activity-panel'],
  ['devices/02666f20000b', '.activity-panel'],
  ['destinations', '.sankey'],
  ['destinations?country=CN', '.narrowed'],
  ['findings', '.finding'],
  ['captures', '.phase-list'],
  ['health', '.facts'],
  ['access', '.table tbody tr'],
] as const;

test('behind every picture of figures there is text, at 200 % and without motion', { skip: noBrowser }, async (t) => {
  const mock = await startMockServer(PAGE_FOLDER);
  t.after(() => mock.stop());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  // A window of 1,280 px at 200 %.
  const context = await browser.newContext({
    viewport: { width: 640, height: 450 },
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(mock.url);
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('nav.views');
  for (const [view, ready] of VIEWS) {
    await page.goto(`${mock.url}#/${view}`);
    await page.waitForSelector(ready);
    const pictures = (await page.evaluate(PICTURES)) as { readonly what: string; readonly text: string }[];
    for (const { what, text } of pictures) assert.ok(text.length > 3, `${view}: a picture without words, ${what}`);
    assert.equal(await page.evaluate(MOVING), 0, `${view}: something moves`);
    assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 640, view);
    // What the live chart shows is in the table under it, in the switches' own rows.
    if (view === 'live') assert.equal(await page.locator('.traffic-table tbody tr').count(), 5);
    if (view === 'devices/7811dc200001') {
      await page.getByText('Figures of this chart').click();
      await page.locator('.chart-figures tbody tr').first().waitFor();
    }
  }
});

/** Each chart and drawing that is no icon, with what a screen reader says of it. */
const PICTURES = `[...document.querySelectorAll('main .chart, main svg[role=img], main canvas, main .share-bar')].map((one) => {
  const said = one.closest('[aria-label]') ?? one.closest('[aria-labelledby]');
  const near = one.parentElement?.textContent ?? '';
  return { what: one.outerHTML.slice(0, 80), text: said?.getAttribute('aria-label') ?? near };
})`;
const MOVING = `document.getAnimations().filter((one) => one.playState === 'running').length`;

/** Long work that ended: what it came to is wide. */
function withEndedJobs(mock: MockServer): void {
  const text = `NOT VERIFIED: appliance ${'0123456789abcdef'.repeat(8)}, 12 files`;
  mock.verification = verificationOf({ state: 'done', result: { ok: false, key: 'ab'.repeat(32), head: '9:0', text } });
  const whole = { segments: 1234, bytes: 12_000_000_000, reason: 'case '.repeat(40) };
  const result = { folder: `/var/lib/weir/${'exports'.repeat(20)}`, segments: 1, bytes: 1, noted: false };
  const exports = [
    { name: '20261203T064512Z', whole },
    { name: '20261203T060000Z-12', whole: null },
  ];
  mock.exports = exportsOf({ state: 'done', result, exports });
}

test('every view fits every width, light and dark', { skip: noBrowser }, async (t) => {
  const mock = await startMockServer(PAGE_FOLDER);
  withEndedJobs(mock);
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
    // What a phone folds is opened, because it must fit, too.
    await page.setViewportSize({ width: 320, height: 900 });
    await unfold(page);
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
