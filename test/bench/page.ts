// What the page costs: bytes of its first load; requests, bytes and time to figures after log-in on a processor slowed down six times;
// bytes a minute while nothing changes. `node dist/test/bench/page.js [MINUTES]`; counted on the wire, between browser and appliance, not by either.

import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { startTestAppliance, type TestAppliance } from '../publish/running.ts';
import { DataFolder, device, packet, START_NS } from '../store/data-folder.ts';
import { holds, launchBrowser, noBrowser } from '../web/browser.ts';
import { countingLine } from '../web/counting-line.ts';

const SLOWER = 6;
const DEVICES = 50;
const PACKETS = 40;
const SETTLE_MS = 20_000;
/** On a busy machine. */
const PATIENCE_MS = 300_000;
const minutes = Number(process.argv[2] ?? '2');

/** By the page's own clock: the debugger, which asks now and then, hears of it whenever the slow page has time for it. */
const WATCH = `{
  const moments = (globalThis.weirMoments = {});
  addEventListener('submit', () => (moments.sent = performance.now()), true);
  const look = new MutationObserver(() => {
    if (document.querySelector('nav.views')) moments.opened ??= performance.now();
    if (document.querySelector('.answer .first') === null) return;
    look.disconnect();
    requestAnimationFrame(() => setTimeout(() => (moments.shown = performance.now())));
  });
  look.observe(document.body, { childList: true, subtree: true });
}`;

/** Milliseconds of the page's thread by kind of work. */
async function spent(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  const kinds = ['TaskDuration', 'ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'];
  return Object.fromEntries(metrics.flatMap(({ name, value }) => (kinds.includes(name) ? [[name, value * 1000]] : [])));
}

/** Of an appliance that has read everything: what is measured is the page, not the first reading of a home. */
async function allDrawn(appliance: TestAppliance): Promise<void> {
  const cookie = await appliance.logIn();
  const get = async (path: string) => (await appliance.ask(path, { headers: { cookie } })).json;
  for (;;) {
    const { analysis } = (await get('/api/v1/status')) as StatusResponse;
    const { devices } = (await get('/api/v1/devices')) as DevicesResponse;
    if (devices.length === DEVICES && analysis.backlog_bytes === 0 && analysis.rows_age_seconds === 0) return;
    await sleep(500);
  }
}

function home(t: Parameters<typeof DataFolder.make>[0]): DataFolder {
  const folder = DataFolder.make(t);
  for (let i = 1; i <= DEVICES; i++) {
    const segment = folder.open(device(i));
    for (let n = 0; n < PACKETS; n++) folder.append(segment, packet(device(i), n, START_NS));
    folder.close(segment);
  }
  return folder;
}

test('the page', { skip: noBrowser, timeout: (minutes + 4) * 60_000 }, async (t) => {
  const appliance = await startTestAppliance(t, (config) => config, home(t));
  await allDrawn(appliance);
  const line = await countingLine(Number(new URL(appliance.url).port));
  t.after(() => line.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const slow = await page.context().newCDPSession(page);
  await page.goto(`http://127.0.0.1:${line.port}/`);
  await page.waitForSelector('#password');
  t.diagnostic(`first load: ${(line.bytes() / 1000).toFixed(1)} kB`);
  await slow.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.fill('#password', appliance.password);
  let requests = 0;
  page.on('request', () => requests++);
  const beforeBytes = line.bytes();
  // Processor time of the page's own thread, which does not depend on how busy this machine is. The slowing down is part of it.
  await slow.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await spent(slow);
  await page.evaluate(WATCH);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.answer .first', { timeout: PATIENCE_MS });
  await holds(page, 'weirMoments.shown > 0');
  const moments = (await page.evaluate('weirMoments')) as Record<'sent' | 'opened' | 'shown', number>;
  const since = (moment: number) => `${(moment - moments.sent).toFixed(0)} ms`;
  t.diagnostic(`figures after log-in, ${SLOWER} times slower: on the screen after ${since(moments.shown)}`);
  t.diagnostic(`the log-in itself of it: ${since(moments.opened)}`);
  t.diagnostic(`before them: ${requests} requests, ${((line.bytes() - beforeBytes) / 1000).toFixed(1)} kB`);
  const after = await spent(slow);
  const own = Object.entries(after).map(([name, ms]) => `${name} ${(ms - (before[name] ?? 0)).toFixed(0)} ms`);
  t.diagnostic(`processor time of the page in it, as slow: ${own.join(', ')}`);
  await slow.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await sleep(SETTLE_MS);
  const quiet = line.bytes();
  await sleep(minutes * 60_000);
  const each = (line.bytes() - quiet) / minutes / 1000;
  t.diagnostic(`while nothing changes: ${each.toFixed(1)} kB a minute, over ${minutes} min`);
});
