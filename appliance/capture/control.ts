// The Unix socket `run/capture.sock`: one JSON request a line, one JSON answer a line. The file's permission is the credential.
// Nothing in capture waits for a client, and a client that does not read is dropped.

import fs from 'node:fs';
import net from 'node:net';
import type { CaptureRequest } from '../model/capture-status.ts';
import { toError, WeirError } from '../model/errors.ts';
import { lineSplitter } from './line-splitter.ts';
import { parseRequest } from './request.ts';

const MAX_CLIENTS = 32;
const MAX_REQUEST_CHARACTERS = 8192;
/** Beyond so many unread bytes a client is gone. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** sun_path of unix(7), with its final zero. */
const MAX_PATH_BYTES = 107;

export type Answerer = (request: CaptureRequest) => unknown;

export class ControlSocket {
  readonly #path: string;
  readonly #answer: Answerer;
  readonly #clients = new Set<net.Socket>();
  #server: net.Server | null = null;

  constructor(path: string, answer: Answerer) {
    this.#path = path;
    this.#answer = answer;
  }

  /** The caller owns the data folder, so a socket that is there is a dead one. */
  async start(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES) {
      const message = `The socket path ${this.#path} is longer than ${MAX_PATH_BYTES} bytes. Choose a shorter data folder.`;
      throw new WeirError('DATA_UNWRITABLE', message);
    }
    fs.rmSync(this.#path, { force: true });
    const server = net.createServer((client) => this.#serve(client));
    server.maxConnections = MAX_CLIENTS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#path, resolve);
    });
    fs.chmodSync(this.#path, 0o660);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    for (const client of this.#clients) client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    fs.rmSync(this.#path, { force: true });
  }

  #serve(client: net.Socket): void {
    this.#clients.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => this.#clients.delete(client));
    client.setEncoding('utf8').on(
      'data',
      lineSplitter(MAX_REQUEST_CHARACTERS, (line) => void this.#reply(client, line)),
    );
  }

  async #reply(client: net.Socket, line: string): Promise<void> {
    const { id, answer } = await this.#handle(line);
    if (client.destroyed) return;
    client.write(`${JSON.stringify({ id, ...answer })}\n`);
    if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
  }

  async #handle(line: string): Promise<{ id: unknown; answer: object }> {
    let id: unknown = null;
    try {
      const parsed = parseRequest(line);
      id = parsed.id;
      return { id, answer: { ok: true, data: await this.#answer(parsed.request) } };
    } catch (thrown) {
      const error = toError(thrown);
      const code = error instanceof WeirError ? error.code : 'REQUEST_INVALID';
      return { id, answer: { ok: false, code, error: error.message } };
    }
  }
}
