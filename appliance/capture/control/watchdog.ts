// Reports to systemd that capture is alive, but only while it can show it: packets or canaries advance, or the engine answers. A frozen
// process, a deaf engine or a stuck loop gets no credit, and `WatchdogSec=` restarts the service.

import { execFile } from 'node:child_process';

/** One look at the recorder. */
export interface Pulse {
  readonly captured: number;
  readonly canariesSeen: number;
  /** The engine answered just now, or waits for its interface by itself. */
  readonly engineAnswers: boolean;
}

export type Notify = (text: string) => void;

export class Watchdog {
  readonly #pulse: () => Promise<Pulse>;
  readonly #notify: Notify;
  #last: Pulse | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(pulse: () => Promise<Pulse>, notify: Notify = notifySystemd) {
    this.#pulse = pulse;
    this.#notify = notify;
  }

  /** `environment` is the process's: NOTIFY_SOCKET and WATCHDOG_USEC (sd_watchdog_enabled(3)); without them nothing happens. */
  start(environment: Readonly<Record<string, string | undefined>>): void {
    if (environment['NOTIFY_SOCKET'] === undefined) return;
    this.#notify('READY=1');
    const microseconds = Number(environment['WATCHDOG_USEC']);
    if (!Number.isFinite(microseconds) || microseconds <= 0) return;
    // Half the time, as sd_watchdog_enabled(3) asks for.
    this.#timer = setInterval(() => void this.feed(), microseconds / 2000);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Feeds once if there is life; says whether. */
  async feed(): Promise<boolean> {
    const now = await this.#pulse();
    const before = this.#last;
    this.#last = now;
    const advanced = before === null || now.captured > before.captured || now.canariesSeen > before.canariesSeen;
    if (!advanced && !now.engineAnswers) return false;
    this.#notify('WATCHDOG=1');
    return true;
  }
}

/** Node has no datagram sockets of the Unix kind, so systemd's own program speaks; the unit needs `NotifyAccess=all`. */
function notifySystemd(text: string): void {
  execFile('systemd-notify', [text], { timeout: 5000 }, () => undefined);
}
