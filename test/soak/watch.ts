// Looks at an appliance from outside, again and again: how far behind analysis says that it is, and how long the page's answers take.

import { setTimeout as sleep } from 'node:timers/promises';
import { ask, askStatus } from './local-api.ts';
import { packetLag, type SendingDevices } from './packet-lag.ts';
import { quantile } from './quantile.ts';

const LAG_MS = 500;
const ANSWER_MS = 500;
const PACKET_MS = 2000;
const PATHS = ['/api/v1/summary', '/api/v1/devices'] as const;

export interface Watched {
  readonly worstLagSeconds: number;
  /** By the packets' own times; null where nobody was to be watched. */
  readonly worstPacketLag: number | null;
  readonly worstBacklogBytes: number;
  /** Milliseconds by path; an answer that never came counts with the patience of anyone who asked. */
  readonly answers: Readonly<Record<string, { readonly p50: number; readonly p95: number; readonly count: number }>>;
}

export class Watch {
  readonly #socket: string;
  readonly #answers = new Map<string, number[]>(PATHS.map((path) => [path, []]));
  readonly #work: Promise<void>[] = [];
  #isOver = false;
  readonly #sending: SendingDevices | undefined;
  #lag = 0;
  #packetLag = 0;
  #backlog = 0;

  /** `sending`: devices that send all the time. */
  constructor(socket: string, sending?: SendingDevices) {
    this.#socket = socket;
    this.#sending = sending;
  }

  start(): void {
    this.#work.push(this.#lags(), this.#packetLags(), ...PATHS.map((path) => this.#times(path)));
  }

  async stop(): Promise<Watched> {
    this.#isOver = true;
    await Promise.all(this.#work);
    const answers = [...this.#answers].map(([path, ms]) => [
      path,
      { p50: quantile(ms, 0.5), p95: quantile(ms, 0.95), count: ms.length },
    ]);
    return {
      worstLagSeconds: this.#lag,
      worstPacketLag: this.#sending === undefined ? null : this.#packetLag,
      worstBacklogBytes: this.#backlog,
      answers: Object.fromEntries(answers) as Watched['answers'],
    };
  }

  async #lags(): Promise<void> {
    while (!this.#isOver) {
      const status = await askStatus(this.#socket).catch(() => undefined);
      this.#lag = Math.max(this.#lag, status?.analysis.lag_seconds ?? 0);
      this.#backlog = Math.max(this.#backlog, status?.analysis.backlog_bytes ?? 0);
      await sleep(LAG_MS);
    }
  }

  /** The first look waits: nothing of what has just begun can be drawn. */
  async #packetLags(): Promise<void> {
    if (this.#sending === undefined) return;
    for (await sleep(PACKET_MS); !this.#isOver; await sleep(PACKET_MS))
      this.#packetLag = Math.max(this.#packetLag, await packetLag(this.#socket, this.#sending).catch(() => Infinity));
  }

  async #times(path: string): Promise<void> {
    while (!this.#isOver) {
      const start = performance.now();
      await ask(this.#socket, path).catch(() => undefined);
      this.#answers.get(path)?.push(performance.now() - start);
      await sleep(ANSWER_MS);
    }
  }
}

export function watchedLine(name: string, watched: Watched): string {
  const { worstLagSeconds, worstPacketLag, worstBacklogBytes, answers } = watched;
  const times = Object.entries(answers).map(([path, { p50, p95 }]) => {
    return `${path.replace('/api/v1', '')} p50 ${(p50 / 1000).toFixed(2)} p95 ${(p95 / 1000).toFixed(2)} s`;
  });
  const backlog = (worstBacklogBytes / 1_000_000).toFixed(1);
  const byPackets = worstPacketLag === null ? '' : ` (by the packets' times ≤ ${worstPacketLag.toFixed(1)} s)`;
  return `${name.padEnd(22)} lag ≤ ${worstLagSeconds.toFixed(1)} s${byPackets}, backlog ≤ ${backlog} MB, ${times.join(', ')}`;
}
