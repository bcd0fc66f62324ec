// A conversation that starts in the clear and goes on in TLS (RFC 2595, RFC 3207, RFC 4217): called by the line protocols.

import type { Facts, StreamView } from '../facts.ts';
import { beginsTls, readTlsStream } from './tls.ts';

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
