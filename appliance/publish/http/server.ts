// Listens: the page on the management address, the same API on `run/appliance/appliance.sock` for the CLI of this machine.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import { buildDate } from '../../config/version.ts';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { APPLIANCE_SOCKET } from '../../model/files/run-files.ts';
import { makeApplication } from './application.ts';
import { Connections } from './connections.ts';
import type { App, RouteRoom } from './routing.ts';
import { takeBothProtocols } from './tls/first-byte.ts';
import { PageCertificate } from './tls/page-certificate.ts';

/** The clock may be set, names and files change; an hour is soon enough for all of it. */
const RENEWAL_MS = 3_600_000;

export interface HttpSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly allowedHosts: readonly string[];
  readonly dataDir: string;
  /** The operator's own, PEM; empty for one that Weir makes. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly report: (error: Error, url: string) => void;
}

type RoomOfServer = Omit<RouteRoom, 'local' | 'certificate'>;

export class HttpServer {
  readonly #settings: HttpSettings;
  readonly #room: RoomOfServer;
  readonly #certificate: PageCertificate;
  #renewal: NodeJS.Timeout | undefined;
  readonly #connections: Connections;
  #page: App | undefined;
  #local: App | undefined;
  #url = '';

  constructor(room: RoomOfServer, settings: HttpSettings) {
    this.#room = room;
    this.#connections = new Connections(() => room.refusals.lines++);
    this.#settings = settings;
    const hosts = [settings.host, ...settings.allowedHosts];
    this.#certificate = new PageCertificate({ ...settings, hosts, buildDate });
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
    const certificate = await this.#certificate.refresh();
    if (certificate === undefined) throw new TypeError('started twice');
    const room = { ...this.#room, certificate: () => this.#certificate.view() };
    this.#page = await makeApplication({ ...room, local: false }, settings);
    const tls = takeBothProtocols(this.#page.server, certificate, (socket) => this.#connections.admit(socket));
    this.#renewal = setInterval(() => void this.#renew(tls), RENEWAL_MS);
    this.#url = pageUrl(await listenOnPort(this.#page, this.#settings), this.#settings.host);
    this.#local = await makeApplication({ ...room, local: true }, settings);
    await listenOnSocket(this.#local, this.socketPath);
  }

  async stop(): Promise<void> {
    this.#room.events.stop();
    clearInterval(this.#renewal);
    await this.#local?.close();
    const closing = this.#page?.close();
    // Lines on which nothing was asked yet are known to nobody else.
    this.#connections.closeAll();
    await closing;
    rmSync(this.socketPath, { force: true });
  }

  /** What cannot be read now is tried again; until then the one of before goes on. */
  async #renew(tls: TlsServer): Promise<void> {
    try {
      const certificate = await this.#certificate.refresh();
      if (certificate !== undefined) tls.setSecureContext(certificate);
    } catch (thrown) {
      this.#settings.report(toError(thrown), 'the certificate of the page');
    }
  }

  #hostNames(): string[] {
    const name = hostname().toLowerCase();
    const configured = [this.#settings.host, ...this.#settings.allowedHosts].map((host) => host.toLowerCase());
    return [name, `${name}.local`, ...configured];
  }
}

const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];
const EVERY_ADDRESS = ['0.0.0.0', '::'];

/** `listening`: what the server says of itself, with the port that it took. */
function pageUrl(listening: string, host: string): string {
  if (LOOPBACK_HOSTS.includes(host)) return listening;
  const { port } = new URL(listening);
  const name = EVERY_ADDRESS.includes(host) ? `${hostname().toLowerCase()}.local` : host;
  return `https://${name.includes(':') ? `[${name}]` : name}:${port === '' ? '80' : port}`;
}

async function listenOnPort(app: App, { host: name, port }: HttpSettings): Promise<string> {
  // Under `localhost` fastify would open a second listener for ::1, which knows nothing of the limits on lines.
  const host = name === 'localhost' ? '127.0.0.1' : name;
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
