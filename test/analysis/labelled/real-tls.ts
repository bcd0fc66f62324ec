// A real TLS session between two ends of Node's own stack in one process, and the bytes that each of them wrote. With a
// pre-shared key (RFC 4279), so that no certificate is needed; TLS 1.2.

import { Duplex } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { Packet } from './stats-of.ts';

/** One end of a wire; what is written to it comes out at the other end. */
class End extends Duplex {
  readonly #reported: (bytes: Buffer) => void;
  other: End | undefined;

  constructor(reported: (bytes: Buffer) => void) {
    super();
    this.#reported = reported;
  }

  override _read(): void {
    // Pushed when the other end writes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#reported(Buffer.from(chunk));
    this.other?.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }
}

const KEY = Buffer.from('6b65792d6f662d7468652d74657374', 'hex');

/** Sends `messages` from client to server, each answered by as many zero bytes. */
export async function realTls(messages: readonly Uint8Array[]): Promise<Packet[]> {
  const packets: Packet[] = [];
  const near = new End((bytes) => packets.push({ from: 'a', bytes }));
  const far = new End((bytes) => packets.push({ from: 'b', bytes }));
  near.other = far;
  far.other = near;
  const common = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;
  const server = createServer({ ...common, pskCallback: () => KEY }, (socket) => {
    socket.on('data', (bytes: Buffer) => socket.write(Buffer.alloc(bytes.length)));
    socket.on('error', () => undefined);
  });
  server.emit('connection', far);
  const client = connect({
    socket: near,
    ...common,
    pskCallback: () => ({ psk: KEY, identity: 'test' }),
    checkServerIdentity: () => undefined,
  });
  await new Promise<void>((resolve, reject) => {
    client.once('secureConnect', resolve);
    client.once('error', reject);
  });
  for (const message of messages) await exchange(client, message);
  client.destroy();
  return packets;
}

async function exchange(client: TLSSocket, message: Uint8Array): Promise<void> {
  let missing = message.length;
  const answered = new Promise<void>((resolve) => {
    const take = (bytes: Buffer): void => {
      missing -= bytes.length;
      if (missing > 0) return;
      client.off('data', take);
      resolve();
    };
    client.on('data', take);
  });
  client.write(message);
  await answered;
}
