// What is counted by protocol, one entry a table: the name under which an inspector counts, and where the document has it. The inspectors'
// names, the document's parts and their types are made from it, in this order.

import type { Counts } from './words.ts';

/** Part of the document, field of it; null for what is counted for another part's sake. Keys of the counts are texts from the wire. */
export const COUNTED_TABLES = {
  'dns.queries': ['dns', 'queries'],
  'dns.resolved': null,
  'dns.aliases': null,
  'dns.ech': null,
  'mdns.queries': ['dns', 'mdns'],
  'mdns.services': ['dns', 'mdns_services'],
  'llmnr.queries': ['dns', 'llmnr'],
  'nbns.names': ['dns', 'nbns'],
  // Of the handshakes over TCP, in DTLS and in QUIC.
  'tls.sni': ['tls', 'sni'],
  // What client and server agreed on, like the ciphers (IANA numbers in hexadecimal).
  'tls.versions': ['tls', 'versions'],
  'tls.ciphers': ['tls', 'ciphers'],
  // What clients offered.
  'tls.alpn': ['tls', 'alpn'],
  // Fingerprints of clients.
  'tls.ja3': ['tls', 'ja3'],
  'tls.ja4': ['tls', 'ja4'],
  // Hellos with an encrypted inner hello (ECH) or its imitation (GREASE), by the outer name.
  'tls.ech': ['tls', 'encrypted_hello'],
  'quic.sni': ['quic', 'sni'],
  'quic.versions': ['quic', 'versions'],
  'http.hosts': ['http', 'hosts'],
  'http.methods': ['http', 'methods'],
  // Method, host and path, what may identify somebody masked.
  'http.requests': ['http', 'requests'],
  'http.user_agents': ['http', 'user_agents'],
  'http.content_types': ['http', 'content_types'],
  // Names and topics with what identifies somebody masked.
  'mqtt.topics': ['mqtt', 'topics'],
  'mqtt.client_ids': ['mqtt', 'client_ids'],
  'mqtt.usernames': ['mqtt', 'usernames'],
  'coap.paths': ['coap', 'paths'],
  'rtsp.methods': ['rtsp', 'methods'],
  'tftp.files': ['tftp', 'files'],
  'ssdp.servers': ['ssdp', 'servers'],
  'ssdp.targets': ['ssdp', 'targets'],
  'ntp.servers': ['ntp', 'servers'],
  'stun.software': ['stun', 'software'],
} as const satisfies Readonly<Record<string, readonly [part: string, field: string] | null>>;

export type CountTable = keyof typeof COUNTED_TABLES;

type Place = Exclude<(typeof COUNTED_TABLES)[CountTable], null>;

/** The document's parts that are such tables. */
export type CountedParts = {
  readonly [Part in Place[0]]: { readonly [Field in Extract<Place, readonly [Part, string]>[1]]: Counts };
};

/** @param counts of one table, summed over who sent */
export function countedParts(counts: (name: CountTable) => Counts): CountedParts {
  const parts: Record<string, Record<string, Counts>> = {};
  for (const [name, place] of Object.entries(COUNTED_TABLES)) {
    if (place === null) continue;
    const [part, field] = place;
    (parts[part] ??= {})[field] = counts(name as CountTable);
  }
  return parts as CountedParts;
}
