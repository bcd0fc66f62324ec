// How the tester speaks with a running proxy: a Unix socket in its folder, one JSON object a line. Anyone who may open the folder may ask.

import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { toError, WeirError } from '../model/errors.ts';
import { expectOnly } from '../model/expected-error.ts';
import { ROUNDS, type Round } from './record/attempt.ts';

const SOCKET = 'proxy.sock';
/** A request is one short line. */
const MAX_BYTES = 64 * 1024;
const ANSWER_MS = 5000;

export type ProxyRequest =
  | { readonly verb: 'status' }
  | { readonly verb: 'app'; readonly app: string }
  | { readonly verb: 'round'; readonly round: Round }
  | { readonly verb: 'retest' };

export interface ProxyStatus {
  readonly schema: 'weir.proxy/1';
  readonly pid: number;
  readonly since: string;
  readonly port: number;
  /** MAC; null if apps are configured by hand. */
  readonly device: string | null;
  readonly app: string;
  readonly round: Round;
  readonly open: number;
  readonly attempts: number;
  readonly attempts_not_kept: number;
  readonly folder: string;
}

export async function listenForOrders(
  folder: string,
  carryOut: (request: ProxyRequest) => ProxyStatus,
): Promise<Server> {
  const path = join(folder, SOCKET);
  rmSync(path, { force: true });
  const server = createServer((socket) => answerLine(socket, carryOut));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new WeirError(
          'DATA_UNWRITABLE',
          `${path}: ${error.message}; nothing was started. Name another folder with --dir.`,
        ),
      ),
    );
    server.listen(path, resolve);
  });
  chmodSync(path, 0o660);
  return server;
}

/** @throws WeirError ALREADY_RUNNING */
export async function refuseSecond(folder: string): Promise<void> {
  const running = await askProxy(folder, { verb: 'status' }).catch((thrown: unknown) => {
    expectOnly(thrown, 'looking for a second proxy', /PROXY_UNREACHABLE/);
    return undefined;
  });
  if (running === undefined) return;
  throw new WeirError(
    'ALREADY_RUNNING',
    `${folder}: a proxy runs there (process ${running.pid}); nothing was started.`,
  );
}

function answerLine(socket: Socket, carryOut: (request: ProxyRequest) => ProxyStatus): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: string) => {
    text += piece;
    if (text.length > MAX_BYTES) return void socket.destroy();
    const end = text.indexOf('\n');
    if (end === -1) return;
    socket.end(`${JSON.stringify(answerTo(text.slice(0, end), carryOut))}\n`);
  });
}

function answerTo(line: string, carryOut: (request: ProxyRequest) => ProxyStatus): object {
  try {
    return { data: carryOut(JSON.parse(line) as ProxyRequest) };
  } catch (thrown) {
    return { error: toError(thrown).message };
  }
}

/** @throws WeirError PROXY_UNREACHABLE, REQUEST_INVALID */
export function askProxy(folder: string, request: ProxyRequest): Promise<ProxyStatus> {
  const path = join(folder, SOCKET);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    const fail = (reason: string) => {
      socket.destroy();
      const message = `${path}: no proxy answers (${reason}). Start it: weir proxy start`;
      reject(new WeirError('PROXY_UNREACHABLE', message));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => fail('no answer within 5 s'));
    socket.on('error', (error) => fail(error.message));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (piece: string) => (text += piece));
    socket.on('end', () => {
      try {
        const { data, error } = JSON.parse(text) as { data?: ProxyStatus; error?: string };
        if (data !== undefined) return resolve(data);
        reject(new WeirError('REQUEST_INVALID', error ?? 'the proxy refused'));
      } catch (thrown) {
        expectOnly(thrown, "reading the proxy's answer", SyntaxError);
        fail('its answer is no JSON');
      }
    });
  });
}

export function isRound(word: string): word is Round {
  return ROUNDS.some((round) => round === word);
}
