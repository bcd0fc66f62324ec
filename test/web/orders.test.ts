// What a person at the page orders and confirms, in a real browser against the invented home: it is sent as it was entered, and the
// page says what came of it, also where nobody answers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import test, { after, before, describe } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser, noBrowser, PAGE_FOLDER, SCREENSHOTS } from './browser.ts';
import { exportsOf, type MockServer, startMockServer, verificationOf } from './mock-server.ts';
import { DESKTOP, logIn, openPage, PHONE, show, VIEWS } from './opened.ts';

describe('an order at the page', { skip: noBrowser }, () => {
  let browser: Browser;
  let mock: MockServer;

  before(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    mock = await startMockServer(PAGE_FOLDER);
    mock.hasLooked = true;
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });

  test('the phase switch sends phase, interaction and note, and shows the new phase', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/live`);
    await page.selectOption('.phase-switch select', 'voice');
    await page.fill('.phase-switch input', 'asked for the weather');
    await page.getByRole('button', { name: 'Intensive' }).click();
    await page.waitForSelector('.phase-now >> text=Intensive');
    const sent = { phase: 'intensive', interaction: 'voice', note: 'asked for the weather' };
    assert.deepEqual(mock.phaseRequests.at(-1), sent);
  });

  test('a check-up is asked for, and says first what fails and what mends it', async (t) => {
    const own = await startMockServer(PAGE_FOLDER);
    t.after(() => own.stop());
    const page = await openPage(t, browser, own, PHONE);
    await logIn(page);
    await page.goto(`${own.url}#/health`);
    await page.waitForSelector('text=No check has been run yet');
    await page.getByRole('button', { name: 'Check now' }).click();
    const first = page.locator('.check').first();
    await first.waitFor();
    assert.match((await first.textContent()) ?? '', /soft-blocked: rfkill0.*Fix: rfkill unblock wifi/);
    assert.equal(await page.locator('.check').count(), 4);
    await page.getByText('nmcli device set wlan0 managed no').waitFor();
    assert.match((await page.locator('.check').last().textContent()) ?? '', /^warning/);
    await page.getByText('Well: 1').click();
    await page.getByText('The channel is as it should be: channel 6').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}check-up-390-light.png`, fullPage: true });
  });

  test('a verification is begun, watched, and ends in the words of weir verify, or in a reason', async (t) => {
    const own = await startMockServer(PAGE_FOLDER);
    t.after(() => own.stop());
    const page = await openPage(t, browser, own, PHONE);
    await logIn(page);
    await page.goto(`${own.url}#/captures`);
    await page.waitForSelector('text=Nothing was verified since the appliance started');
    await page.getByRole('button', { name: 'Verify all captures' }).click();
    await page.waitForSelector('text=Reading the ledger');
    assert.equal(await page.getByRole('button', { name: 'Verifying' }).isDisabled(), true);
    own.verification = { ...own.verification, done: { files: 3, of: 12 } };
    await page.waitForSelector('text=3 of 12 files are checked.');
    const ended = new Date().toISOString();
    const words =
      'PROBLEM  altered    captures/<b>x</b>.pcap: SHA-256 is another one\nNOT VERIFIED: appliance weir-1, 12 files';
    const result = { ok: false, key: 'ab'.repeat(32), head: `9:${'0'.repeat(64)}`, text: words };
    own.verification = verificationOf({ state: 'done', ended, result });
    const text = page.locator('.verify-text');
    await text.waitFor();
    assert.equal(await text.textContent(), words);
    await page.waitForSelector('.pill.bad >> text=not verified');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await text.scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${SCREENSHOTS}verify-390-light.png` });
    await page.getByRole('button', { name: 'Verify all captures' }).click();
    await page.waitForSelector('text=Reading the ledger');
    own.verification = verificationOf({ state: 'failed', ended, why: 'the folder cannot be read' });
    await page.waitForSelector('text=Not verified: the folder cannot be read');
  });

  test('an export of what is shown is made, watched, downloaded and removed, or ends in a reason', async (t) => {
    const own = await startMockServer(PAGE_FOLDER);
    t.after(() => own.stop());
    const page = await openPage(t, browser, own, PHONE);
    await logIn(page);
    await page.goto(
      `${own.url}#/captures?device=7811dc200001&phase=idle&from=2026-11-17T10:00:00&to=2026-11-17T11:00:00`,
    );
    await page.waitForSelector('text=No export lies on the appliance');
    await page.getByLabel('Reason, for the custody record').fill('case 7');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.waitForSelector('.job >> text=Reading the ledger');
    assert.equal(await page.getByRole('button', { name: 'Exporting' }).isDisabled(), true);
    assert.deepEqual(own.exportRequests, [
      {
        devices: ['7811dc200001'],
        phases: ['idle'],
        reason: 'case 7',
        from: '2026-11-17T10:00:00Z',
        to: '2026-11-17T11:00:00Z',
      },
    ]);
    own.exports = { ...own.exports, done: { bytes: 3_000_000, of: 12_000_000 } };
    await page.waitForSelector('text=3.00 MB of 12.0 MB are copied.');
    const name = '20261203T064512Z';
    const whole = { segments: 4, bytes: 12_000_000, reason: '<b>case</b> 7' };
    const result = { folder: `/var/lib/weir/exports/${name}`, segments: 4, bytes: 12_000_000, noted: true };
    const ended = new Date().toISOString();
    const half = { name: '20261203T060000Z', whole: null };
    own.exports = exportsOf({ state: 'done', ended, result, exports: [{ name, whole }, half] });
    const kept = page.getByRole('list', { name: 'Exports on the appliance' });
    await kept.waitFor();
    await page.waitForSelector('.pill.good >> text=exported');
    assert.match((await kept.textContent()) ?? '', /2026-12-03T06:45:12.*4 capture files, 12\.0 MB, .*<b>case<\/b> 7/);
    assert.match((await kept.textContent()) ?? '', /was not finished/);
    const link = kept.getByRole('link', { name: 'tar' });
    assert.equal(await link.getAttribute('href'), `api/v1/exports/${name}/tar`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await kept.scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${SCREENSHOTS}export-390-light.png` });
    const drop = page.getByRole('button', { name: `Remove the export ${name}` });
    await drop.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await link.count(), 1, 'nothing is removed without a yes');
    await drop.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
    await link.waitFor({ state: 'detached' });
    own.exports = exportsOf({ state: 'failed', ended, why: 'the disk is full' });
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    own.exports = exportsOf({ state: 'failed', ended, why: 'the disk is full' });
    await page.waitForSelector('text=Not exported: the disk is full');
    own.exports = exportsOf({ exports: Array.from({ length: 16 }, (_, i) => ({ name: `${name}-${i + 2}`, whole })) });
    await page.getByRole('button', { name: 'Verify all captures' }).waitFor();
    await page.reload();
    await page.waitForSelector('text=16 exports are on the appliance, and no more are kept.');
    assert.equal(await page.getByRole('button', { name: 'Export', exact: true }).isDisabled(), true);
  });

  test('a tag is started for a device and stopped again', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/live`);
    await page.fill('.start-tag input', 'alexa_on');
    await page.waitForSelector('.start-tag option:nth-child(3)', { state: 'attached' });
    await page.selectOption('.start-tag select', { label: 'Amazon-echo' });
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForSelector('.open-tag >> text=alexa_on');
    assert.deepEqual(
      mock.status().tags.map(({ tag, device }) => ({ tag, device })),
      [{ tag: 'alexa_on', device: '74c246200009' }],
    );
    await page.getByRole('button', { name: 'Stop alexa_on' }).click();
    await page.waitForSelector('.open-tag', { state: 'detached' });
    const ended = page.locator('.ended-tag', { hasText: 'alexa_on' });
    await ended.waitFor();
    assert.equal(await ended.count(), 1);
    assert.match((await ended.textContent()) ?? '', /alexa_on Amazon-echo 20\d\d-\d\d-\d\dT[\d:]+Z – [\d:]+Z/);
    assert.deepEqual(mock.status().tags, []);
  });

  test('what a person says a device is wins, is shown as theirs, and can be taken back', async (t) => {
    const page = await openPage(t, browser, mock, PHONE);
    await logIn(page);
    await show(page, mock, VIEWS[2]);
    await page.getByRole('button', { name: 'Confirm or correct' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Hall camera');
    await page.getByLabel('Maker', { exact: true }).fill('Acme');
    await page.screenshot({ path: `${SCREENSHOTS}identity-form-390-light.png` });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForSelector('text=Confirmed');
    const shown = (await page.textContent('main')) ?? '';
    assert.match(shown, /Hall camera\s*user/);
    assert.match(shown, /Maker\s*Acme/);
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('button', { name: 'Confirm or correct' }).waitFor();
  });

  test('a download asks first and says what it leaves behind', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await show(page, mock, VIEWS[6]);
    await page.getByRole('button', { name: 'Download pcap' }).first().click();
    const dialog = page.getByRole('dialog');
    assert.match((await dialog.textContent()) ?? '', /written to the ledger/);
    assert.match((await dialog.getByRole('link').getAttribute('href')) ?? '', /^api\/v1\/segments\/\d+\/pcap$/);
    await page.screenshot({ path: `${SCREENSHOTS}download-1280-light.png` });
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('dialog[open]').count(), 0);
  });

  test('a list is downloaded with the filters that are shown, one row for each that is counted', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/destinations?country=CN`);
    await page.waitForSelector('.narrowed');
    const counted = page.locator('.destination-list [role=status]');
    const [rows = ''] = ((await counted.textContent()) ?? '').split(' ');
    assert.ok(Number(rows) > 0);
    for (const form of ['CSV', 'NDJSON']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download these destinations as ${form}` }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `weir-destinations.${form.toLowerCase()}`);
      const lines = readFileSync(await download.path(), 'utf8')
        .trimEnd()
        .split(/\r?\n/);
      assert.equal(lines.length, Number(rows) + (form === 'CSV' ? 1 : 0));
      assert.ok(lines.slice(form === 'CSV' ? 1 : 0).every((line) => line.includes('"CN"')));
    }
    assert.deepEqual(mock.violations, []);
  });

  test('a dead capture process is said next to the results and not drawn as silence', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    mock.captureAnswers = false;
    t.after(() => (mock.captureAnswers = true));
    await logIn(page);
    await page.goto(`${mock.url}#/live`);
    await page.waitForSelector('text=Capture does not answer');
    await page.waitForSelector('.phase-now >> text=Unknown');
    assert.match((await page.textContent('.strip')) ?? '', /Phase Unknown/);
    assert.ok(await page.getByRole('button', { name: 'Intensive' }).isDisabled());
  });

  test('a lost connection says what to do and what the figures are from', async (t) => {
    const own = await startMockServer(PAGE_FOLDER);
    const page = await openPage(t, browser, own, DESKTOP);
    await logIn(page);
    await page.waitForSelector('.answer');
    await own.stop();
    const notice = page.locator('.lost');
    await notice.waitFor();
    assert.match((await notice.textContent()) ?? '', /What you see is from \d\d:\d\d:\d\dZ/);
    assert.match((await notice.textContent()) ?? '', /Capture said \d+ m?s ago that it records/);
    await notice.getByText('Whether capture goes on is not known here').waitFor({ timeout: 30_000 });
    assert.ok((await page.locator('.answer').count()) > 0, 'the last values stay');
  });
});
