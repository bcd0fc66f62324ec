// What two selections have in common and what not: conversations sorted into rows by what their documents say of them. An address
// that has a name in one selection has it in the other. Called by compare-samples.ts. Pure.

import type {
  AnalysisDocument,
  ConversationTls,
  DocumentConversation,
  Party,
  TlsKind,
} from '../../model/analysis-document.ts';
import { TLS_KINDS } from '../../model/analysis-document.ts';
import type { ComparisonList } from '../../model/experiment/comparison.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';

/** A word of a list. */
export type RowKey = readonly [list: ComparisonList, name: string];

export interface ConversationFacts {
  /** The end whose bytes go down: that of the device, or of the home. */
  readonly near: 'a' | 'b';
  readonly keys: readonly RowKey[];
  /** Who talks to which destination: what may have periods. */
  readonly stream: string;
}

export interface Abroad {
  /** Registrable names of addresses on the Internet; empty where there is none. */
  readonly names: ReadonlyMap<string, string>;
  /** By `address device`. */
  readonly parties: ReadonlyMap<string, Party>;
}

/** Of `own`; where it has no name for an address, that of `other`. */
export function abroadOf(own: AnalysisDocument, other: AnalysisDocument): Abroad {
  const elsewhere = new Map(other.destinations.map((one) => [one.ip, one]));
  const names = own.destinations.map(({ ip, domain }) => [ip, domain ?? elsewhere.get(ip)?.domain ?? ''] as const);
  const parties = own.destinations.flatMap((one) => {
    // The name says whose it is.
    const known = one.domain === null ? (elsewhere.get(one.ip) ?? one) : one;
    return (known.parties ?? []).map(({ device, party }) => [`${one.ip} ${device}`, party] as const);
  });
  return { names: new Map(names), parties: new Map(parties) };
}

/** @param device MAC or address whose traffic was selected; null for all */
export function factsOf(c: DocumentConversation, abroad: Abroad, device: string | null): ConversationFacts {
  const near = nearEnd(c, abroad.names, device);
  const [far, own] = near === 'a' ? [c.b_ip, c.a_mac ?? c.a_ip] : [c.a_ip, c.b_mac ?? c.b_ip];
  const domain = abroad.names.get(far);
  const serverPort = c.client === 'b' ? c.a_port : c.b_port;
  const service = c.service ?? `${c.proto} ${serverPort}`;
  const destination = `${domain === undefined ? `home ${far}` : domain === '' ? far : domain} ${service}`;
  const keys: RowKey[] = [
    ['destination', destination],
    ['port', `${c.proto} ${serverPort}`],
    ['protocol', `${c.proto} ${c.service ?? 'unknown'}`],
  ];
  if (c.payload_ab + c.payload_ba > 0) keys.push(['protection', c.verdict]);
  if (c.readable === 'without_key') keys.push(['cleartext', destination]);
  if (c.tls !== undefined) keys.push(...tlsKeys(c.tls));
  if (domain !== undefined) {
    keys.push(['organisation', c.provider ?? c.org ?? 'unknown']);
    keys.push(['country', c.country ?? ANYCAST_WORD]);
    keys.push(['party', `${abroad.parties.get(`${far} ${own}`) ?? 'unknown'} party`]);
  }
  return { near, keys, stream: device === null ? `${own} to ${destination}` : destination };
}

const TLS_LISTS = {
  version: 'tls_version',
  cipher: 'tls_cipher',
  ja4: 'tls_client',
  certificate: 'tls_certificate',
} as const satisfies Readonly<Record<TlsKind, ComparisonList>>;

/** Of all its handshakes. */
function tlsKeys(tls: ConversationTls): RowKey[] {
  return TLS_KINDS.flatMap((kind): RowKey[] => {
    const further = (tls.further ?? []).filter((word) => word.startsWith(`${kind} `));
    const words = [tls[kind], ...further.map((word) => word.slice(kind.length + 1))];
    return words.flatMap((word): RowKey[] => (word === null ? [] : [[TLS_LISTS[kind], word]]));
  });
}

function nearEnd(
  { a_ip, b_ip, a_mac, b_mac, client }: DocumentConversation,
  names: ReadonlyMap<string, string>,
  device: string | null,
) {
  if (device !== null && (a_mac === device || a_ip === device)) return 'a';
  if (device !== null && (b_mac === device || b_ip === device)) return 'b';
  if (names.has(a_ip) !== names.has(b_ip)) return names.has(a_ip) ? 'b' : 'a';
  return client ?? 'a';
}

/** As the sampler names it: `a` sent the first packet; `turned`: `b` did. */
export function keyOf({ proto, a_ip, a_port, b_ip, b_port }: DocumentConversation, turned = false): string {
  return turned ? `${proto} ${b_ip} ${b_port} ${a_ip} ${a_port}` : `${proto} ${a_ip} ${a_port} ${b_ip} ${b_port}`;
}
