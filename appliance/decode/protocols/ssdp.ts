// SSDP (UPnP Device Architecture 1.1 §1): searches, announcements and answers on UDP 1900.
import { decodeTextHead, fieldValue } from './http.ts';

export interface SsdpFacts {
  readonly kind: 'search' | 'notify' | 'answer';
  /** `ST` of searches and answers, `NT` of announcements: what is looked for or offered. */
  readonly target: string | undefined;
  /** Operating system, UPnP version and product. */
  readonly server: string | undefined;
  readonly userAgent: string | undefined;
  readonly truncated: boolean;
}

const METHODS = new Set(['M-SEARCH', 'NOTIFY']);

/** `undefined` where the datagram is not SSDP. */
export function decodeSsdp(bytes: Uint8Array, start: number, end: number): SsdpFacts | undefined {
  const head = decodeTextHead(bytes, start, end, 'HTTP/', METHODS);
  if (head === undefined) return undefined;
  const value = (name: string): string | undefined => fieldValue(head, name);
  return {
    kind: head.kind === 'response' ? 'answer' : head.method === 'NOTIFY' ? 'notify' : 'search',
    target: value('st') ?? value('nt'),
    server: value('server'),
    userAgent: value('user-agent'),
    truncated: head.truncated,
  };
}
