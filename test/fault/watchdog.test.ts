// A capture that is frozen, or whose engine is, is not fed and gets restarted. systemd is no part of the test machine: a stand-in
// listens at NOTIFY_SOCKET and does what the unit says (Type=notify, WatchdogSec= but sooner, RestartSec=).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureProcess, engineOf } from './capture-process.ts';
import { missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { compile, Talker } from './traffic.ts';

const WATCHDOG_MS = 3000;
const UNIT = new URL('../../../systemd/weir-capture.service', import.meta.url);
const RESTART_MS = Number(/^RestartSec=(\d+)ms$/m.exec(readFileSync(UNIT, 'utf8'))?.[1]);
/** A process is started for each message: on a machine with other work that takes its time. */
const PATIENCE_MS = 30_000;

/** The service manager, as far as a watchdog needs one. */
class Manager {
  readonly #stage: Stage;
  readonly #socket: string;
  readonly said: { readonly text: string; readonly at: number }[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#socket = `${stage.root}/notify`;
  }

  async listen(): Promise<void> {
    const ear = this.#stage.spawn([compile('notify-receiver.c'), this.#socket]);
    ear.stdout?.on('data', (chunk: Buffer) => {
      for (const text of chunk.toString().split('\n').filter(Boolean)) this.said.push({ text, at: performance.now() });
    });
    if (ear.stdout !== null) await once(ear.stdout, 'data');
  }

  get environment(): NodeJS.ProcessEnv {
    return { NOTIFY_SOCKET: this.#socket, WATCHDOG_USEC: String(WATCHDOG_MS * 1000) };
  }

  count(text: string): number {
    return this.said.filter((message) => message.text === text).length;
  }

  /** Resolves when the process was not fed for as long as it may be; rejects when it is fed on and on. */
  async fires(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const last = this.said.findLast(({ text }) => text === 'WATCHDOG=1')?.at ?? 0;
      if (performance.now() - last > WATCHDOG_MS) return;
      await sleep(50);
    }
    throw new Error('the watchdog never fires: a dead capture is fed');
  }

  async heard(text: string, times: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.count(text) < times) {
      if (performance.now() > deadline) throw new Error(`${text} was said ${this.count(text)} times of ${times}`);
      await sleep(50);
    }
  }
}

/** Freezes what `victim` names, waits for the watchdog, restarts; the packets flow again. */
async function freezeAndRestart(t: TestContext, victim: (capture: number) => number): Promise<void> {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const manager = new Manager(stage);
  await manager.listen();
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: { flush_ms: 200 } });
  const { pid } = await capture.start({ env: manager.environment });
  const home = new Talker(stage, { run: 1, devices: 3, rate: 200 });
  await manager.heard('READY=1', 1);
  await manager.heard('WATCHDOG=1', 3);
  const frozen = performance.now();
  process.kill(victim(pid), 'SIGSTOP');
  await manager.fires();
  const fired = performance.now();
  await capture.killAll();
  await sleep(RESTART_MS);
  await capture.start({ env: manager.environment });
  await capture.until('frames again', (status) => status.counters.captured > 0);
  const again = performance.now();
  await manager.heard('READY=1', 2);
  await home.stop();
  assert.equal(await capture.stop(), 0);
  t.diagnostic(
    `fired ${Math.round(fired - frozen)} ms after the freeze (WatchdogSec ${WATCHDOG_MS} ms), frames again ` +
      `${Math.round(again - fired)} ms after that, RestartSec of ${RESTART_MS} ms included`,
  );
}

const skip = missing('systemd-notify');

test('a frozen capture is not fed, and captures again when it was restarted', { skip }, (t) =>
  freezeAndRestart(t, (capture) => capture),
);

test('a capture with a frozen engine is not fed, and captures again when it was restarted', { skip }, (t) =>
  freezeAndRestart(t, engineOf),
);
