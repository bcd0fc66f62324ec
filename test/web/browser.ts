// The real browser that the page is looked at with, and why there may be none.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

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

/** Why the page cannot be looked at here; false where it can. Told once, so that nobody takes it for tested. */
export const noBrowser = !existsSync(CHROMIUM)
  ? `no browser at ${CHROMIUM}: apt install chromium, or set CHROMIUM`
  : !existsSync(`${PAGE_FOLDER}index.html`)
    ? 'the page is not built: npm run build:web'
    : false;
if (noBrowser !== false) process.stderr.write(`SKIPPED, the page is not tested: ${noBrowser}\n`);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}
