// What an open page costs while nothing changes: bytes on the wire, between the browser and a whole appliance.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestAppliance } from '../publish/running.ts';
import { DataFolder, device, packet } from '../store/data-folder.ts';
import { launchBrowser, noBrowser } from './browser.ts';
import { countingLine } from './counting-line.ts';

const DEVICES = 10;
/** Until the lists and the other views are there. */
const SETTLE_MS = 15_000;
const WATCHED_SECONDS = 40;
const MOST_BYTES_A_MINUTE = 20_000;

test('an open page takes 20 kB a minute at most while nothing changes', {
  skip: noBrowser,
  timeout: 240_000,
}, async (t) => {
  const folder = DataFolder.make(t);
  for (let i = 1; i <= DEVICES; i++) {
    const segment = folder.open(device(i));
    for (let n = 0; n < 20; n++) folder.append(segment, packet(device(i), n));
    folder.close(segment);
  }
  const appliance = await startTestAppliance(t, (config) => config, folder);
  const line = await countingLine(Number(new URL(appliance.url).port));
  t.after(() => line.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${line.port}/`);
  await page.fill('#password', appliance.password);
  await page.keyboard.press('Enter');
  await page
    .locator('.answer')
    .nth(DEVICES - 1)
    .waitFor();
  await page.waitForSelector('.traffic-panel canvas');
  await sleep(SETTLE_MS);
  const before = line.bytes();
  await sleep(WATCHED_SECONDS * 1000);
  const each = ((line.bytes() - before) * 60) / WATCHED_SECONDS;
  t.diagnostic(`${each.toFixed(0)} bytes a minute`);
  assert.ok(each > 0, 'the line counts');
  assert.ok(each <= MOST_BYTES_A_MINUTE, `${each.toFixed(0)} bytes a minute`);
});
