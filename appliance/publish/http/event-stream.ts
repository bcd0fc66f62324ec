// Server-sent events (HTML Living Standard §9.2): what happens, to every open page. A page that does not read fast enough
// is cut off and connects again; nothing queues up for it here.

import type { ServerResponse } from 'node:http';
import { changesOf } from '../../model/changes.ts';
import type { ServerEvents, TrafficParts, TrafficSecond } from '../schemas/events.ts';
import type { StatusResponse } from '../schemas/status.ts';

/** One browser opens one for each page that it shows. */
const MAX_STREAMS = 48;
/** Streams of one session or token, or the machine itself; one more ends the oldest. */
const MAX_OF_ONE = 8;
/** Waiting for one reader; with more, its stream is cut off when something is next sent to it. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 15_000;
/** A revoked token, an ended session: its streams go on for no longer than this. */
const LOOK_MS = 2000;

/** A reader, and how it reads. */
export interface Reader {
  /** Whose it is (`callerKey`). */
  readonly owner: string;
  /** Asked every few seconds: whether this reader may still see data. */
  readonly isAllowed: () => boolean;
  /** Takes changes of the status instead of the whole, and silent seconds as such. */
  readonly takesChanges: boolean;
}

interface Stream extends Reader {
  readonly response: ServerResponse;
  /** That it was sent last. */
  status: StatusResponse;
}

export class EventStream {
  readonly #streams = new Set<Stream>();
  #timers: readonly NodeJS.Timeout[] = [];

  get size(): number {
    return this.#streams.size;
  }

  start(): void {
    this.#timers = [setInterval(() => this.#heartbeat(), HEARTBEAT_MS), setInterval(() => this.#look(), LOOK_MS)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stream of this.#streams) stream.response.end();
    this.#streams.clear();
  }

  /** Where there are too many, the oldest of the client with most makes room. The response must not be used otherwise. */
  open(response: ServerResponse, reader: Reader, status: StatusResponse): void {
    const { owner } = reader;
    const own = this.#of(owner);
    if (own.length >= MAX_OF_ONE) own[0]?.response.destroy();
    else if (this.#streams.size >= MAX_STREAMS) this.#largest()[0]?.response.destroy();
    const stream: Stream = { response, ...reader, status };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    response.on('error', () => this.#streams.delete(stream));
    response.write(`retry: 2000\n\n${eventText('status', status)}`);
  }

  status(status: StatusResponse): void {
    for (const stream of this.#streams) {
      const changes = changesOf(stream.status, status);
      const text = stream.takesChanges ? eventText('changes', { changes }) : eventText('status', status);
      this.#write(stream, text);
      stream.status = status;
    }
  }

  traffic(second: TrafficSecond): void {
    const isSilent = silent(second.in) && silent(second.out);
    const text = eventText('traffic', second);
    const short = isSilent ? eventText('silence', second.second) : text;
    for (const stream of this.#streams) this.#write(stream, stream.takesChanges ? short : text);
  }

  send<Name extends Exclude<keyof ServerEvents, 'status' | 'changes' | 'traffic' | 'silence'>>(
    name: Name,
    data: ServerEvents[Name],
  ): void {
    if (this.#streams.size === 0) return;
    const text = eventText(name, data);
    for (const stream of this.#streams) this.#write(stream, text);
  }

  /** The oldest first. */
  #of(owner: string): Stream[] {
    return [...this.#streams].filter((stream) => stream.owner === owner);
  }

  #largest(): Stream[] {
    const owners = new Set([...this.#streams].map(({ owner }) => owner));
    return [...owners].map((owner) => this.#of(owner)).reduce((most, own) => (own.length > most.length ? own : most));
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.writableLength > MAX_UNSENT_BYTES) return void stream.response.destroy();
    stream.response.write(text);
  }

  #heartbeat(): void {
    for (const stream of this.#streams) this.#write(stream, ': still here\n\n');
  }

  /** The line is cut, not only ended: a reader who takes nothing would otherwise keep what is unsent. */
  #look(): void {
    for (const { response, isAllowed } of this.#streams) if (!isAllowed()) response.destroy();
  }
}

function silent(parts: TrafficParts): boolean {
  return Object.values(parts).every((bytes) => bytes === 0);
}

/** JSON holds no line break, so one `data:` line is enough. */
function eventText<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
