// Listens: the page on the management address, the same API on `run/appliance/appliance.sock` for the CLI of this machine.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { APPLIANCE_SOCKET } from '../../model/run-files.ts';
import { makeApplication } from './application.ts';
import { Connections } from './connections.ts';
import type { App, RouteRoom } from './routing.ts';

export interface HttpSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly allowedHosts: readonly string[];
  readonly dataDir: string;
  readonly report: (error: Error, url: string) => void;
}

export class HttpServer {
  readonly #settings: HttpSettings;
  readonly #room: Omit<RouteRoom, 'local'>;
  readonly #connections = new Connections();
  #page: App | undefined;
  #local: App | undefined;
  #url = '';

  constructor(room: Omit<RouteRoom, 'local'>, settings: HttpSettings) {
    this.#room = room;
    this.#settings = settings;
  }

  /** Where the page is, once started. */
  get url(): string {
    return this.#url;
  }

  get socketPath(): string {
    return join(this.#settings.dataDir, APPLIANCE_SOCKET);
  }

  /** @throws WeirError PORT_IN_USE, ALREADY_RUNNING, DATA_UNWRITABLE. */
  async start(): Promise<void> {
    const proved = (socket: Socket) => this.#connections.prove(socket);
    const settings = { ...this.#settings, allowedHosts: this.#hostNames(), proved };
    this.#room.events.start();
    this.#page = await makeApplication({ ...this.#room, local: false }, settings);
    this.#page.server.prependListener('connection', (socket) => this.#connections.admit(socket));
    this.#url = await listenOnPort(this.#page, this.#settings);
    this.#local = await makeApplication({ ...this.#room, local: true }, settings);
    await listenOnSocket(this.#local, this.socketPath);
  }

  async stop(): Promise<void> {
    this.#room.events.stop();
    await this.#local?.close();
    await this.#page?.close();
    rmSync(this.socketPath, { force: true });
  }

  #hostNames(): string[] {
    const name = hostname().toLowerCase();
    const configured = [this.#settings.host, ...this.#settings.allowedHosts].map((host) => host.toLowerCase());
    return [name, `${name}.local`, ...configured];
  }
}

async function listenOnPort(app: App, { host, port }: HttpSettings): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'EADDRINUSE') {
      throw new WeirError(
        'PORT_IN_USE',
        `${host}:${port}: another program listens there; the page was not opened. Stop it or change http.port.`,
        { cause: thrown },
      );
    }
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
      throw new WeirError(
        'PORT_IN_USE',
        `${host}:${port}: cannot be listened on (${code}); the page was not opened. Check http.host and http.port.`,
        { cause: thrown },
      );
    }
    throw thrown;
  }
}

/** A socket that nobody answers on is left over from a crash and is replaced. */
async function listenOnSocket(app: App, path: string): Promise<void> {
  if (await answers(path)) {
    throw new WeirError(
      'ALREADY_RUNNING',
      `${path}: another appliance answers there; nothing was started. Stop it first.`,
    );
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    rmSync(path, { force: true });
    await app.listen({ path });
    chmodSync(path, 0o660);
  } catch (thrown) {
    throw new WeirError(
      'DATA_UNWRITABLE',
      `${path}: the local socket cannot be made (${toError(thrown).message}). Check the owner of the folder; the path must be shorter than 108 bytes.`,
      { cause: thrown },
    );
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
