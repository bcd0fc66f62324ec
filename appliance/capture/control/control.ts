// The Unix socket `run/capture.sock`: one JSON request a line, one JSON answer a line. The file's permission is the credential.
// Nothing in capture waits for a client, and a client that does not read is dropped.

import { chmodSync } from 'node:fs';
import net from 'node:net';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { lineSplitter } from '../engines/line-splitter.ts';
import { setAside } from '../storage/run-folder.ts';
import { parseRequest } from './request.ts';

/** One more, and the oldest goes: a client that keeps connections open cannot lock others out. */
const MAX_CLIENTS = 32;
/** Characters of a request, which is one line; a longer one is cut, and what is left is read. */
const MAX_REQUEST_CHARACTERS = 8192;
/** Beyond so many unread bytes a client is gone. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** sun_path of unix(7), with its final zero. */
const MAX_PATH_BYTES = 107;

/** `client` is the same object for all requests of a connection. */
export type Answerer = (request: CaptureRequest, client: object) => unknown;

export class ControlSocket {
  readonly #path: string;
  readonly #mode: number;
  readonly #answer: Answerer;
  readonly #gone: (client: object) => void;
  readonly #clients = new Set<net.Socket>();
  #server: net.Server | null = null;

  /** `gone` hears of each connection's end. */
  constructor(path: string, answer: Answerer, gone: (client: object) => void = () => undefined, mode = 0o660) {
    this.#path = path;
    this.#mode = mode;
    this.#answer = answer;
    this.#gone = gone;
  }

  /** The caller owns the run folder, so whatever is there is dead. */
  async start(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES) {
      const message = `The socket path ${this.#path} is longer than ${MAX_PATH_BYTES} bytes. Choose a shorter data folder.`;
      throw new WeirError('DATA_UNWRITABLE', message);
    }
    setAside(this.#path);
    const server = net.createServer((client) => this.#serve(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#path, resolve);
    });
    chmodSync(this.#path, this.#mode);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    for (const client of this.#clients) client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    setAside(this.#path);
  }

  #serve(client: net.Socket): void {
    const [oldest] = this.#clients;
    if (oldest !== undefined && this.#clients.size >= MAX_CLIENTS) this.#forget(oldest);
    this.#clients.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => this.#forget(client));
    client.setEncoding('utf8').on(
      'data',
      lineSplitter(MAX_REQUEST_CHARACTERS, (line) => void this.#reply(client, line)),
    );
  }

  #forget(client: net.Socket): void {
    if (!this.#clients.delete(client)) return;
    client.destroy();
    this.#gone(client);
  }

  async #reply(client: net.Socket, line: string): Promise<void> {
    const { id, answer } = await this.#handle(line, client);
    if (client.destroyed) return;
    client.write(`${JSON.stringify({ id, ...answer })}\n`);
    if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
  }

  async #handle(line: string, client: net.Socket): Promise<{ id: unknown; answer: object }> {
    let id: unknown = null;
    try {
      const parsed = parseRequest(line);
      id = parsed.id;
      return { id, answer: { ok: true, data: await this.#answer(parsed.request, client) } };
    } catch (thrown) {
      const error = toError(thrown);
      const code = error instanceof WeirError ? error.code : 'REQUEST_INVALID';
      return { id, answer: { ok: false, code, error: error.message } };
    }
  }
}
