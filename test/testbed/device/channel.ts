// A TLS connection to a cloud that stays open between messages, as keep-alives need it, and is opened again when lost or
// used up, so that a capture that starts late sees its handshake too.
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { encodeExchange } from '../exchange.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { resolve, within } from './net.ts';

export interface ChannelOptions {
  readonly host: string;
  readonly port?: number;
  readonly authority: string;
  readonly newest?: 'TLSv1.2' | 'TLSv1.3';
  readonly alpn?: readonly string[];
  /** Messages on one connection before it is closed. */
  readonly messages: number;
}

export class Channel {
  readonly #options: ChannelOptions;
  #socket: TLSSocket | undefined;
  #said = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Sends `upBytes` of filling and waits for exactly `downBytes`. */
  async exchange(random: SeededRandom, upBytes: number, downBytes: number): Promise<void> {
    await this.say(random.bytes(upBytes), downBytes);
  }

  async say(message: Buffer, downBytes: number): Promise<void> {
    const socket = await this.#open();
    const reply = within(received(socket, downBytes), `no reply from ${this.#options.host}`);
    socket.write(encodeExchange(message, downBytes));
    await reply;
    this.#said++;
    if (this.#said >= this.#options.messages) await this.#close();
  }

  async #close(): Promise<void> {
    this.#said = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined || socket.destroyed) return;
    const closed = once(socket, 'close');
    socket.end();
    await within(closed, `${this.#options.host} does not close`);
  }

  async #open(): Promise<TLSSocket> {
    if (this.#socket !== undefined && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    const { host, port = 443, authority, newest = 'TLSv1.3', alpn } = this.#options;
    const address = await resolve(host);
    const names = alpn === undefined ? {} : { ALPNProtocols: [...alpn] };
    const socket = connect({ host: address, port, servername: host, ca: authority, maxVersion: newest, ...names });
    socket.setNoDelay(true);
    await within(once(socket, 'secureConnect'), `no TLS with ${host}`);
    socket.on('error', () => socket.destroy());
    this.#socket = socket;
    return socket;
  }
}

function received(socket: TLSSocket, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = bytes;
    const done = (error?: Error): void => {
      socket.off('data', onData).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer): void => {
      missing -= chunk.length;
      if (missing <= 0) done();
    };
    const onClose = (): void => done(new Error('the cloud closed the connection'));
    socket.on('data', onData).on('close', onClose);
  });
}
