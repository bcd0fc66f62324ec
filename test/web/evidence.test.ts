// "Show me the packet": from a finding to its bytes in a real browser, hidden at first, text whatever was sent.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test, { after, before, describe } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser, PAGE_FOLDER, SCREENSHOTS } from './browser.ts';
import { SECRET } from './mock-packet.ts';
import { type MockServer, PASSWORD, startMockServer } from './mock-server.ts';

describe('a finding', { skip: noBrowser }, () => {
  let browser: Browser;
  let mock: MockServer;

  before(async () => {
    mock = await startMockServer(PAGE_FOLDER);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await mock?.stop();
  });

  for (const width of [360, 1280]) {
    test(`is a line that opens, shows its packet with the next click and the payload with one more, at ${width} px`, async (t) => {
      const page = await openFindings(browser, mock, width);
      t.after(() => page.context().close());
      await page.locator('.message > summary').first().click();
      await page.locator('.evidence > summary').first().click();
      await page.waitForSelector('.packet .hex');
      const hidden = (await page.textContent('.packet')) ?? '';
      assert.ok(hidden.includes('··') && !hidden.includes('hunter'));
      await page.getByRole('button', { name: 'Reveal the payload' }).click();
      await page.waitForSelector('.packet mark');
      const shown = (await page.textContent('.packet')) ?? '';
      // Of the message, sixteen bytes a row.
      assert.ok(shown.replaceAll(/\s+/g, '').includes(Buffer.from(SECRET).toString('hex').slice(0, 12)));
      assert.ok(shown.includes('<script>alert(1') || shown.includes('<img src=x'), 'the bytes are there, as text');
      assert.equal(await page.locator('main img, main script, main [onerror]').count(), 0);
      await page.getByRole('button', { name: 'TCP', exact: true }).click();
      await page.waitForSelector('.layers [aria-pressed=true]');
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= width);
      await page.screenshot({ path: `${SCREENSHOTS}packet-${width}.png`, fullPage: true });
      assert.deepEqual(await faults(page), []);
      assert.deepEqual(mock.violations, []);
    });
  }

  test('is under its message, with victim, other side and country, and the filter is in the address', async (t) => {
    const page = await openFindings(browser, mock, 1280);
    t.after(() => page.context().close());
    const all = await page.locator('.victim').count();
    await page.selectOption('.filters select >> nth=1', 'CLR-04');
    await page.waitForURL(/rule=CLR-04/);
    assert.ok((await page.locator('.victim').count()) < all);
    assert.match((await page.textContent('.victim-line')) ?? '', /→ .+, .+, [A-Z]{2} /);
    await page.reload();
    await page.waitForSelector('.victim');
    assert.deepEqual(await page.locator('.finding .rule').allTextContents(), ['CLR-04']);
  });

  test('that is known is listed apart, and is set aside with a reason only', async (t) => {
    const page = await openFindings(browser, mock, 1280);
    t.after(() => page.context().close());
    await page.getByText('Set aside: 1 finding').click();
    await page.getByText('our own test account').waitFor();
    await page.locator('.message > summary').first().click();
    await page.getByRole('button', { name: 'This is known: set it aside' }).first().click();
    assert.ok(await page.getByRole('button', { name: 'Set aside', exact: true }).isDisabled());
    await page.getByLabel('Why is it known?').fill('the vendor told us');
    const [asked] = await Promise.all([
      page.waitForRequest(/set-aside$/),
      page.getByRole('button', { name: 'Set aside', exact: true }).click(),
    ]);
    assert.deepEqual(asked.postDataJSON(), { reason: 'the vendor told us' });
  });
});

describe('captures', { skip: noBrowser }, () => {
  test('of a device and a span are one download, a note is written, and a pause asks first', async (t) => {
    const mock = await startMockServer(PAGE_FOLDER);
    t.after(() => mock.stop());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const page = await openFindings(browser, mock, 360);
    await page.goto(`${mock.url}#/captures?device=7811dc200001&from=2026-11-17T10:00:00&to=2026-11-17T11:00:00`);
    const link = page.getByRole('link', { name: 'Download as one pcap' });
    const address = (await link.getAttribute('href')) ?? '';
    assert.match(address, /^api\/v1\/devices\/7811dc200001\/pcap\?from=2026-11-17T10%3A00%3A00Z&to=/);
    await page.getByLabel('Note for the ledger').fill('lamp replaced');
    const [asked] = await Promise.all([
      page.waitForRequest(/annotate$/),
      page.getByRole('button', { name: 'Write it' }).click(),
    ]);
    assert.deepEqual(asked.postDataJSON(), { text: 'lamp replaced' });
    await page.getByText('The note is in the ledger.').waitFor();
    await page.getByLabel('Note for the ledger').fill('moving the access point');
    await page.getByRole('button', { name: 'Pause capture' }).click();
    const [paused] = await Promise.all([
      page.waitForRequest(/capture\/pause$/),
      page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click(),
    ]);
    assert.deepEqual(paused.postDataJSON(), { note: 'moving the access point' });
    await page.getByText('Capture is paused.').waitFor();
    assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 360);
    assert.deepEqual(await faults(page), []);
  });
});

async function openFindings(browser: Browser, mock: MockServer, width: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(mock.url);
  await page.fill('#password', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('nav.views');
  await page.goto(`${mock.url}#/findings`);
  await page.waitForSelector('.finding');
  return page;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Of any impact, in what this view draws. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(`if (!globalThis.axe) { ${AXE} }`);
  const result = (await page.evaluate("axe.run('main')")) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
}
