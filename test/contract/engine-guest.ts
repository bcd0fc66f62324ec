// The test's side of engine-host.ts: what the engine has reported so far, and questions to it.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { captureSettings } from '../../appliance/cli/capture.ts';
import { loadConfig } from '../../appliance/config/load.ts';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';

interface EngineStats {
  readonly received: number | null;
  readonly dropped: number | null;
  readonly lostPipe: number | null;
}

export type HostEvent =
  | { readonly event: 'stream'; readonly linkType: number; readonly resolution: string }
  | { readonly event: 'batch'; readonly numbers: readonly number[]; readonly times: readonly string[] }
  | { readonly event: 'state'; readonly state: string; readonly reason: string }
  | {
      readonly event: 'gap';
      readonly reason: string;
      readonly lost: number | null;
      readonly from: string;
      readonly to: string;
    }
  | { readonly event: 'started'; readonly timestamps: string }
  | { readonly event: 'refused'; readonly code: string; readonly message: string }
  | ({ readonly event: 'stats' } & EngineStats)
  | { readonly event: 'pid'; readonly pid: number }
  | { readonly event: 'responsive'; readonly yes: boolean };

type Named<E extends HostEvent['event']> = Extract<HostEvent, { event: E }>;

export class EngineGuest {
  readonly events: HostEvent[] = [];
  readonly #host: ChildProcess;

  constructor(t: TestContext, prefix: readonly string[], settings: Partial<CaptureSettings>) {
    const program = fileURLToPath(new URL('./engine-host.js', import.meta.url));
    const defaults = captureSettings(loadConfig(undefined), '0.0.0');
    const quick = { ...defaults, respawnMs: 100, respawnMaxMs: 500, ...settings };
    const [command, ...rest] = [...prefix, process.execPath, program, JSON.stringify(quick)];
    this.#host = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    let killed = false;
    t.after(() => {
      killed = true;
      this.#host.kill('SIGKILL');
    });
    // The last line of a killed host may be half of one.
    createInterface({ input: this.#host.stdout! }).on('line', (line) => {
      if (!killed) this.events.push(JSON.parse(line) as HostEvent);
    });
  }

  /** Numbers of all datagrams delivered so far, in order of delivery. */
  get numbers(): number[] {
    return this.#all('batch').flatMap((event) => event.numbers);
  }

  /** Their time stamps, nanoseconds since 1970. */
  get times(): bigint[] {
    return this.#all('batch').flatMap((event) => event.times.map(BigInt));
  }

  get gaps(): Named<'gap'>[] {
    return this.#all('gap');
  }

  get state(): Named<'state'> | undefined {
    return this.#all('state').at(-1);
  }

  #all<E extends HostEvent['event']>(name: E): Named<E>[] {
    return this.events.filter((event): event is Named<E> => event.event === name);
  }

  /** Waits for the first (or next, with `after`) event of a kind. */
  async next<E extends HostEvent['event']>(name: E, after = 0, ms = 10_000): Promise<Named<E>> {
    await this.until(() => this.#all(name).length > after, `event ${name}`, ms);
    return this.#all(name)[after]!;
  }

  async ask<E extends 'stats' | 'pid' | 'responsive'>(name: E): Promise<Named<E>> {
    const before = this.#all(name).length;
    this.#host.stdin?.write(`${name}\n`);
    return await this.next(name, before);
  }

  /** A clean stop; the final counts. */
  async stop(): Promise<EngineStats> {
    const before = this.#all('stats').length;
    this.#host.stdin?.write('stop\n');
    return await this.next('stats', before);
  }

  async until(condition: () => boolean, what: string, ms = 10_000): Promise<void> {
    const end = performance.now() + ms;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms; last: ${this.#tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #tail(): string {
    return JSON.stringify(this.events.filter((event) => event.event !== 'batch').slice(-5));
  }
}
