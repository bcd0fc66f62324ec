// Server-sent events (HTML Living Standard §9.2): what happens, to every open page. A page that does not read fast enough
// is cut off and connects again; nothing queues up for it here.

import type { ServerResponse } from 'node:http';
import type { ServerEvents } from './schemas/events.ts';

const MOST_STREAMS = 24;
const MOST_UNSENT_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 15_000;

interface Stream {
  readonly response: ServerResponse;
  /** Asked at each heartbeat: whether this reader may still see data. */
  readonly isAllowed: () => boolean;
}

export class EventStream {
  readonly #streams = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#streams.size;
  }

  start(): void {
    this.#timer = setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const stream of this.#streams) stream.response.end();
    this.#streams.clear();
  }

  /** False when there are too many already. The response must not be used otherwise. */
  open(response: ServerResponse, isAllowed: () => boolean): boolean {
    if (this.#streams.size >= MOST_STREAMS) return false;
    const stream: Stream = { response, isAllowed };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    response.on('error', () => this.#streams.delete(stream));
    response.write('retry: 2000\n\n');
    return true;
  }

  send<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): void {
    if (this.#streams.size === 0) return;
    const text = eventText(name, data);
    for (const stream of this.#streams) this.#write(stream, text);
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.writableLength > MOST_UNSENT_BYTES) return void stream.response.destroy();
    stream.response.write(text);
  }

  #heartbeat(): void {
    for (const stream of this.#streams) {
      if (stream.isAllowed()) this.#write(stream, ': still here\n\n');
      else stream.response.end();
    }
  }
}

/** JSON holds no line break, so one `data:` line is enough. */
export function eventText<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
