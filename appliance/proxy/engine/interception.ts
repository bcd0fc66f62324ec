// One TLS connection taken apart in the middle: first the server is asked what it speaks, then the app is answered the same under the
// proxy's certificate. Both ends agree on one protocol, so that bytes pass unread: HTTP/1, HTTP/2, WebSocket and MQTT alike.

import { isIP, type Socket } from 'node:net';
import { connect, createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { ClientHello } from '../../decode/protocols/tls-hello.ts';
import { toError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { Outcome } from '../record/attempt.ts';
import type { Leaves } from './authority.ts';
import { type Exchange, IDLE_MS, join, openSocket, type Taps, type Target } from './sockets.ts';
import { ANY_TLS, handshakeFailure, highestVersion } from './tls-words.ts';

const HANDSHAKE_MS = 15_000;
/** Names taken over from the server's certificate into the one that imitates it; further ones are left out. */
const MAX_NAMES = 64;

export interface Identities {
  /** Signed by the authority that the phone was given. */
  readonly trusted: Leaves;
  /** Signed by nobody's authority, for servers whose own certificate does not hold: the app must be able to refuse it as it would theirs. */
  readonly unknown: Leaves;
}

export interface Intercepted {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly tls: string;
  readonly alpn: string;
  readonly serverVerified: boolean | null;
  readonly up: number;
  readonly down: number;
}

interface Server {
  readonly socket: TLSSocket;
  readonly alpn: string;
  /** Empty where its certificate holds. */
  readonly problem: string;
  /** Somebody whom people trust signed it, whatever the name in it. */
  readonly isVouchedFor: boolean;
  readonly names: readonly string[];
}

/** What the server is asked with; `certificates`: PEM of authorities next to the usual ones. */
export interface ServerTrust {
  readonly certificates: readonly string[] | undefined;
}

/** The server's answer to the app's own wishes. @throws Error where it refuses them, or does not answer. */
export async function askServer(target: Target, hello: ClientHello, trust: ServerTrust): Promise<Server> {
  const raw = await openSocket(target);
  const name = hello.serverName ?? (target.name === target.address ? '' : target.name);
  const options = {
    ...ANY_TLS,
    socket: raw,
    maxVersion: highestVersion(hello),
    rejectUnauthorized: false,
    ALPNProtocols: [...hello.alpn],
    // Where nobody said a name, the chain alone is judged.
    ...(name === '' ? { checkServerIdentity: () => undefined } : { host: name }),
    ...(hello.serverName === undefined || isIP(hello.serverName) !== 0 ? {} : { servername: hello.serverName }),
    ...(trust.certificates === undefined ? {} : { ca: [...trust.certificates] }),
  };
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const timer = setTimeout(() => socket.destroy(new Error('its handshake did not end within 15 s')), HANDSHAKE_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      raw.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.pause();
      const problem = socket.authorized ? '' : errorWord(socket.authorizationError);
      const alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : '';
      const isVouchedFor = problem === '' || problem === 'ERR_TLS_CERT_ALTNAME_INVALID';
      resolve({ socket, alpn, problem, isVouchedFor, names: namesOf(socket.getPeerCertificate()) });
    });
  });
}

/** `DNS:a, IP Address:192.0.2.1` as Node writes them. */
function namesOf({ subjectaltname = '' }: PeerCertificate): readonly string[] {
  const found = [...subjectaltname.matchAll(/(?:DNS|IP Address):([A-Za-z0-9*._:-]+)/g)];
  return found.slice(0, MAX_NAMES).map((match) => match[1] ?? '');
}

export interface AppSide {
  readonly socket: Socket;
  readonly target: Target;
  readonly hello: ClientHello;
}

export interface Recorders {
  /** Called when the app's handshake is complete. */
  readonly taps: (alpn: string) => Taps;
  /** A line of NSS's key log format. */
  readonly secret: (line: string) => void;
}

/** Ends when both ends are closed; throws nothing. */
export function intercept(
  app: AppSide,
  server: Server,
  identities: Identities,
  record: Recorders,
): Promise<Intercepted> {
  const leaves = server.isVouchedFor ? identities.trusted : identities.unknown;
  const { hello } = app;
  const offered = highestVersion(hello);
  const known = { alpn: server.alpn, serverVerified: server.problem === '', up: 0, down: 0 };
  return new Promise((resolve) => {
    const tls = createServer({
      ...ANY_TLS,
      key: leaves.key,
      cert: leaves.certificateFor(leafNames(app, server)),
      handshakeTimeout: HANDSHAKE_MS,
      ...(server.alpn === '' ? {} : { ALPNProtocols: [server.alpn] }),
    });
    // With TLS 1.3 a server misses a client certificate when its own handshake is already complete (RFC 8446 §4.4.2.4).
    server.socket.on('error', (error) => {
      app.socket.destroy();
      resolve({ ...known, outcome: 'server', detail: refusal(error), tls: offered });
    });
    tls.on('keylog', (line) => record.secret(line.toString('latin1')));
    tls.once('tlsClientError', (error) => {
      server.socket.destroy();
      app.socket.destroy();
      resolve({ ...known, ...handshakeFailure(error), tls: offered });
    });
    tls.once('secureConnection', (socket) => {
      server.socket.removeAllListeners('error');
      socket.setTimeout(IDLE_MS, () => socket.destroy());
      void join(socket, server.socket, record.taps(server.alpn)).then((exchange) =>
        resolve({
          ...known,
          ...judge(exchange, server.problem),
          tls: socket.getProtocol() ?? offered,
          ...counts(exchange),
        }),
      );
    });
    tls.emit('connection', app.socket);
  });
}

/** A server whose certificate is for other names is shown to the app with those alone. */
function leafNames({ hello, target }: AppSide, { problem, names }: Server): readonly string[] {
  if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') return names;
  return [hello.serverName ?? target.name, ...names, target.address];
}

/** Node types it as an Error and gives a word, or an error that has one. */
function errorWord(error: unknown): string {
  return typeof error === 'string' ? error : ((error as NodeJS.ErrnoException | null)?.code ?? String(error));
}

function counts({ up, down }: Exchange): { readonly up: number; readonly down: number } {
  return { up, down };
}

/** Clients that compare keys by themselves do it after the handshake, and go away without a word. */
function judge(
  { up, down, endedBy, appError, serverError }: Exchange,
  problem: string,
): { outcome: Outcome; detail: string } {
  if (down === 0 && serverError !== undefined && isTlsRefusal(serverError))
    return { outcome: 'server', detail: refusal(serverError) };
  if (up > 0) return { outcome: 'accepted', detail: problem === '' ? '' : `the server's own certificate: ${problem}` };
  const failure = appError === undefined ? undefined : handshakeFailure(appError);
  if (failure?.outcome === 'refused') return failure;
  if (endedBy === 'app') return { outcome: 'closed', detail: 'went away after the handshake, without a byte' };
  return { outcome: 'silent', detail: 'the server ended it before the app said anything' };
}

/** Whether an error of the server's side came out of TLS: then it speaks, and refuses the proxy. */
export function isTlsRefusal(thrown: unknown): boolean {
  const code = (toError(thrown) as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('ERR_SSL_') || code === 'ECONNRESET';
}

/** One line, in OpenSSL's words where it has some (`tlsv13 alert certificate required`). */
export function refusal(thrown: unknown): string {
  const { reason, message } = toError(thrown) as Error & { reason?: string };
  return printable(reason ?? message.split('\n', 1)[0] ?? '', 200);
}
