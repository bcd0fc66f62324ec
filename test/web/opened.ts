// The page of the invented home, opened in a window of its own, logged in, and led to a view; with what is wrong with it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { type MockServer, PASSWORD } from './mock-server.ts';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };

/** Every view, and what is on it once it has loaded. */
export const VIEWS = [
  { name: 'live', hash: '#/live', ready: '.traffic-panel canvas' },
  { name: 'devices', hash: '#/devices', ready: '.answer' },
  { name: 'device', hash: '#/devices/7811dc200001', ready: '.activity-panel' },
  { name: 'hostile-device', hash: '#/devices/02666f20000b', ready: '.activity-panel' },
  { name: 'destinations', hash: '#/destinations', ready: '.sankey' },
  { name: 'findings', hash: '#/findings', ready: '.finding' },
  { name: 'captures', hash: '#/captures', ready: '.phase-list' },
  { name: 'health', hash: '#/health', ready: '.checks' },
  { name: 'access', hash: '#/access', ready: '.table tbody tr' },
] as const;

type Cleanup = { after(clean: () => unknown): void };

export async function openPage(
  t: Cleanup,
  browser: Browser,
  mock: MockServer,
  viewport: typeof PHONE,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Page> {
  const isMobile = viewport === PHONE;
  const context = await browser.newContext({ viewport, colorScheme, isMobile, reducedMotion: 'reduce' });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(mock.url);
  return page;
}

export async function logIn(page: Page): Promise<void> {
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('nav.views');
}

export async function show(page: Page, mock: MockServer, view: (typeof VIEWS)[number]): Promise<void> {
  await page.goto(`${mock.url}${view.hash}`);
  await page.waitForSelector(view.ready);
  await page.mouse.move(0, 0);
}

/** Opens what a phone folds, and returns how many panels that were. */
export async function unfold(page: Page): Promise<number> {
  const folded = page.locator('.fold[aria-expanded=false]');
  let opened = 0;
  // A window that has just become narrow folds with its next drawing.
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  for (; (await folded.count()) > 0; opened++) await folded.first().click();
  return opened;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Serious and critical faults that axe-core finds; run by the debugger, because the page's own policy forbids it. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(`if (!globalThis.axe) { ${AXE} }`);
  const result = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResult;
  return result.violations.map(
    (fault) => `${fault.id}: ${fault.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
  );
}
