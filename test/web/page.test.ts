// The page in a real browser against the invented home: it works, fits a phone, can be read by everybody, and is not
// impressed by what devices call themselves. Screenshots are left in dist/screenshots.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test, { after, before, describe } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser, PAGE_FOLDER, SCREENSHOTS } from './browser.ts';
import { findingsOf } from './mock-findings.ts';
import { HOME, HOSTILE_NAMES } from './mock-home.ts';
import { SCAN_BANNER } from './mock-scans.ts';
import { CLAIM_TOKEN, type MockServer, startMockServer } from './mock-server.ts';
import { DESKTOP, faults, logIn, openPage, PHONE, show, unfold, VIEWS } from './opened.ts';

/** At 390 px; without folding the camera's page has 9,870 px. The hostile device's is longer by the names that it gave itself. */
const LONGEST_DEVICE_PX = 6000;

describe('the page', { skip: noBrowser }, () => {
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

  test('shows nothing without the password, and says so when it is wrong', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await page.waitForSelector('#password');
    assert.equal(await page.locator('nav').count(), 0);
    await page.screenshot({ path: `${SCREENSHOTS}login-1280-light.png` });
    await page.fill('#password', 'wrong');
    await page.click('button[type=submit]');
    await page.waitForSelector('text=That is not the password');
  });

  for (const viewport of [PHONE, DESKTOP]) {
    test(`asks for the claim token at ${viewport.width} px, then for nothing more`, async (t) => {
      mock.isClaimed = false;
      const page = await openPage(t, browser, mock, viewport);
      await page.waitForSelector('#token');
      assert.equal(await page.locator('nav').count(), 0);
      await page.waitForSelector('text=weir.yaml on the boot partition has mistakes');
      await fillClaim(page, 'not-the-token', 'long enough now', 'long enough no');
      await page.waitForSelector('text=The two passwords differ');
      await fillClaim(page, 'not-the-token', 'short', 'short');
      await page.waitForSelector('text=needs 12 characters');
      await fillClaim(page, 'not-the-token', 'long enough now', 'long enough now');
      await page.waitForSelector('text=That is not the claim token');
      await page.screenshot({ path: `${SCREENSHOTS}claim-${viewport.width}-light.png` });
      assert.deepEqual(await faults(page), []);
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= viewport.width);
      await fillClaim(page, CLAIM_TOKEN, 'long enough now', 'long enough now');
      await page.waitForSelector('nav');
    });
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [PHONE, DESKTOP]) {
      test(`fits ${viewport.width} px in ${colorScheme}, without errors, readable by everybody`, async (t) => {
        const page = await openPage(t, browser, mock, viewport, colorScheme);
        await logIn(page);
        const errors = collectErrors(page);
        for (const view of VIEWS) {
          await show(page, mock, view);
          await page.screenshot({ path: `${SCREENSHOTS}${view.name}-${viewport.width}-${colorScheme}.png` });
          const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
          assert.ok(width <= viewport.width, `${view.name} is ${width} px wide and scrolls sideways`);
          if (viewport === PHONE && view.name.endsWith('device')) {
            const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
            assert.ok(height < LONGEST_DEVICE_PX, `${view.name} is ${height} px long before anything is opened`);
            assert.ok((await unfold(page)) > 5, view.name);
            const unfolded = Number(await page.evaluate('document.documentElement.scrollWidth'));
            assert.ok(unfolded <= viewport.width, `${view.name}, opened, is ${unfolded} px wide and scrolls sideways`);
          }
          // Half the pairs hold every colour and every layout, at half the time.
          if ((viewport === PHONE) === (colorScheme === 'light')) {
            assert.deepEqual(await faults(page), [], view.name);
          }
        }
        assert.deepEqual(errors, []);
        assert.deepEqual(mock.violations, []);
      });
    }
  }

  test('the first screen says who says what to whom, gravest first, and each noun leads on', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    const first = page.locator('.answer').first();
    await first.waitFor();
    const said = (await first.locator('.first').textContent()) ?? '';
    assert.equal(
      said,
      'sends pictures, readable by anyone on the way, to China (Alibaba), 413 MB since recording began.',
    );
    assert.match((await page.textContent('.appliance-line')) ?? '', /packets lost.*without recording/);
    await first.getByRole('link', { name: 'China' }).click();
    await page.waitForSelector('.sankey');
    assert.match((await page.textContent('.narrowed')) ?? '', /MiCam-2041.*China/s);
    await page.waitForSelector('text=1 destination');
  });

  test('a slash opens the search, and China leads to where it is talked with', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.waitForSelector('.answer');
    await page.keyboard.press('/');
    await page.keyboard.type('china');
    await page.waitForSelector('[role=option][aria-selected=true] >> text=China');
    assert.deepEqual(await faults(page), []);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.narrowed >> text=China');
    await page.waitForSelector('.sankey');
    await page.keyboard.press('/');
    await page.keyboard.type('micam');
    await page.waitForSelector('[role=option][aria-selected=true] >> text=MiCam-2041');
    // As fast as keys can come: none is lost while the field opens, and none while it closes.
    await page.keyboard.press('Escape');
    await page.keyboard.type('/zzz');
    await page.keyboard.press('Escape');
    await page.keyboard.type('/micam');
    await page.waitForSelector('[role=option][aria-selected=true] >> text=MiCam-2041');
    assert.equal(await page.inputValue('[role=combobox]'), 'micam');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:focus >> text=MiCam-2041');
  });

  test('what is new since the last look is reported until somebody marks it as seen', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.waitForSelector('.answer');
    assert.equal(await page.locator('.news').count(), 0, 'on the first visit nothing is new');
    await page.evaluate(`{
      const key = Object.keys(localStorage).find((name) => name.startsWith('weir.look.'));
      const look = JSON.parse(localStorage.getItem(key));
      look.devices['7811dc200001'] = { countries: [], high: 0 };
      localStorage.setItem(key, JSON.stringify(look));
    }`);
    await page.reload();
    await page.waitForSelector('.news');
    assert.match(
      (await page.textContent('.news')) ?? '',
      /MiCam-2041 speaks with .*China.*MiCam-2041 has 1 grave finding more/s,
    );
    await page.getByRole('button', { name: 'Mark as seen' }).click();
    await page.waitForSelector('.news', { state: 'detached' });
  });

  test('names from devices are text: they make no element and run nothing', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    for (const view of VIEWS) {
      await show(page, mock, view);
      const foreign = 'main img, main script, main svg[onload], main b, main [onerror], main a[href^="javascript"]';
      assert.equal(await page.locator(foreign).count(), 0, view.name);
      assert.doesNotMatch(await page.title(), /owned/);
    }
    await show(page, mock, VIEWS[1]);
    const shown = (await page.textContent('main')) ?? '';
    assert.ok(shown.includes(HOSTILE_NAMES[0] ?? ''), 'the name is there, as text');
  });

  test('bidirectional characters never reach the document', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await show(page, mock, VIEWS[3]);
    const text = (await page.textContent('main')) ?? '';
    assert.ok(text.includes('invoice\\u{202e}fdp.exe'));
    assert.ok(!text.includes('\u202E'));
  });

  test('a view that cannot be drawn says so and leaves the others as they are', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    const broken = { findings: [{ id: 'x', rule: 'X', severity: 'high', evidence: [], explanation: 7 }] };
    await page.route('**/api/v1/findings', (route) => route.fulfill({ json: broken }));
    await page.goto(`${mock.url}#/findings`);
    await page.waitForSelector('text=This view cannot be drawn');
    await show(page, mock, VIEWS[1]);
  });

  test('of five thousand findings a hundred are drawn, and more when they are asked for', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    const camera = HOME.find(({ category }) => category === 'camera')!;
    const [one] = findingsOf(camera, Date.now());
    const findings = Array.from({ length: 5000 }, (_, i) => ({ ...one, id: `CLR-04-${i}` }));
    await page.route('**/api/v1/findings', (route) => route.fulfill({ json: { findings } }));
    const began = performance.now();
    await page.goto(`${mock.url}#/findings`);
    await page.waitForSelector('.finding');
    t.diagnostic(`drawn after ${(performance.now() - began).toFixed(0)} ms`);
    assert.equal(await page.locator('.victim').count(), 100);
    await page.getByRole('button', { name: /^Show more \(/ }).click();
    // Of one kind most are folded.
    await page.locator('.victim').nth(199).waitFor({ state: 'attached' });
  });

  test('a device that hides its questions for names says how, another says nothing of it', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/devices/7811dc200001`);
    await page.waitForSelector('text=DoT dns.google');
    await page.waitForSelector('text=outside named cloudflare-ech.com');
    await page.goto(`${mock.url}#/devices/001788200005`);
    await page.waitForSelector('text=DHCP vendor class');
    assert.equal(await page.getByText('Encrypted DNS').count(), 0);
  });

  test('a port scan shows what is open, and what a port said as text', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    await page.goto(`${mock.url}#/devices/${HOME[0]?.mac.replaceAll(':', '')}`);
    await page.waitForSelector('text=80,554');
    await page.getByText(SCAN_BANNER).waitFor();
    assert.equal(await page.locator('img[src=x]').count(), 0);
    await page.getByRole('button', { name: 'Frequent ports' }).waitFor();
  });

  test('every view is reached with the keyboard, and its heading has the focus', async (t) => {
    const page = await openPage(t, browser, mock, DESKTOP);
    await logIn(page);
    for (const name of ['Live', 'Destinations', 'Findings', 'Captures', 'Health', 'Devices']) {
      await page.getByRole('link', { name, exact: false }).first().focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector(`h1:focus >> text=${name}`);
      await page.waitForSelector(`nav a[aria-current] >> text=${name}`);
    }
  });
});

async function fillClaim(page: Page, token: string, password: string, repeated: string): Promise<void> {
  await page.fill('#token', token);
  await page.fill('#password', password);
  await page.fill('#repeated', repeated);
  await page.click('button[type=submit]');
}

/** From log-in on; before it the appliance's refusal of the first question is itself reported by the browser. */
function collectErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  return errors;
}
