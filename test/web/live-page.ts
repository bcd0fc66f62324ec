// What the live page says and hatches, read from the page itself. Shared by the tests that hold it against the ledger.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../store/data-folder.ts';

/** Seconds since 1970. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Logged in, on the live view. */
export async function openLive(
  browser: Browser,
  { url, password }: { readonly url: string; readonly password: string },
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${url}#/live`);
  await page.fill('#password', password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.traffic-panel canvas');
  return page;
}

/** The text is there soon; what is there instead is reported. */
export async function said(page: Page, where: string, text: string, seconds = 20): Promise<void> {
  let found = '';
  await eventually(
    `"${text}" in ${where}`,
    async () => {
      found = (
        (await page
          .locator(where)
          .first()
          .textContent({ timeout: 1000 })
          .catch(() => '')) ?? ''
      ).replaceAll(/\s+/g, ' ');
      return found.includes(text);
    },
    seconds,
  ).catch((thrown: unknown) => assert.fail(`${String(thrown)}: ${found}`));
}

/** What the chart hatches is these stretches, in its window of five minutes; the end of an open one may lag by `slack` seconds. */
export async function hatched(page: Page, gaps: readonly Stretch[], slack = 0.002): Promise<void> {
  let shown: Stretch[] = [];
  const fits = (one: Stretch, index: number) => {
    const gap = gaps[index];
    if (gap === undefined || Math.abs(one.to - gap.to) >= slack) return false;
    // On a slow machine the window's left edge has reached the first one by now.
    const isCut = index === 0 && gap.from < Date.now() / 1000 - 295 && one.from > gap.from;
    return isCut || Math.abs(one.from - gap.from) < Math.max(slack, 0.002);
  };
  await eventually(
    'the ledger’s gaps on the chart',
    async () => {
      const text = (await page.getAttribute('.traffic-panel .chart', 'data-unrecorded')) ?? '';
      const all = text.split(' ').filter((part) => part !== '');
      // The time before the first run reaches over the left edge and is no gap of the ledger.
      shown = all.map((part) => ({ from: Number(part.split('/')[0]), to: Number(part.split('/')[1]) }));
      const inLedger = shown.filter(({ to }) => to > (gaps[0]?.from ?? 0));
      return inLedger.length === gaps.length && inLedger.every(fits);
    },
    20,
  ).catch((thrown: unknown) => assert.fail(`${String(thrown)}: ${JSON.stringify({ shown, gaps })}`));
}
