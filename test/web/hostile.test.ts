// Sixty hostile strings that arrive in packets of nine protocols: on every view of a live page and in each dossier they are text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { startTestAppliance } from '../publish/running.ts';
import { DataFolder, device, eventually, record, START_NS } from '../store/data-folder.ts';
import { launchBrowser, noBrowser } from './browser.ts';
import { HOSTILE_WORDS, hostileFrames, PROTOCOLS } from './hostile-words.ts';

/** What neither the page nor a dossier has by itself. */
const FOREIGN =
  'main img, main script, main iframe, main b, main foreignObject, main style, [onload], [onerror], [onclick], ' +
  'a[href^="javascript" i], main [src]';
const IN_DOSSIER = 'img, script, iframe, b, foreignObject, [onload], [onerror], [onclick], [href], [src]';
/** Half of the longest word that is shown whole. */
const LEAST_SHOWN = 40;
/** Of things folded within each other. */
const MAX_DEPTH = 5;
const DRAWN_MS = 500;
const OPEN_FOLDED = `
  const folded = document.querySelectorAll('main details:not([open])');
  for (const one of folded) one.open = true;
  folded.length`;

/** What a page did that it should not: dialogs, errors, refusals of its own policy, requests elsewhere. */
function watch(page: Page, own: string): string[] {
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(`${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => request.url().startsWith(own) || wrong.push(request.url()));
  return wrong;
}

/** Opens what is folded, and what is folded in that, until nothing new comes; drawn by the browser, not clicked: some are out of sight. */
async function openAll(page: Page): Promise<void> {
  for (let round = 0; round < MAX_DEPTH; round++) {
    const opened = await page.evaluate(OPEN_FOLDED);
    if (opened === 0) return;
    await sleep(DRAWN_MS);
  }
}

const ALTERED = /[\u202A-\u202E\u2066-\u2069]/;

test('sixty hostile strings in nine protocols are text on the live page and in the dossiers', {
  skip: noBrowser,
  timeout: 300_000,
}, async (t) => {
  assert.deepEqual([new Set(HOSTILE_WORDS).size, PROTOCOLS.length], [60, 9]);
  const folder = DataFolder.make(t);
  for (const n of PROTOCOLS.keys()) {
    const segment = folder.open(device(n + 1));
    for (const [i, frame] of hostileFrames(n).entries())
      folder.append(segment, record(frame, START_NS + BigInt(i) * 1000n));
    folder.close(segment);
  }
  const appliance = await startTestAppliance(t, (config) => config, folder);
  const headers = { cookie: await appliance.logIn() };
  const text = async (path: string) => (await appliance.ask(path, { headers })).text;
  const devices = PROTOCOLS.map((_, n) => device(n + 1).replaceAll(':', ''));
  await eventually('all devices are there', async () => {
    const known = await text('/api/v1/devices');
    return devices.every((id) => known.includes(id));
  });
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(appliance.url);
  await page.fill('#password', appliance.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav.views');
  const wrong = watch(page, appliance.url);
  const views = ['devices', 'live', 'destinations', 'findings', 'captures', ...devices.map((id) => `devices/${id}`)];
  let shown = '';
  for (const view of views) {
    await page.goto(`${appliance.url}#/${view}`);
    await page.waitForSelector('main h1');
    await page.waitForSelector('main .empty[role=status]', { state: 'detached' });
    await openAll(page);
    assert.equal(await page.locator(FOREIGN).count(), 0, view);
    shown += (await page.textContent('main')) ?? '';
  }
  assert.doesNotMatch(shown, ALTERED);
  const seen = HOSTILE_WORDS.filter((word) => shown.includes(word.slice(0, 20)));
  t.diagnostic(`${seen.length} of them are read on the page as they are`);
  assert.ok(seen.length >= LEAST_SHOWN, `${seen.length} are on the page as text`);
  await page.keyboard.press('/');
  await page.keyboard.type('owned');
  assert.equal(await page.locator(FOREIGN).count(), 0, 'search');

  for (const id of devices) {
    const html = await text(`/api/v1/devices/${id}/report`);
    const dossier = await browser.newPage();
    const amiss = watch(dossier, 'data:');
    await dossier.setContent(html);
    assert.equal(await dossier.locator(IN_DOSSIER).count(), 0, id);
    assert.equal(await dossier.evaluate('globalThis.owned'), undefined);
    assert.doesNotMatch((await dossier.textContent('body')) ?? '', ALTERED);
    assert.deepEqual(amiss, [], id);
    await dossier.close();
  }
  assert.equal(await page.evaluate('globalThis.owned'), undefined);
  assert.deepEqual(wrong, []);
});
