// What a connection begins with: a TLS hello, a request to the proxy itself, or something that is let through. Reads nothing that it
// does not put back.

import type { Socket } from 'node:net';
import { decodeHttp } from '../../decode/protocols/http.ts';
import { decodeTls } from '../../decode/protocols/tls.ts';
import type { ClientHello } from '../../decode/protocols/tls-hello.ts';

export type Opening =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  | { readonly kind: 'connect'; readonly authority: string; readonly headBytes: number }
  | { readonly kind: 'request'; readonly target: string; readonly host: string }
  | { readonly kind: 'other' }
  /** Nothing within the time: the server speaks first. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'gone' };

/** A hello with post-quantum shares takes 2 KiB; more than this is none. */
const MAX_BYTES = 32 * 1024;
const HANDSHAKE = 22;

/** The next bytes stay in the socket, which is paused. `silenceMs`: how long to wait for the first and for the last of them. */
export function readOpening(socket: Socket, silenceMs: number): Promise<Opening> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const settle = (opening: Opening) => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('close', gone);
      socket.off('end', gone);
      socket.pause();
      if (bytes.length > 0 && opening.kind !== 'gone') socket.unshift(bytes);
      resolve(opening);
    };
    const take = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const opening = openingOf(bytes);
      if (opening !== undefined) settle(opening);
    };
    const gone = () => settle({ kind: 'gone' });
    const timer = setTimeout(() => settle(bytes.length > 0 ? { kind: 'other' } : { kind: 'silence' }), silenceMs);
    socket.on('data', take);
    socket.on('close', gone);
    socket.on('end', gone);
    socket.resume();
  });
}

/** `undefined` while more bytes are needed. */
export function openingOf(bytes: Uint8Array): Opening | undefined {
  if (bytes.length === 0) return undefined;
  return bytes[0] === HANDSHAKE ? tlsOpening(bytes) : textOpening(bytes);
}

function tlsOpening(bytes: Uint8Array): Opening | undefined {
  const facts = decodeTls(bytes, 0, bytes.length);
  if (facts === undefined) return bytes.length < 5 ? undefined : { kind: 'other' };
  const hello = facts.clientHello;
  if (hello !== undefined && !facts.truncated) return { kind: 'tls', hello };
  return bytes.length < MAX_BYTES && facts.truncated ? undefined : { kind: 'other' };
}

function textOpening(bytes: Uint8Array): Opening | undefined {
  if (bytes.length < 8) return isLetter(bytes[0] ?? 0) ? undefined : { kind: 'other' };
  const head = decodeHttp(bytes, 0, bytes.length);
  if (head === undefined || head.kind !== 'request') return { kind: 'other' };
  if (head.truncated) return bytes.length < MAX_BYTES ? undefined : { kind: 'other' };
  const { method, target, headBytes } = head;
  if (method === 'CONNECT') return { kind: 'connect', authority: target, headBytes };
  return { kind: 'request', target, host: head.fields.find('host') ?? '' };
}

function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
