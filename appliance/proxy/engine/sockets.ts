// Connections between app, proxy and server: how they are opened, joined, and counted.

import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { Destinations } from './reach.ts';

const CONNECT_MS = 15_000;
/** A plug that keeps its connection may be silent for long; a dead one must not stay for ever. */
export const IDLE_MS = 2 * 3600 * 1000;

/** Where a connection goes: the address that the app chose itself, or a name that the proxy was asked for. */
export interface Target {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** @throws Error where the name is none, or leads to what is no Internet. */
export async function resolveTarget(name: string, port: number, allowed: Destinations): Promise<Target> {
  const address = isIP(name) !== 0 ? name : (await lookup(name)).address;
  if (!allowed.admits(address)) throw new Error(`${address} is no address of the Internet`);
  return { name, address, port };
}

export function openSocket({ address, port }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('no answer within 15 s')), CONNECT_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

export interface Exchange {
  readonly up: number;
  readonly down: number;
  readonly endedBy: 'app' | 'server';
  /** What a side ended with, where it was an error. */
  readonly appError: NodeJS.ErrnoException | undefined;
  readonly serverError: NodeJS.ErrnoException | undefined;
}

export interface Taps {
  readonly up: (bytes: Buffer) => void;
  readonly down: (bytes: Buffer) => void;
}

/** Joins both ends until both are closed. Bytes pass as they come; `taps` see them and cannot change them. */
export function join(app: Socket, server: Socket, taps?: Taps): Promise<Exchange> {
  return new Promise((resolve) => {
    let [up, down, open] = [0, 0, 2];
    let endedBy: 'app' | 'server' | undefined;
    const errors: { app?: NodeJS.ErrnoException; server?: NodeJS.ErrnoException } = {};
    app.on('data', (bytes: Buffer) => {
      up += bytes.length;
      taps?.up(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      down += bytes.length;
      taps?.down(bytes);
    });
    app.once('end', () => (endedBy ??= 'app'));
    server.once('end', () => (endedBy ??= 'server'));
    const failed = (end: 'app' | 'server', other: Socket) => (thrown: Error) => {
      endedBy ??= end;
      errors[end] ??= thrown;
      other.destroy();
    };
    app.on('error', failed('app', server));
    server.on('error', failed('server', app));
    const closed = (end: 'app' | 'server', other: Socket) => () => {
      endedBy ??= end;
      // What came last is still handed on; nothing more is waited for.
      other.destroySoon();
      if (--open === 0) resolve({ up, down, endedBy, appError: errors.app, serverError: errors.server });
    };
    app.once('close', closed('app', server));
    server.once('close', closed('server', app));
    app.pipe(server);
    server.pipe(app);
  });
}
