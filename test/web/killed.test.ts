// The live page next to a real capture and a real appliance, through a scan's marks and a SIGKILL of each: what it says and hatches
// is compared with the ledger that capture wrote.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { CaptureClient } from '../../appliance/experiment/capture-client.ts';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import { duration } from '../../web/src/format/time.ts';
import { Installation } from '../integration/installation.ts';
import { eventually } from '../store/data-folder.ts';
import type { Home } from '../testbed/home.ts';
import { launchBrowser, noBrowser } from './browser.ts';
import { openLive, type Stretch, said } from './live-page.ts';

const CHATTER_MS = 200;
const cannotCapture =
  process.getuid?.() !== 0
    ? 'NOT TESTED: needs root, to capture on loopback'
    : spawnSync('tcpdump', ['--version']).error !== undefined
      ? 'NOT TESTED: needs tcpdump'
      : false;
/** Of the home only that it starts programs is needed. */
const HERE = { exec: spawn } as unknown as Home;

test('through a scan and a SIGKILL of capture and appliance the page says what the ledger records', {
  skip: noBrowser || cannotCapture,
  timeout: 300_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-killed-'));
  const weir = new Installation(folder, HERE);
  t.after(async () => {
    await weir.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const [port, chatter] = [await freePort(), await chat(t)];
  const filter = `udp port ${chatter}`;
  weir.configure({ http: { port }, capture: { interface: 'lo', canary_seconds: 0, filter }, schedule: {} });
  await weir.startCapture();
  weir.startAppliance();
  const password = await passwordOf(weir);
  const url = `http://127.0.0.1:${port}/`;
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await openLive(browser, { url, password });
  await said(page, '.strip', 'Capturing');
  // Before the first line nothing was recorded, and since then all.
  const first = Number(linesOf(weir)[0]?.ts);
  await eventually(
    'nothing hatched but what was before the first run',
    async () => {
      const [before, ...more] = await unrecorded(page);
      return before !== undefined && Math.abs(before.to - first) < 0.002 && more.length === 0;
    },
    20,
  );

  // A scan as the scanner has capture write it down: its mark lasts from the one line to what the other says.
  const capture = new CaptureClient(join(weir.data, 'run', 'capture.sock'));
  const scan = { scan: 'scan-1', device: null };
  await capture.ask({ verb: 'scan-start', ...scan, address: '0.0.0.0', profile: 'quick', by: 'test' });
  const begun = lastOf(weir, 'scan-started');
  await marked(page, `scan-${begun.n}`, (mark) => Math.abs(mark.from - Number(begun.ts)) < 0.002);
  const until = (Date.now() / 1000 + 1).toFixed(9);
  await capture.ask({ verb: 'scan-end', ...scan, until, state: 'done', sha256: '' });
  await marked(page, `scan-${begun.n}`, (mark) => Math.abs(mark.to - Number(until)) < 0.002);
  await said(page, '.strip', 'Phase Idle');

  // Capture is killed: nothing is claimed from the last moment on that is attested.
  const alive = linesOf(weir).at(-1)!;
  await weir.end('capture', 'SIGKILL');
  const killedAt = Date.now() / 1000;
  await said(page, '.strip', 'Capture does not answer');
  await said(page, '.strip', 'Phase Unknown');
  await eventually(
    'hatched from the last moment that is attested',
    async () => {
      const [open] = (await unrecorded(page)).slice(-1);
      return open !== undefined && open.from >= Number(alive.ts) - 0.002 && open.from <= killedAt + 0.002;
    },
    60,
  );

  // So is the appliance: for a while capture's last word counts, and it had none.
  await weir.end('appliance', 'SIGKILL');
  await page.getByText('Whether capture goes on is not known here').waitFor({ timeout: 60_000 });

  // Both come back: the page that stayed open says the same as one that is opened now.
  rmSync(join(weir.data, 'run', 'capture.sock'), { force: true });
  await weir.startCapture();
  weir.startAppliance();
  await said(page, '.strip', 'Capturing', 120);
  const [gap] = gapsOf(weir);
  assert.ok(gap !== undefined && gap.from <= killedAt && gap.to >= killedAt, JSON.stringify({ gap, killedAt }));
  assert.equal(gapsOf(weir).length, 1);
  for (const shown of [page, await openLive(browser, { url, password })]) {
    // What was recorded between the last moment that the ledger attests and the kill is not hatched; all behind it is.
    await eventually(
      'the gap is hatched to its end',
      async () => {
        const [last] = (await unrecorded(shown)).slice(-1);
        const isBegun = last !== undefined && last.from >= gap.from - 0.002 && last.from <= killedAt + 1.002;
        return isBegun && Math.abs(last.to - gap.to) < 0.002;
      },
      60,
    );
    await said(shown, '.strip', `and 1 gap, ${duration(gap.to - gap.from)}`);
    await said(shown, '.strip', 'Phase Idle');
    await marked(shown, `scan-${begun.n}`, (mark) => Math.abs(mark.to - Number(until)) < 0.002);
  }
});

function linesOf({ data }: Installation): LedgerLine[] {
  const text = readFileSync(join(data, 'ledger.ndjson'), 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n'));
  return whole.split('\n').map((line) => JSON.parse(line) as LedgerLine);
}

function lastOf(weir: Installation, type: LedgerLine['type']): LedgerLine {
  return linesOf(weir).findLast((line) => line.type === type)!;
}

function gapsOf(weir: Installation): Stretch[] {
  return linesOf(weir).flatMap((line) =>
    line.type === 'gap' ? [{ from: Number(line.from), to: Number(line.to) }] : [],
  );
}

async function unrecorded(page: Page): Promise<Stretch[]> {
  return spans((await page.getAttribute('.traffic-panel .chart', 'data-unrecorded')) ?? '', ' ');
}

function spans(text: string, separator: string): Stretch[] {
  const ends = (one: string) => one.split('/').map(Number) as [number, number];
  return text
    .split(separator)
    .filter((one) => one !== '')
    .map((one) => ends(one.split(' ').at(-1) ?? ''))
    .map(([from, to]) => ({ from, to }));
}

/** The window of that name is on the chart's axis, as it should be. */
async function marked(page: Page, id: string, isRight: (mark: Stretch) => boolean): Promise<void> {
  let shown = '';
  await eventually(
    `window ${id}`,
    async () => {
      shown = (await page.getAttribute('.traffic-panel .chart', 'data-windows')) ?? '';
      const own = shown.split(',').filter((one) => one.startsWith(`${id} `));
      return own.length === 1 && spans(own[0] ?? '', ',').every(isRight);
    },
    30,
  ).catch((thrown: unknown) => assert.fail(`${String(thrown)}: ${shown}`));
}

/** A datagram to nobody every now and then: what capture hears. */
async function chat(t: TestContext): Promise<number> {
  const [speaker, listener] = [createSocket('udp4'), createSocket('udp4')];
  listener.bind(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  const timer = setInterval(() => speaker.send('here', port, '127.0.0.1'), CHATTER_MS);
  t.after(() => {
    clearInterval(timer);
    speaker.close();
    listener.close();
  });
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** The appliance says it once, on its standard output. */
async function passwordOf(weir: Installation): Promise<string> {
  let password = '';
  await weir.until('the page', 60, () => {
    const log = weir.logs();
    password = /Password of the page: (\S+)/.exec(log)?.[1] ?? '';
    return password !== '' && log.includes('the page is at');
  });
  return password;
}
