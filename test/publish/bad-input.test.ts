// What cannot be done, by each of the four ways in: command line, API, broker, page. Each mistake has one clear line, which says that
// nothing was written, and capture is given no order.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import { DataFolder, device, eventually, packet, START_NS } from '../store/data-folder.ts';
import { launchBrowser, noBrowser } from '../web/browser.ts';
import { Broker, NO_BROKER, Watcher } from './mosquitto.ts';
import { startTestAppliance, type TestAppliance } from './running.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const BASE = 'weir/weir-test';
const [ONE, TWO] = [device(1), device(2)];
const NOBODY = 'aa:bb:cc:00:00:09';
const at = (seconds: number) => new Date(Number(START_NS / 1_000_000n) + seconds * 1000).toISOString().slice(0, 19);
const ts = (seconds: number) => formatSeconds(START_NS + BigInt(seconds) * 1_000_000_000n);

interface Wish {
  readonly tag: string;
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

const GOOD: Wish = { tag: 'wan_on', device: ONE, from: 0, to: 37 };
/** On the page a span whose end is not later is refused where it is chosen. */
const NOT_LATER = /^The end is not later than the begin\.$/;

const WINDOWS: readonly (readonly [what: string, wish: Partial<Wish>, says: RegExp, onPage?: RegExp])[] = [
  ['an unknown device', { device: NOBODY }, /No device aa:bb:cc:00:00:09 was seen\. Nothing was written\./],
  ['an overlapping window', { tag: 'lan_on' }, /lan_on: the window .* overlaps tag-\d+ of the same name .*Nothing was/],
  ['an empty window', { to: 0 }, /wan_on: the window is empty .*Nothing was written\./, NOT_LATER],
  ['an end before the start', { to: -1 }, /wan_on: the window ends before it begins .*Nothing was/, NOT_LATER],
  [
    'a window before the first packet',
    { from: -90, to: -50 },
    /wan_on: the window .* ends before the first packet .*Nothing was written\./,
  ],
];

interface Room {
  readonly appliance: TestAppliance;
  readonly cookie: string;
  readonly watcher: Watcher;
  readonly page: Page;
}

/** A way in: what it answers to a window, and to a registry that holds a device twice. */
interface Way {
  readonly window: (room: Room, wish: Wish) => Promise<string>;
  readonly double: (room: Room) => Promise<string>;
  /** What it says of the double. */
  readonly saysDouble: RegExp;
}

const span = ({ tag, device: word, from, to }: Wish) => ({ tag, device: word, from: `${at(from)}Z`, to: `${at(to)}Z` });
const DOUBLES = [
  { mac: ONE, name: 'Hall lamp' },
  { mac: ONE.replaceAll(':', '-'), name: 'Desk lamp' },
];

async function byApi({ appliance, cookie }: Room, path: string, body: object): Promise<string> {
  const headers = { cookie, origin: appliance.url };
  const { status, json } = await appliance.ask(path, { method: 'POST', headers, body });
  assert.ok(status === 400 || status === 404, String(status));
  return (json as { error: string }).error;
}

let transactions = 0;
async function byBroker({ watcher }: Room, verb: string, body: object): Promise<string> {
  const transaction = `t${++transactions}`;
  await watcher.client.publishAsync(`${BASE}/request/${verb}`, JSON.stringify({ ...body, transaction }), { qos: 1 });
  const answer = () => watcher.json(`${BASE}/response/${verb}`);
  await eventually('an answer', () => answer()?.['transaction'] === transaction, 20);
  assert.equal(answer()?.['status'], 'error');
  return String(answer()?.['error']);
}

/** One line on standard error, nothing on standard output. */
function byTerminal({ appliance }: Room, ...words: readonly string[]): Promise<string> {
  const config = join(appliance.folder.dir, 'weir.yaml');
  writeFileSync(config, `data:\n  dir: ${appliance.folder.dir}\n`);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...words, '--config', config], (error, out, err) => {
      const [, line] = /^weir: ([^\n]+)\n$/.exec(err) ?? [];
      if (error === null || out !== '' || line === undefined) reject(new Error(`${words.join(' ')}: ${out}${err}`));
      else resolve(line);
    });
  });
}

/** The dialog of a span, or the line under the time axis where no dialog opens for it. */
async function byPage({ page, appliance }: Room, { tag, device: word, from, to }: Wish): Promise<string> {
  await page.goto(`${appliance.url}#/devices/${word.replaceAll(':', '')}?from=${at(from)}&to=${at(to)}`);
  await page.reload();
  await page.getByText('From, to', { exact: true }).click();
  const button = page.getByRole('button', { name: 'Tag it …' });
  await button.waitFor();
  if (await button.isDisabled()) return (await page.locator('.range-bar > [role=alert]').textContent()) ?? '';
  await button.click();
  await page.getByLabel('Name', { exact: true }).fill(tag);
  await page.getByRole('button', { name: 'Tag it', exact: true }).click();
  return alertOf(page, 'dialog');
}

async function alertOf(page: Page, where: string): Promise<string> {
  const alert = page.locator(`${where} [role=alert]`);
  await eventually('the page says why', async () => ((await alert.textContent()) ?? '') !== '', 20);
  return (await alert.textContent()) ?? '';
}

const WAYS: Readonly<Record<string, Way>> = {
  API: {
    window: (room, wish) => byApi(room, '/api/v1/windows', span(wish)),
    double: (room) => byApi(room, '/api/v1/registry', { devices: DOUBLES }),
    saysDouble: /^b8:27:eb:00:00:01 is in two rows\. Nothing was written\.$/,
  },
  broker: {
    window: (room, wish) => byBroker(room, 'tag/add', span(wish)),
    double: (room) => byBroker(room, 'registry/set', { devices: DOUBLES }),
    saysDouble: /^b8:27:eb:00:00:01 is in two rows\. Nothing was written\.$/,
  },
  'command line': {
    window: (room, wish) => {
      const { tag, device: word, from, to } = span(wish);
      return byTerminal(room, 'tag', 'add', tag, '--from', from, '--to', to, '--device', word);
    },
    double: (room) => {
      const file = join(room.appliance.folder.dir, 'devices.txt');
      writeFileSync(file, DOUBLES.map(({ mac, name }) => `${mac} ${name}\n`).join(''));
      return byTerminal(room, 'registry', 'import', file);
    },
    saysDouble: /devices\.txt:2: b8:27:eb:00:00:01 is in line 1 already\. Nothing was taken from it\./,
  },
  // One device at a time is said there, so that a double is the name of another.
  page: {
    window: byPage,
    double: async ({ page, appliance }) => {
      await page.goto(`${appliance.url}#/devices/${TWO.replaceAll(':', '')}?span=all`);
      await page.reload();
      await page.getByRole('button', { name: 'Confirm or correct' }).click();
      await page.getByLabel('Name', { exact: true }).fill('LAMP');
      await page.getByRole('button', { name: 'Save' }).click();
      return alertOf(page, '.identity-form');
    },
    saysDouble: /^LAMP would be the name of b8:27:eb:00:00:01 and of b8:27:eb:00:00:02\. Nothing was written\.$/,
  },
};

async function open(t: TestContext, browser: Browser): Promise<Room> {
  const broker = await Broker.start(t);
  const folder = DataFolder.make(t);
  for (const owner of [ONE, TWO]) {
    const segment = folder.open(owner);
    for (let i = 0; i < 20; i++) folder.append(segment, packet(owner, i));
    folder.close(segment);
  }
  folder.line({ type: 'tag-started', tag: 'lan_on', device: ONE, owner: 'me', ts: ts(1) });
  folder.line({ type: 'tag-stopped', tag: 'lan_on', device: ONE, owner: 'me', ts: ts(5) });
  folder.line({ type: 'identity', device: ONE, name: 'Lamp', vendor: '', category: '', by: 'me', ts: ts(6) });
  const access = { url: broker.url, username: 'weir', password_file: broker.passwordFile, commands: true };
  const appliance = await startTestAppliance(
    t,
    (config) => ({ ...config, mqtt: { ...config.mqtt, ...access } }),
    folder,
  );
  const watcher = await Watcher.start(t, broker);
  await eventually('both devices', () =>
    [1, 2].every((n) => watcher.newest.has(`${BASE}/device/b827eb00000${n}/state`)),
  );
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(appliance.url);
  await page.fill('#password', appliance.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.answer');
  return { appliance, cookie: await appliance.logIn(), watcher, page };
}

describe('a mistake', { skip: noBrowser || NO_BROKER }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  test('has one clear line by command line, API, broker and page, and nothing is written', async (t) => {
    const room = await open(t, browser);
    for (const [way, { window, double, saysDouble }] of Object.entries(WAYS)) {
      for (const [what, change, says, onPage] of WINDOWS) {
        const line = await window(room, { ...GOOD, ...change });
        assert.match(line, way === 'page' ? (onPage ?? says) : says, `${what} by ${way}`);
        assert.ok(!line.includes('\n'), `${what} by ${way}`);
      }
      const line = await double(room);
      assert.match(line, saysDouble, way);
      assert.ok(!line.includes('\n'), way);
    }
    assert.deepEqual(room.appliance.capture.asked, [], 'nothing was ordered');
  });
});
