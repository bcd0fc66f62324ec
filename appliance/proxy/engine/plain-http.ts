// HTTP without TLS that an app sends through the proxy (RFC 9112 §3.2.2), and what is asked of the proxy itself. Nothing of it is
// recorded: the other capture has it in the clear.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { toError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { Destinations } from './reach.ts';
import { resolveTarget } from './sockets.ts';

/** RFC 9110 §7.6.1: between two ends only. */
const HOP_FIELDS = ['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade'];
const HEADERS_MS = 10_000;

/** `own`: answers what is asked of the proxy itself. */
export function plainHttp(
  destinations: Destinations,
  own: (asked: IncomingMessage, answer: ServerResponse) => void,
): (socket: Socket) => void {
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: 0 }, (asked, answer) => {
    if (/^http:\/\//i.test(asked.url ?? '')) void forward(asked, answer, destinations);
    else own(asked, answer);
  });
  server.on('upgrade', (_asked, socket) => socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n'));
  return (socket) => {
    server.emit('connection', socket);
    process.nextTick(() => socket.resume());
  };
}

async function forward(asked: IncomingMessage, answer: ServerResponse, destinations: Destinations): Promise<void> {
  try {
    const url = new URL(asked.url ?? '');
    const { address, port } = await resolveTarget(
      url.hostname.replace(/^\[|\]$/g, ''),
      Number(url.port || 80),
      destinations,
    );
    const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !HOP_FIELDS.includes(name)));
    const onward = request({
      host: address,
      port,
      method: asked.method ?? 'GET',
      path: url.pathname + url.search,
      headers,
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
      response.on('error', () => answer.destroy());
    });
    onward.on('error', (error) => fail(answer, error));
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  } catch (thrown) {
    fail(answer, thrown);
  }
}

function fail(answer: ServerResponse, thrown: unknown): void {
  if (answer.headersSent) return void answer.destroy();
  answer.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' });
  answer.end(`${printable(toError(thrown).message, 200)}\n`);
}
