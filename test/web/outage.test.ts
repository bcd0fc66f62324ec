// The live page on the real appliance through an outage, a pause, a kill, an unlabelled phase, tags and a broker's death: what it
// says and hatches is compared with the ledger at each step. Capture is a stand-in whose ledger the test writes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import test, { after, before, describe } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Config } from '../../appliance/config/schema.ts';
import { duration, stamp } from '../../web/src/format/time.ts';
import { CaptureDouble } from '../publish/capture-double.ts';
import { Broker, NO_BROKER } from '../publish/mosquitto.ts';
import { startTestAppliance } from '../publish/running.ts';
import { DataFolder, device, type OpenSegment, packet } from '../store/data-folder.ts';
import { launchBrowser, noBrowser, SCREENSHOTS } from './browser.ts';
import { hatched, openLive, type Stretch, said } from './live-page.ts';

const OWNER = device(7);

/** Everything in seconds since 1970; the ledger and the packets follow this machine's clock. */
const wall = () => Date.now() / 1000;
const ts = (seconds: number) => `${seconds.toFixed(6)}000`;
const ns = (seconds: number) => BigInt(Math.round(seconds * 1e6)) * 1000n;

class Story {
  readonly folder: DataFolder;
  readonly capture: CaptureDouble;
  readonly begun = wall() - 290;
  readonly #segment: OpenSegment;
  #packets = 0;

  constructor(folder: DataFolder, capture: CaptureDouble) {
    this.folder = folder;
    this.capture = capture;
    writeFileSync(folder.ledger, '');
    this.line('start', this.begun);
    this.line('phase', this.begun, { phase: 'idle', interaction: 'none', by: 'start', note: '' });
    this.#segment = folder.open(OWNER, ns(this.begun));
    this.report({ engine: 'tcpdump', started: ts(this.begun), phase_since: ts(this.begun) });
  }

  line(type: string, at: number, fields: Readonly<Record<string, unknown>> = {}): void {
    this.folder.line({ type, ...fields, ts: ts(at) });
  }

  report(change: Partial<CaptureDouble['status']>): void {
    this.capture.status = { ...this.capture.status, ...change };
  }

  gap(from: number, to: number, reason: string): void {
    this.line('gap', to, { from: ts(from), to: ts(to), reason, lost: null });
  }

  /** One packet in each second of the stretch. */
  traffic(from: number, to: number): void {
    for (let at = Math.ceil(from); at < to; at++)
      this.folder.append(this.#segment, packet(OWNER, this.#packets++ % 5, ns(at + 0.2)));
  }

  /** Of the ledger as it is on the card. */
  get gaps(): Stretch[] {
    const lines = readFileSync(this.folder.ledger, 'utf8').trimEnd().split('\n');
    return lines
      .map((line) => JSON.parse(line) as { type: string; from: string; to: string })
      .filter(({ type }) => type === 'gap')
      .map(({ from, to }) => ({ from: Number(from), to: Number(to) }));
  }
}

describe('the live page through problem', { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  test('says and hatches what the ledger records, and nothing else', { timeout: 180_000 }, async (t) => {
    const folder = DataFolder.make(t);
    const story = new Story(folder, await CaptureDouble.start(t, folder.dir));
    const first = { from: wall() - 200.25, to: wall() - 150.5 };
    story.traffic(story.begun, first.from - 1);
    story.gap(first.from, first.to, 'capture ended without a stop');
    story.traffic(first.to + 1, wall());
    const appliance = await startTestAppliance(t, (config) => config, folder, story.capture);
    const page = await openLive(browser, appliance);

    // An outage that is over.
    await hatched(page, story.gaps);
    const reported = `Lost 0 + unknown, and 1 gap, ${duration(first.to - first.from)}`;
    await said(page, '.strip', reported);
    await said(page, '.strip', 'Phase Idle');
    await page.screenshot({ path: `${SCREENSHOTS}outage-over-1280.png` });

    // A pause: it is hatched until now while it lasts, and as the ledger has it afterwards.
    const pausedAt = wall();
    story.line('paused', pausedAt, { by: 'page', note: 'visitors' });
    story.report({ state: 'paused', reason: 'paused by page: visitors' });
    await said(page, '.strip', 'Paused');
    await hatched(page, [...story.gaps, { from: pausedAt, to: wall() }], 4);
    const resumedAt = wall();
    story.gap(pausedAt, resumedAt, 'paused by page: visitors');
    story.report({ state: 'capturing', reason: '' });
    await said(page, '.strip', 'Capturing');
    await hatched(page, story.gaps);
    await said(page, '.strip', 'and 2 gaps');

    // A kill: nobody answers, so neither phase nor counts are claimed; after the next start the ledger reports the gap.
    story.traffic(resumedAt + 1, wall());
    story.line('counters', wall());
    const killedAt = wall();
    story.capture.isDead = true;
    await said(page, '.strip', 'Capture does not answer');
    await said(page, '.strip', 'Phase Unknown');
    await said(page, '.phase-now', `declared last: Idle, ${stamp(story.begun)}`);
    await page.waitForTimeout(2500);
    await hatched(page, [...story.gaps, { from: killedAt, to: wall() }], 4);
    await page.screenshot({ path: `${SCREENSHOTS}outage-kill-1280.png` });
    const backAt = wall();
    story.line('start', backAt);
    story.gap(killedAt, backAt, 'capture ended without a stop');
    story.report({ started: ts(backAt) });
    story.capture.isDead = false;
    await said(page, '.strip', 'Capturing');
    await hatched(page, story.gaps);
    await said(page, '.strip', `and 1 gap, ${duration(backAt - killedAt)}`);
    await said(page, '.strip', `since ${new Date(backAt * 1000).toISOString().slice(11, 16)}Z`);

    // A phase that nobody named, and a tag: once while it is open, and once after it ended.
    const switched = wall();
    story.line('phase', switched, { phase: 'unlabelled', interaction: 'none', by: 'cli', note: '' });
    const tag = { tag: 'kettle_on', device: null, owner: 'cli', since: ts(switched) };
    story.line('tag-started', switched, { tag: tag.tag, device: null, owner: 'cli' });
    story.report({ phase: 'unlabelled', phase_since: ts(switched), tags: [tag] });
    await said(page, '.phase-now', 'Unlabelled');
    await page.waitForSelector('.open-tag >> text=kettle_on');
    assert.equal(await page.getByText('kettle_on').count(), 1);
    const tagEnd = wall();
    story.line('tag-stopped', tagEnd, { tag: tag.tag, device: null, owner: 'cli' });
    story.report({ tags: [] });
    await said(page, '.ended-tag', `kettle_on ${stamp(switched)} – ${stamp(tagEnd).slice(11)}`);
    assert.equal(await page.getByText('kettle_on').count(), 1);

    // The same gaps lie in the phase bar, in the phase that they were in.
    await page.goto(`${appliance.url}#/captures`);
    await page.waitForSelector('.phase-band');
    assert.equal(await page.locator('.phase-band .phase-idle .unrecorded').count(), story.gaps.length);
    assert.equal(await page.locator('.phase-band .phase-unlabelled .unrecorded').count(), 0);
    await page.screenshot({ path: `${SCREENSHOTS}outage-phases-1280.png` });

    // A phase without data keeps the identity and is reported as not captured; one that was recorded is reported as that.
    await page.goto(`${appliance.url}#/devices/${OWNER.replaceAll(':', '')}?phase=scan`);
    await page.waitForSelector('text=Not captured.');
    assert.match((await page.textContent('main')) ?? '', new RegExp(`Address${OWNER}`));
    await page.goto(`${appliance.url}#/devices/${OWNER.replaceAll(':', '')}?phase=unlabelled`);
    await page.waitForSelector('text=Phase Unlabelled was recorded for');

    // The appliance is gone: for some seconds capture's word counts, then nobody knows.
    await page.goto(`${appliance.url}#/live`);
    await page.waitForSelector('.traffic-panel canvas');
    await appliance.running.stop();
    await said(page, '.lost', 'that it records');
    await page.getByText('Whether capture goes on is not known here').waitFor({ timeout: 40_000 });
  });
});

describe('the page while the broker dies', { skip: noBrowser || NO_BROKER }, () => {
  test('says that messages wait, and that capture goes on as before', { timeout: 120_000 }, async (t) => {
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const broker = await Broker.start(t);
    const folder = DataFolder.make(t);
    const story = new Story(folder, await CaptureDouble.start(t, folder.dir));
    const mqtt = { url: broker.url, username: 'weir', password_file: broker.passwordFile };
    const change = (config: Config): Config => ({ ...config, mqtt: { ...config.mqtt, ...mqtt } });
    const appliance = await startTestAppliance(t, change, folder, story.capture);
    const page = await openLive(browser, appliance);
    await page.goto(`${appliance.url}#/health`);
    const panel = '.panel:has(h2:text-is("MQTT"))';
    await said(page, panel, 'connected');
    await broker.stop();
    await said(page, '.strip', 'The broker does not answer');
    await said(page, panel, 'offline');
    await said(page, '.strip', 'Capturing');
    assert.doesNotMatch((await page.textContent('.strip summary')) ?? '', /gap/);
  });
});
