// The line to one appliance: HTTPS whose public key is held against a pin before a byte of a request, and so of the token, is sent.
// What is cut is asked again from the current position; what moves nothing for several tries is given up.

import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { publicKeyFingerprint } from '../provision/page-key.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { HostName } from './host-name.ts';

export interface LineSettings {
  readonly host: HostName;
  /** A bearer token of the appliance; never in an address or on a command line. */
  readonly token: string;
  /** Hears the SHA-256 of the public key (hexadecimal) of each new line; throws a WeirError where it is not the right one. */
  readonly pin: (fingerprint: string) => void;
  readonly bandwidth: Bandwidth;
  readonly waitMs?: (attempt: number) => number;
  readonly signal?: AbortSignal;
}

export interface LineCost {
  requests: number;
  cuts: number;
  bytes: number;
}

const TRIES = 8;
const STILL_MS = 30_000;
/** A hostile appliance must not fill the memory; a longer answer is refused. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** Something that may go better the next time. */
class Cut extends Error {
  readonly waitMs: number | undefined;
  constructor(cause: Error, waitMs?: number) {
    super(cause.message, { cause });
    this.waitMs = waitMs;
  }
}

export class HostLine {
  readonly cost: LineCost = { requests: 0, cuts: 0, bytes: 0 };
  readonly #settings: LineSettings;
  readonly #agent: Agent;

  constructor(settings: LineSettings) {
    this.#settings = settings;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    // Agent takes a function that answers later (nodejs.org, http.Agent.createConnection); its types know no such one.
    Object.assign(this.#agent, {
      createConnection: (_options: unknown, done: (error: Error | null, socket?: Socket) => void) => {
        this.#connect(done);
      },
    });
  }

  get host(): HostName {
    return this.#settings.host;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The answer as JSON; undefined for 404. @throws WeirError SITE_UNREACHABLE, REQUEST_INVALID, what `pin` throws. */
  async json<T>(path: string): Promise<T | undefined> {
    const bytes = await this.bytes(path);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as T);
  }

  /** The whole answer; undefined for 404. @throws as `json`. */
  bytes(path: string): Promise<Buffer | undefined> {
    return this.#persist(path, async () => {
      const answer = await this.#ask(path);
      if (answer.statusCode === 404) {
        answer.resume();
        return undefined;
      }
      const parts: Buffer[] = [];
      let length = 0;
      for await (const part of this.#body(answer)) {
        length += part.length;
        if (length > MAX_ANSWER_BYTES)
          throw new WeirError(
            'SITE_REFUSED',
            `${this.host.key}${path}: the answer is longer than ${MAX_ANSWER_BYTES} bytes; it was not taken.`,
          );
        parts.push(part);
      }
      return Buffer.concat(parts);
    });
  }

  /**
   * A part of a file from byte `from` on, piece by piece; `etag` names the file that was begun. `take` hears where the piece belongs.
   * False for 404. Begins again where it was cut, as long as anything moves.
   */
  async file(
    path: string,
    etag: string,
    from: () => number,
    take: (at: number, part: Buffer) => Promise<void>,
  ): Promise<boolean> {
    let seen = from();
    return await this.#persist(
      path,
      async () => {
        const start = from();
        const headers = start === 0 ? {} : { range: `bytes=${start}-`, 'if-range': `"${etag}"` };
        const answer = await this.#ask(path, headers);
        if (answer.statusCode === 404 || answer.statusCode === 416) {
          answer.resume();
          return answer.statusCode === 416;
        }
        let at = answer.statusCode === 206 ? start : 0;
        for await (const part of this.#body(answer)) {
          await take(at, part);
          at += part.length;
        }
        return true;
      },
      () => {
        const moved = from() > seen;
        seen = from();
        return moved;
      },
    );
  }

  async #persist<T>(path: string, attempt: () => Promise<T>, moved: () => boolean = () => false): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (thrown) {
        if (!(thrown instanceof Cut)) throw thrown;
        this.cost.cuts++;
        if (moved()) tries = 1;
        this.#settings.signal?.throwIfAborted();
        if (tries >= TRIES) throw this.#unreachable(path, thrown);
        await sleep(thrown.waitMs ?? this.#wait(tries), this.#settings.signal);
      }
    }
  }

  #wait(attempt: number): number {
    return this.#settings.waitMs?.(attempt) ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  }

  #unreachable(path: string, cut: Cut): WeirError {
    const message = `${this.host.key}${path}: no answer after ${TRIES} tries (${printable(cut.message, 120)}); what came before is kept, and the next pull goes on from there. Is the appliance on, and its page open on this side?`;
    return new WeirError('SITE_UNREACHABLE', message, { cause: cut });
  }

  /** Resolves with an answer whose status is one to go on with. */
  #ask(path: string, more: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    const { host, token, signal } = this.#settings;
    const { promise, resolve, reject } = deferred<IncomingMessage>();
    const headers = { host: host.key, authorization: `Bearer ${token}`, ...more };
    this.cost.requests++;
    const asking = request(
      { agent: this.#agent, host: host.host, port: host.port, path, headers, timeout: STILL_MS, signal },
      (answer) => {
        const problem = this.#refusal(answer);
        if (problem === undefined) return resolve(answer);
        answer.resume();
        reject(problem);
      },
    );
    asking.once('timeout', () => asking.destroy(new Error(`nothing moved for ${STILL_MS / 1000} s`)));
    asking.once('error', (error) => reject(error instanceof WeirError ? error : new Cut(error)));
    asking.end();
    return promise;
  }

  #refusal({ statusCode = 0, headers }: IncomingMessage): Error | undefined {
    if ((statusCode >= 200 && statusCode < 300) || statusCode === 404 || statusCode === 416) return undefined;
    const later = Number(headers['retry-after']);
    // 409: its catalogue has not read yet that the segment is closed.
    if (statusCode === 409 || statusCode === 429 || statusCode >= 500)
      return new Cut(
        new Error(`HTTP ${statusCode}`),
        Number.isFinite(later) ? Math.min(later * 1000, LONGEST_WAIT_MS) : undefined,
      );
    const why: Readonly<Record<number, string>> = {
      401: 'the token is not known there, or has ended. Make one on the page of the appliance (scopes summaries and captures)',
      403: 'the token lacks a scope, or nobody has claimed the appliance yet. A token for `weir pull` has the scopes summaries and captures',
      421: 'the appliance does not know itself under that name. Use its address, or add the name to http.allowed_hosts',
    };
    const message = `${this.host.key}: refused (HTTP ${statusCode}): ${why[statusCode] ?? 'it does not serve that; is its version older than this one'}. Nothing more was fetched from it.`;
    return new WeirError('REQUEST_INVALID', message);
  }

  async *#body(answer: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const part of answer as AsyncIterable<Buffer>) {
        this.cost.bytes += part.length;
        yield part;
        const ms = this.#settings.bandwidth.take(part.length);
        if (ms > 0) await sleep(ms, this.#settings.signal);
      }
    } catch (thrown) {
      // What the taker of a piece throws does not come this way.
      throw new Cut(toError(thrown));
    }
    if (!answer.complete) throw new Cut(new Error('cut in the middle of an answer'));
  }

  #connect(done: (error: Error | null, socket?: Socket) => void): void {
    const { host, port } = this.host;
    // The certificate is its own: no authority is asked, the public key is compared instead.
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const fail = (error: Error) => {
      socket.destroy();
      done(error);
    };
    const closed = () => fail(new Error('closed before TLS was there'));
    socket.setTimeout(STILL_MS, () => socket.destroy(new Error(`no TLS within ${STILL_MS / 1000} s`)));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      socket.off('error', fail);
      socket.off('close', closed);
      socket.setTimeout(0);
      try {
        const certificate = socket.getPeerX509Certificate();
        if (certificate === undefined) throw new Error('the other side showed no certificate');
        this.#settings.pin(publicKeyFingerprint(certificate.publicKey).toString('hex'));
        done(null, socket);
      } catch (thrown) {
        fail(toError(thrown));
      }
    });
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(toError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
