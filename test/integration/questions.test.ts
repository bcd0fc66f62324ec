// What an examiner asks, answered by the live page over the simulated home: which device says what, readable or not, to whom, in which
// country; the packet that proves it; a download that tshark reads; whether anything was lost. Each within three clicks.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { SentencesResponse } from '../../appliance/publish/schemas/sentences.ts';
import { type Home, homeUnavailable, startHome } from '../testbed/home.ts';
import { launchBrowser, noBrowser } from '../web/browser.ts';
import { Installation } from './installation.ts';

const MOST_CLICKS = 3;
const PATIENCE_MS = 60_000;
const unavailable = homeUnavailable();
const skip = unavailable === undefined ? noBrowser : `no simulated home here: ${unavailable}`;

interface Room {
  readonly folder: string;
  readonly home: Home;
  readonly weir: Installation;
  readonly browser: Browser;
  readonly url: string;
  readonly password: string;
}

let room: Room | undefined;

before(
  async () => {
    if (skip !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'weir-questions-'));
    const home = await startHome({ dir: join(folder, 'home'), seed: 11 });
    const weir = new Installation(folder, home);
    weir.configure({ http: { port: 0 } });
    await weir.startCapture();
    weir.startAppliance();
    const log = () => readFileSync(join(folder, 'appliance.log'), 'utf8');
    const said = (pattern: RegExp): string => pattern.exec(log())?.[1] ?? '';
    await weir.until('the page', 60, () => said(/the page is at (http:[^\s"]+)/) !== '');
    await weir.until('sentences about the camera and the hub', 120, async () => {
      const { devices } = await weir.get<SentencesResponse>('/api/v1/sentences');
      const text = JSON.stringify(devices);
      return text.includes('China') && devices.length >= home.devices.length;
    });
    const browser = await launchBrowser();
    const [url, password] = [said(/the page is at (http:[^\s"]+)/), said(/Password of the page: (\S+)/)];
    room = { folder, home, weir, browser, url, password };
  },
  { timeout: 300_000 },
);

after(async () => {
  await room?.browser.close();
  await room?.weir.stop();
  await room?.home.stop();
  if (room !== undefined) rmSync(room.folder, { recursive: true, force: true });
});

/** A page that has just logged in, and a hand that counts its clicks. */
async function examine(): Promise<{ page: Page; click: (what: Locator) => Promise<void>; clicks: () => number }> {
  assert.ok(room !== undefined, 'the home did not come up');
  const page = await (await room.browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(room.url);
  await page.fill('input[type=password]', room.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.sentence');
  let made = 0;
  const click = async (what: Locator) => {
    await what.click();
    made++;
  };
  return { page, click, clicks: () => made };
}

/** The row of the first screen whose sentences hold all the words. */
const rowWith = (page: Page, ...words: readonly string[]): Locator =>
  words.reduce((rows, hasText) => rows.filter({ hasText }), page.locator('li:has(.sentence)')).first();

test('which device sends what to whom, readable or not, is on the first screen', { skip }, async (t) => {
  const { page, clicks } = await examine();
  t.after(() => page.context().close());
  const camera = rowWith(page, 'China', 'Alibaba');
  await camera.waitFor();
  const text = (await camera.textContent()) ?? '';
  assert.match(
    text,
    /sends media.*, readable by anyone on the way, to China \([^)]*Alibaba[^)]*\), [\d.]+ [kM]B since recording began/,
  );
  assert.equal(clicks(), 0);
});

test('is the picture of a camera readable: the packet, and its payload', { skip }, async (t) => {
  assert.ok(room !== undefined);
  const { page, click, clicks } = await examine();
  t.after(() => page.context().close());
  await click(rowWith(page, 'China', 'Alibaba').locator('a.of-content').first());
  const finding = page.locator('.victim').filter({ hasText: 'mp4' }).first();
  await click(finding.locator('.evidence > summary'));
  const packet = finding.locator('.packet');
  await packet.getByText('TCP', { exact: true }).first().waitFor();
  await click(packet.getByRole('button', { name: 'Reveal the payload' }));
  await packet.locator('.hex').filter({ hasText: 'ftyp' }).first().waitFor();
  assert.ok(clicks() <= MOST_CLICKS, `${clicks()} clicks`);
  const reveals = readFileSync(join(room.weir.data, 'ledger.ndjson'), 'utf8').split('"type":"reveal"').length - 1;
  assert.equal(reveals, 1, 'the ledger keeps that the payload was looked at');
});

test('the packets of the hub are one download that tshark reads', { skip }, async (t) => {
  assert.ok(room !== undefined);
  const { page, click, clicks } = await examine();
  t.after(() => page.context().close());
  const hub = room.home.devices.find(({ kind }) => kind === 'hub');
  assert.ok(hub !== undefined);
  await click(page.getByRole('link', { name: 'Captures' }).first());
  await page.locator('form.inline-form select').first().selectOption(hub.mac.replaceAll(':', ''));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    click(page.getByRole('link', { name: 'Download as one pcap' })),
  ]);
  const file = join(room.folder, 'hub.pcap');
  await download.saveAs(file);
  const read = spawnSync('tshark', ['-r', file, '-T', 'fields', '-e', 'eth.src', '-e', 'eth.dst'], {
    encoding: 'utf8',
  });
  assert.equal(read.status, 0, read.stderr);
  const frames = read.stdout.trim().split('\n');
  assert.ok(frames.length > 5, `${frames.length} frames`);
  assert.deepEqual(
    frames.filter((frame) => !frame.includes(hub.mac) && !/(^|\t)(ff:ff|01:00:5e|33:33)/.test(frame)),
    [],
  );
  assert.ok(clicks() + 1 <= MOST_CLICKS, `${clicks()} clicks and a choice`);
});

test('whether anything was lost is in the line above every view', { skip }, async (t) => {
  const { page, click, clicks } = await examine();
  t.after(() => page.context().close());
  await page.getByText('Lost', { exact: true }).first().waitFor();
  await click(page.getByText('Accounting', { exact: true }));
  const table = page.locator('.accounting');
  await table.waitFor();
  assert.match((await table.textContent()) ?? '', /kernel/i);
  assert.equal(clicks(), 1);
});
