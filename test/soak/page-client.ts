// A person's browser as far as the appliance feels it: logs in, opens the event stream, loads what the page loads, and looks at
// another view now and then. Measures how long the answers take.

import { setTimeout as sleep } from 'node:timers/promises';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';

/** How long a person looks at one view. */
const LOOK_MS = 10_000;
/** The page asks the last seconds again at every status event, which comes so often (web/src/feed.ts). */
const SETTLE_MS = 5000;

export class PageClient {
  readonly #url: string;
  readonly #cookie: string;
  readonly #closing = new AbortController();
  #work: Promise<unknown>[] = [];
  events = 0;
  /** Milliseconds to the end of each answer, by path. */
  readonly answers = new Map<string, number[]>();

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  /** Rejects where the password is refused. */
  static async open(url: string, password: string): Promise<PageClient> {
    const answer = await fetch(`${url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    });
    if (!answer.ok) throw new Error(`log-in: ${answer.status} ${await answer.text()}`);
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    const page = new PageClient(url, cookie);
    page.#work = [page.#listen(), page.#settle(), page.#look()].map((work) => work.catch(() => undefined));
    return page;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#work);
  }

  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    const answer = await fetch(`${this.#url}/events`, { headers: { cookie: this.#cookie }, signal });
    const decoder = new TextDecoder();
    for await (const part of answer.body ?? []) {
      const text = decoder.decode(part as Uint8Array, { stream: true });
      this.events += text.match(/^event:/gm)?.length ?? 0;
    }
  }

  async #settle(): Promise<void> {
    for (;;) {
      await this.#get('/api/v1/traffic?seconds=30');
      await sleep(SETTLE_MS, undefined, { signal: this.#closing.signal });
    }
  }

  /** Overview, destinations, findings, one device after the other. */
  async #look(): Promise<void> {
    for (let device = 0; ; device++) {
      const list = JSON.parse(await this.#get('/api/v1/devices')) as DevicesResponse;
      const id = list.devices[device % Math.max(1, list.devices.length)]?.id;
      const views = ['/api/v1/summary', '/api/v1/findings', ...(id === undefined ? [] : [`/api/v1/devices/${id}`])];
      for (const view of views) {
        await sleep(LOOK_MS, undefined, { signal: this.#closing.signal });
        await this.#get(view);
      }
    }
  }

  async #get(path: string): Promise<string> {
    const start = performance.now();
    const answer = await fetch(`${this.#url}${path}`, {
      headers: { cookie: this.#cookie },
      signal: this.#closing.signal,
    });
    const text = await answer.text();
    const key = path.replace(/\?.*/, '').replace(/devices\/.*/, 'devices/:id');
    this.answers.set(key, [...(this.answers.get(key) ?? []), performance.now() - start]);
    return text;
  }
}
