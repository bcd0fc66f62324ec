// A conversation that starts in the clear and goes on in TLS (RFC 2595, RFC 3207, RFC 4217): called by the line protocols.

import { u16, u24 } from '../../../decode/octets.ts';
import { isTlsRecord } from '../../../decode/protocols/tls.ts';
import type { Facts, StreamView } from '../facts.ts';
import { readTlsStream } from './tls.ts';

const HANDSHAKE = 22;

/** Whether a record with a whole ClientHello or ServerHello, or with its first part, is at `at`. */
export function beginsTls(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 9 || bytes[at] !== HANDSHAKE || !isTlsRecord(bytes, at, end)) return false;
  const type = bytes[at + 5];
  const length = u24(bytes, at + 6);
  return (
    (type === 1 || type === 2) && length >= 38 && length < 16_384 && u16(bytes, at + 3) <= Math.max(length + 4, 16_384)
  );
}

export function startTls(view: StreamView, facts: Facts): void {
  view.memo['tls'] = true;
  view.peer['tls'] = true;
  facts.mark('upgraded:starttls');
}

/** Reads a clear start by `readClear`, which sets `view.used`, and TLS from where it was agreed on or is seen to begin. */
export function readUpgradable(view: StreamView, facts: Facts, service: string, readClear: () => void): void {
  facts.service(service, 'grammar');
  facts.mark(`clear:${service}`);
  if (view.memo['tls'] !== true && beginsTls(view.bytes, view.start, view.end)) startTls(view, facts);
  if (view.memo['tls'] !== true) readClear();
  if (view.memo['tls'] === true) readTlsStream(view, facts);
}
