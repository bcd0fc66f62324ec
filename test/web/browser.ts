// The real browser that the page is looked at with, and why there may be none.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const PAGE_FOLDER = fileURLToPath(new URL('../../web/', import.meta.url));
export const SCREENSHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url));
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why the page cannot be looked at here; false where it can. Printed once, so that nobody takes it for tested. */
export const noBrowser = !existsSync(CHROMIUM)
  ? `no browser at ${CHROMIUM}: apt install chromium, or set CHROMIUM`
  : !existsSync(`${PAGE_FOLDER}index.html`)
    ? 'the page is not built: npm run build:web'
    : false;
if (noBrowser !== false) process.stderr.write(`SKIPPED, the page is not tested: ${noBrowser}\n`);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

const PATIENCE_MS = 30_000;

/**
 * Waits until an expression is true in the page. The browser's own waiting evaluates a text inside the page again and again, which
 * the page's policy forbids.
 */
export async function holds(page: Page, expression: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while ((await page.evaluate(`Boolean(${expression})`)) !== true) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${expression}`);
    await sleep(50);
  }
}
