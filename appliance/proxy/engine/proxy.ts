// The proxy's one listener, on loopback: apps that are configured for it (CONNECT) and connections that the firewall leads here, whose local
// address is then the server's own (TPROXY). The first bytes decide. Content goes to the recorder, and nowhere else.

import { createServer, type Server, type Socket } from 'node:net';
import { ja4 } from '../../decode/protocols/tls-fingerprint.ts';
import type { ClientHello } from '../../decode/protocols/tls-hello.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { foldHostName, splitAuthority } from '../../model/host-name.ts';
import { printable } from '../../model/text.ts';
import type { Attempt, Outcome, Round } from '../record/attempt.ts';
import {
  askServer,
  type Identities,
  type Intercepted,
  intercept,
  isTlsRefusal,
  refusal,
  type ServerTrust,
} from './interception.ts';
import { type Opening, readOpening } from './opening.ts';
import { Passes } from './passes.ts';
import type { Destinations } from './reach.ts';
import { IDLE_MS, join, openSocket, resolveTarget, type Taps, type Target } from './sockets.ts';
import { highestVersion } from './tls-words.ts';

/** Connections at once; further ones are closed as they come, and counted as not kept. */
const MAX_CONNECTIONS = 256;
const OPENING_MS = 10_000;
/** Then the server is to speak first: what is led here waits less than a person notices. */
const SILENCE_MS = 1500;

/** Where everything goes that was seen. */
export interface Recorder {
  attempt(attempt: Attempt): void;
  /** A connection that was closed before anything was known of it. */
  missed(): void;
  secret(line: string): void;
  /** Content of one connection. */
  taps(ends: Ends): Taps;
}

export interface Ends {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
}

export interface ProxyParts {
  readonly identities: Identities;
  readonly trust: ServerTrust;
  readonly destinations: Destinations;
  readonly recorder: Recorder;
  /** Answers what is asked of the proxy itself, or of plain HTTP through it. */
  readonly http: (socket: Socket) => void;
  /** MAC of the device that the firewall leads here; null: each client is its own address. */
  readonly device: string | null;
  /** The appliance's own address on the captured side, where the page for the phone is asked for. */
  readonly ownAddress: string | null;
}

export interface Activity {
  app: string;
  round: Round;
}

/** Who came, and what the tester said was going on then. */
interface Visit extends Activity {
  readonly socket: Socket;
  readonly client: string;
  readonly clientPort: number;
  readonly began: number;
}

type Ending = Intercepted & { readonly hello: ClientHello | undefined };

export class AppProxy {
  /** What the tester says is going on: set while it runs. */
  readonly activity: Activity;
  readonly passes = new Passes();
  readonly #parts: ProxyParts;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(parts: ProxyParts, activity: Activity) {
    this.#parts = parts;
    this.activity = activity;
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => void this.#take(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => parts.recorder.missed());
  }

  get open(): number {
    return this.#open.size;
  }

  /** `fd`: a socket that somebody else opened with IP_TRANSPARENT. @throws WeirError PORT_IN_USE */
  start(where: { readonly fd: number } | { readonly host: string; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(where, error)));
      this.#server.listen(where, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
      });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  async #take(socket: Socket): Promise<void> {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    // The reader of the socket listens itself; between two of them nobody does.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    const client = plainAddress(socket.remoteAddress);
    const visit: Visit = { socket, client, clientPort: socket.remotePort ?? 0, began: Date.now(), ...this.activity };
    const led = this.#destination(socket);
    const opening = await readOpening(socket, led === undefined ? OPENING_MS : SILENCE_MS);
    if (opening.kind === 'gone') return void socket.destroy();
    if (led !== undefined) return this.#serve(visit, led, opening);
    if (opening.kind === 'connect') return this.#connect(visit, opening);
    if (opening.kind === 'request') return this.#parts.http(socket);
    socket.destroy();
  }

  /** Of a connection that the firewall led here. Undefined where the app asked the proxy itself. */
  #destination(socket: Socket): Target | undefined {
    const { ownAddress, device } = this.#parts;
    const address = plainAddress(socket.localAddress);
    if (device === null || address === ownAddress) return undefined;
    return { name: address, address, port: socket.localPort ?? 0 };
  }

  async #connect(visit: Visit, { authority, headBytes }: Opening & { kind: 'connect' }): Promise<void> {
    const { socket } = visit;
    const { host, port } = splitAuthority(authority);
    const name = foldHostName(host.replace(/^\[|\]$/g, ''));
    const number = Number(port.slice(1) || 443);
    socket.read(headBytes);
    try {
      const target = await resolveTarget(name, number, this.#parts.destinations);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const opening = await readOpening(socket, SILENCE_MS);
      if (opening.kind === 'gone') return void socket.destroy();
      await this.#serve(visit, target, opening);
    } catch (thrown) {
      const reason = printable(toError(thrown).message, 200);
      socket.end(`HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${reason}\n`);
      this.#note(visit, { name, address: '', port: number }, ended('unreachable', reason));
    }
  }

  async #serve(visit: Visit, target: Target, opening: Opening): Promise<void> {
    const { socket } = visit;
    const key = this.#key(visit, target, opening);
    try {
      const ending =
        opening.kind === 'tls'
          ? await this.#tls(visit, target, opening.hello, this.passes.isPassed(key, Date.now()))
          : await this.#pass(socket, target, 'not_tls', '', undefined);
      this.passes.learn(key, ending.outcome, Date.now());
      this.#note(visit, target, ending);
    } catch (thrown) {
      socket.destroy();
      const hello = opening.kind === 'tls' ? opening.hello : undefined;
      this.#note(visit, target, ended('unreachable', printable(toError(thrown).message, 200), hello));
    }
  }

  async #tls(
    { socket, client, clientPort }: Visit,
    target: Target,
    hello: ClientHello,
    isPassed: boolean,
  ): Promise<Ending> {
    if (isPassed) return this.#pass(socket, target, 'passed', 'refused before', hello);
    const { trust, identities, recorder } = this.#parts;
    const server = await askServer(target, hello, trust).catch((thrown: unknown) => {
      if (!isTlsRefusal(thrown)) throw thrown;
      return refusal(thrown);
    });
    // The app has had no answer yet: it may still speak with the server itself.
    if (typeof server === 'string') return this.#pass(socket, target, 'server', server, hello);
    const ends = { client, clientPort, server: target.address, serverPort: target.port };
    const records = { taps: () => recorder.taps(ends), secret: (line: string) => recorder.secret(line) };
    return { ...(await intercept({ socket, target, hello }, server, identities, records)), hello };
  }

  async #pass(
    socket: Socket,
    target: Target,
    outcome: Outcome,
    detail: string,
    hello: ClientHello | undefined,
  ): Promise<Ending> {
    const server = await openSocket(target);
    const { up, down } = await join(socket, server);
    return { ...ended(outcome, detail, hello), up, down };
  }

  /** One program of one app toward one host: what another library of the same app does there is its own affair. */
  #key(visit: Visit, target: Target, opening: Opening): string {
    const hello = opening.kind === 'tls' ? opening.hello : undefined;
    const host = hello?.serverName ?? target.name;
    return JSON.stringify([this.#device(visit), visit.app, visit.round, host, target.port, fingerprint(hello)]);
  }

  #device({ client }: Visit): string {
    return this.#parts.device ?? client;
  }

  #note(visit: Visit, target: Target, ending: Ending): void {
    const { hello } = ending;
    this.#parts.recorder.attempt({
      ts: new Date(visit.began).toISOString(),
      seconds: (Date.now() - visit.began) / 1000,
      device: this.#device(visit),
      app: visit.app,
      round: visit.round,
      host: foldHostName(printable(hello?.serverName ?? target.name, 253)),
      has_sni: hello?.serverName !== undefined,
      address: target.address,
      port: target.port,
      tls: ending.tls,
      alpn: printable(ending.alpn, 32),
      ja4: fingerprint(hello),
      outcome: ending.outcome,
      detail: ending.detail,
      server_verified: ending.serverVerified,
      bytes_up: ending.up,
      bytes_down: ending.down,
      client: `${visit.client}:${visit.clientPort}`,
    });
  }
}

/** IPv4 comes mapped to a socket that takes both (RFC 4291 §2.5.5.2). */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}

function fingerprint(hello: ClientHello | undefined): string {
  return hello === undefined ? '' : (ja4(hello, 'tcp') ?? '');
}

function ended(outcome: Outcome, detail: string, hello?: ClientHello): Ending {
  const tls = hello === undefined ? '' : highestVersion(hello);
  return { outcome, detail, tls, alpn: '', serverVerified: null, up: 0, down: 0, hello };
}

function notListening(where: object, error: NodeJS.ErrnoException): WeirError {
  const place = 'port' in where ? `port ${String(where.port)}` : 'the socket that was handed over';
  return new WeirError('PORT_IN_USE', `${place}: the proxy cannot listen (${error.message}); nothing was started.`);
}
