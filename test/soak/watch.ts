// Looks at an appliance from outside, again and again: how far behind analysis says that it is, and how long the page's answers take.

import { setTimeout as sleep } from 'node:timers/promises';
import { ask, askStatus } from './local-api.ts';
import { quantile } from './quantile.ts';

const LAG_MS = 500;
const ANSWER_MS = 500;
const PATHS = ['/api/v1/summary', '/api/v1/devices'] as const;

export interface Watched {
  readonly worstLagSeconds: number;
  readonly worstBacklogBytes: number;
  /** Milliseconds by path; an answer that never came counts with the patience of anyone who asked. */
  readonly answers: Readonly<Record<string, { readonly p50: number; readonly p95: number; readonly count: number }>>;
}

export class Watch {
  readonly #socket: string;
  readonly #answers = new Map<string, number[]>(PATHS.map((path) => [path, []]));
  readonly #work: Promise<void>[] = [];
  #isOver = false;
  #lag = 0;
  #backlog = 0;

  constructor(socket: string) {
    this.#socket = socket;
  }

  start(): void {
    this.#work.push(this.#lags(), ...PATHS.map((path) => this.#times(path)));
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

  async #times(path: string): Promise<void> {
    while (!this.#isOver) {
      const start = performance.now();
      await ask(this.#socket, path).catch(() => undefined);
      this.#answers.get(path)?.push(performance.now() - start);
      await sleep(ANSWER_MS);
    }
  }
}

export function watchedLine(name: string, { worstLagSeconds, worstBacklogBytes, answers }: Watched): string {
  const times = Object.entries(answers).map(([path, { p50, p95 }]) => {
    return `${path.replace('/api/v1', '')} p50 ${(p50 / 1000).toFixed(2)} p95 ${(p95 / 1000).toFixed(2)} s`;
  });
  const backlog = (worstBacklogBytes / 1_000_000).toFixed(1);
  return `${name.padEnd(22)} lag ≤ ${worstLagSeconds.toFixed(1)} s, backlog ≤ ${backlog} MB, ${times.join(', ')}`;
}
