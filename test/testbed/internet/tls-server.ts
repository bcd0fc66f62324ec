// TLS of every cloud. The protocol inside is the testbed's own and invisible: a client says how many bytes it wants back.
import { once } from 'node:events';
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls';
import { EXCHANGE_HEADER_BYTES, readExchange } from '../exchange.ts';
import { SeededRandom } from '../seeded-random.ts';
import type { Authority } from '../wire/certificate.ts';

/** 443 for all, 5228 for the phone's push channel, 56700 for the bulb's broker. */
const PORTS = [443, 5228, 56_700] as const;
const ALPN = ['h2', 'http/1.1', 'x-amzn-mqtt-ca'];

/** Makes one certificate per name, at the first hello that asks for it. */
class Certificates {
  readonly #authority: Authority;
  readonly #contexts = new Map<string, SecureContext>();

  constructor(authority: Authority) {
    this.#authority = authority;
  }

  contextFor(name: string): SecureContext {
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const identity = this.#authority.issue(name);
    const context = createSecureContext({ key: identity.keyPem, cert: identity.certificatePem });
    this.#contexts.set(name, context);
    return context;
  }
}

/** Answers each whole request on this connection with the bytes that it asks for. */
function serve(socket: TLSSocket, random: SeededRandom): void {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const exchange = readExchange(waiting);
      if (exchange === undefined || waiting.length < exchange.requestBytes) return;
      waiting = waiting.subarray(Math.max(exchange.requestBytes, EXCHANGE_HEADER_BYTES));
      socket.write(random.bytes(exchange.replyBytes));
    }
  });
}

export async function startTlsServers(authority: Authority, seed: number): Promise<void> {
  const certificates = new Certificates(authority);
  const fallback = authority.issue('unnamed.invalid');
  const options = {
    key: fallback.keyPem,
    cert: fallback.certificatePem,
    ALPNProtocols: ALPN,
    minVersion: 'TLSv1.2' as const,
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void): void =>
      done(null, certificates.contextFor(name)),
  };
  for (const port of PORTS) {
    const server = createServer(options, (socket) => serve(socket, new SeededRandom(seed, 'cloud', port)));
    server.on('tlsClientError', (_, socket) => socket.destroy());
    server.listen(port, '0.0.0.0');
    await once(server, 'listening');
  }
}
