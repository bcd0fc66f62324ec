// One or several ClickHouse servers over HTTP. A statement goes to the first that answers; what was cut is sent again, what the server
// refuses is not.

import { toError, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { sleep } from '../host-line.ts';

export interface ServerSettings {
  /** Without user and password; the first that answers is asked. */
  readonly urls: readonly URL[];
  readonly user: string;
  readonly password: string;
  readonly waitMs?: (attempt: number) => number;
  readonly signal?: AbortSignal;
}

const TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const ANSWER_MS = 300_000;
/** Of one answer, such as a list of hours with their revisions; a longer one is an error. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The numbers of ClickHouse (ErrorCodes.cpp) for what may go better the next time: time-outs, network, too much at once. */
const PASSING = new Set([159, 202, 203, 209, 210, 241, 252, 279, 999]);

/** Something that may go better the next time, or at another server. */
class Away extends Error {}

export class ClickHouseServers {
  readonly #settings: ServerSettings;

  constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  get urls(): readonly URL[] {
    return this.#settings.urls;
  }

  /**
   * The answer's text. `body`: rows that the statement puts in. `at`: of that server alone.
   * @throws WeirError CLICKHOUSE_UNREACHABLE after several tries, CLICKHOUSE_REFUSED
   */
  async ask(sql: string, body?: string, at?: URL): Promise<string> {
    const urls = at === undefined ? this.#settings.urls : [at];
    for (let tries = 1; ; tries++) {
      const url = urls[(tries - 1) % urls.length] as URL;
      try {
        return await this.#send(url, sql, body);
      } catch (thrown) {
        if (!(thrown instanceof Away)) throw thrown;
        this.#settings.signal?.throwIfAborted();
        if (tries >= TRIES * urls.length) throw unreachable(url, thrown);
        if (tries % urls.length === 0) await sleep(this.#wait(tries / urls.length), this.#settings.signal);
      }
    }
  }

  #wait(attempt: number): number {
    return this.#settings.waitMs?.(attempt) ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  }

  async #send(server: URL, sql: string, body: string | undefined): Promise<string> {
    const { user, password, signal } = this.#settings;
    const url = new URL(server);
    // With the answer the rows are on all servers that they belong to. An error comes as a status, never within an answer.
    url.searchParams.set('insert_distributed_sync', '1');
    url.searchParams.set('wait_end_of_query', '1');
    if (body !== undefined) url.searchParams.set('query', sql);
    const signals = [AbortSignal.timeout(ANSWER_MS), ...(signal === undefined ? [] : [signal])];
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    let status: number;
    let text: string;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body: body ?? sql,
        headers: { authorization },
        redirect: 'error',
        signal: AbortSignal.any(signals),
      });
      status = answer.status;
      text = await boundedText(answer);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw new Away(reasonOf(thrown));
    }
    if (status === 200) return text;
    const said = printable(text.split('\n')[0] ?? '', 300);
    const code = Number(/\bCode: (\d+)/.exec(text)?.[1] ?? 0);
    if (PASSING.has(code) || (code === 0 && status >= 500)) throw new Away(said || `HTTP ${status}`);
    throw new WeirError(
      'CLICKHOUSE_REFUSED',
      `${shown(server)} refused (HTTP ${status}): ${said || 'without a reason'}. Nothing more was loaded; what is there stays. Check user, password, rights and the cluster’s name.`,
    );
  }
}

async function boundedText(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  const cause = error.cause === undefined ? '' : toError(error.cause).message;
  return printable(cause === '' ? error.message : cause, 200);
}

function unreachable(url: URL, { message }: Away): WeirError {
  const text = `${shown(url)}: no answer after ${TRIES} tries (${message}). What was loaded stays; the next \`weir archive load\` goes on from there. Do all servers of the cluster run?`;
  return new WeirError('CLICKHOUSE_UNREACHABLE', text);
}

function shown(url: URL): string {
  return printable(`${url.protocol}//${url.host}`, 200);
}
