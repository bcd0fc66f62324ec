// Notifies systemd that the service is ready and alive (sd_notify(3)), through systemd-notify; without systemd it does nothing.
// Started by appliance.ts; the unit needs NotifyAccess=all.

import { spawn } from 'node:child_process';

/** Part of the watchdog's time after which it is fed. */
const FEED_SHARE = 3;

export class ServiceNotify {
  readonly #environment: NodeJS.ProcessEnv;
  #timer: NodeJS.Timeout | undefined;

  constructor(environment: NodeJS.ProcessEnv = process.env) {
    this.#environment = environment;
  }

  /** `READY=1`, then `WATCHDOG=1` as long as `isAlive` says so. */
  start(isAlive: () => boolean): void {
    this.#notify('READY=1');
    const microseconds = Number(this.#environment['WATCHDOG_USEC'] ?? Number.NaN);
    if (!Number.isFinite(microseconds) || microseconds <= 0) return;
    this.#timer = setInterval(
      () => {
        if (isAlive()) this.#notify('WATCHDOG=1');
      },
      microseconds / 1000 / FEED_SHARE,
    );
  }

  /** `isEnd`: false where the same process begins again. */
  stop(isEnd = true): void {
    clearInterval(this.#timer);
    if (isEnd) this.#notify('STOPPING=1');
  }

  #notify(state: string): void {
    if (this.#environment['NOTIFY_SOCKET'] === undefined) return;
    const child = spawn('systemd-notify', [state], { env: this.#environment, stdio: 'ignore' });
    child.on('error', () => undefined);
  }
}
