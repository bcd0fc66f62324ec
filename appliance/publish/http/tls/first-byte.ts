// One port, two protocols: a user who types the address without `https` gets an answer that leads there. The first byte distinguishes them: a
// TLS record begins with 22 (RFC 8446 §5.1), an HTTP request with a letter.

import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer } from 'node:tls';
import type { KeyAndCertificate } from './page-certificate.ts';

const HANDSHAKE_RECORD = 22;
const FIRST_BYTE_MS = 5000;

/** Both protocols end in `http`. Answers the TLS side: a new certificate is put into it. `admit`: whether there is room for a line. */
export function takeBothProtocols(
  http: HttpServer,
  pair: KeyAndCertificate,
  admit: (socket: Socket) => boolean,
): TlsServer {
  const answer = http.listeners('connection') as ((socket: Socket) => void)[];
  const serve = (socket: Socket) => {
    for (const listener of answer) listener.call(http, socket);
  };
  const tls = createServer({
    ...pair,
    minVersion: 'TLSv1.2',
    handshakeTimeout: FIRST_BYTE_MS,
    ALPNProtocols: ['http/1.1'],
  });
  tls.on('secureConnection', serve);
  // Scanners, browsers that do not trust us yet: no news.
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  http.removeAllListeners('connection');
  http.on('connection', (socket: Socket) => {
    if (!admit(socket)) return;
    firstByte(socket, (byte) => {
      // A TLS socket takes what was read already by itself.
      if (byte === HANDSHAKE_RECORD) return void tls.emit('connection', socket);
      serve(socket);
      process.nextTick(() => socket.resume());
    });
  });
  return tls;
}

function firstByte(socket: Socket, found: (byte: number) => void): void {
  const giveUp = () => socket.destroy();
  socket.setTimeout(FIRST_BYTE_MS, giveUp);
  socket.once('error', giveUp);
  socket.once('data', (data: Buffer) => {
    socket.pause();
    socket.setTimeout(0);
    socket.off('timeout', giveUp);
    socket.off('error', giveUp);
    socket.unshift(data);
    found(data[0] ?? 0);
  });
}
