// The analysis document of `weir analyze`, of the API and of the page: one shape for a file, a device, a phase.
// Rendered by analysis/render-document.ts. Versioned by `schema`; it only ever gains fields. Units: bytes, seconds as decimal
// strings, entropies in bits per byte with six decimals, null where there is no payload.

import type { DocumentBehaviour } from './document/behaviour.ts';
import type { DocumentChannels } from './document/channels.ts';
import type { ConversationTls } from './document/conversation-tls.ts';
import type { CountedParts } from './document/counted-tables.ts';
import type { DocumentFinding, FindingEvidence } from './document/findings.ts';
import type { DocumentLimits, FurtherHeaders } from './document/limits.ts';
import type { CountryJurisdiction, DestinationParty } from './document/parties.ts';
import type {
  Counts,
  PayloadSays,
  PortCheckResult,
  Readable,
  Threshold7,
  TransportProtocol,
  Verdict,
} from './document/words.ts';
import type { ConfirmedIdentity } from './user-identity.ts';

export type * from './document/behaviour.ts';
export * from './document/conversation-tls.ts';
export type * from './document/findings.ts';
export type * from './document/limits.ts';
export * from './document/parties.ts';
export * from './document/words.ts';

/** A name and how it was learned: `dns`, `mdns`, `sni`, `quic`, `host`, `certificate`, `dhcp`, `ssdp`, `user`, … */
export interface SourcedName {
  /** Of hosts in one spelling: lower case, no dot at the end, internationalised labels as `xn--`. */
  readonly name: string;
  /** The most informative one. */
  readonly source: string;
  /** Further sources of the same name. */
  readonly also?: readonly string[];
  /** The name as people write it, where it has `xn--` labels: in addition to the other, because letters may deceive. */
  readonly unicode?: string;
}

/** Where reading stopped. Everything before it is in the document. */
export interface CaptureDamage {
  readonly offset: number;
  readonly after_packet: number;
  readonly reason: string;
}

export interface DocumentTool {
  readonly name: 'weir';
  readonly version: string;
  readonly geo: { readonly date: string; readonly sha256: string } | null;
  readonly ports_profile: string;
  /** SHA-256 of the list's name, version and ports: equal where documents were judged by equal lists. */
  readonly ports_sha256: string;
  readonly rules_sha256: string | null;
  /** Of the platform rules in use, own ones included. */
  readonly platform_rules_sha256?: string;
}

export interface DocumentInput {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly format: 'pcap' | 'pcapng';
  readonly link_types: readonly number[];
  readonly packets: number;
  readonly captured_bytes: number;
  readonly frame_bytes: number;
  readonly first_ts: string | null;
  readonly last_ts: string | null;
  readonly time_steps_back: number;
  readonly damage: CaptureDamage | null;
  /** Present where files were joined end to end. */
  readonly further_headers?: FurtherHeaders;
  /** Of a folder: every capture file found in it, in the order of their names. */
  readonly files?: readonly DocumentFile[];
}

/** One file of a folder. */
export interface DocumentFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the file as it is on disk; null where it was not asked for or could not be read. */
  readonly sha256: string | null;
  readonly damage: CaptureDamage | null;
  /** Present where files were joined end to end. */
  readonly further_headers?: FurtherHeaders;
  /** Why nothing of it is in this document; null for a file that was analysed. */
  readonly left_out: string | null;
}

export interface DocumentDevice {
  /** In captures without a link layer (raw IP) the IP address, by which the device is then known everywhere. */
  readonly mac: string;
  readonly vendor: string | null;
  readonly randomised: boolean;
  readonly names: readonly SourcedName[];
  readonly ips: readonly string[];
  readonly packets_sent: number;
  readonly bytes_sent: number;
  readonly packets_received: number;
  readonly bytes_received: number;
  readonly category: string | null;
  /** Those that a rule is certain of; `platform_answers` says which, and where it stays ambiguous. */
  readonly platforms: readonly string[];
  readonly platform_answers?: readonly PlatformAnswer[];
  /** Maker by what the device shows, else by its address; the address alone often names the maker of a module. */
  readonly maker?: string | null;
  readonly model?: string | null;
  /** `category camera: model DCS-935L`: why category and maker are believed. */
  readonly identity_evidence?: readonly string[];
  /** How it asks for names so that nobody reads them: `DoT dns.google`, `DoH …`, `DoQ …`, `DNSCrypt …`. */
  readonly encrypted_dns?: readonly string[];
  readonly encrypted_hellos?: readonly EncryptedHello[];
  /** Other addresses of the same device, by its own words. */
  readonly linked?: readonly LinkedMac[];
  /** What a person said of it; null where nobody did. Its words are above as name (source `user`), maker, category. */
  readonly confirmed?: ConfirmedIdentity | null;
}

/** What the platform rules say of a device and one far end. */
export interface PlatformAnswer {
  /** `ambiguous`: it may be any of the platforms, and nothing decides. */
  readonly answer: 'belongs' | 'ambiguous';
  /** One, or the candidates. */
  readonly platforms: readonly string[];
  /** A phone or computer speaks to the clouds of its apps' makers: such an answer is not in `platforms`. */
  readonly by: 'device' | 'app';
  /** Name or `address:port` of the far end, `tcp/2002` for bytes that nobody reads; null: what the device says of itself. */
  readonly peer: string | null;
  /** Of candidates the rules of each. */
  readonly rule: string;
  /** `sufficient-positive: name io.mi.com`. */
  readonly decided: string;
}

/** A hello with an encrypted one inside (ECH). */
export interface EncryptedHello {
  /** The outer name; empty without. */
  readonly outer_name: string;
  /** An answer of DNS held keys for ECH under this name: it is in use. Otherwise it may be an imitation (GREASE). */
  readonly announced: boolean;
}

export interface LinkedMac {
  readonly mac: string;
  /** `hostname iPad-of-Jo`. */
  readonly evidence: readonly string[];
}

export interface ConversationShare {
  readonly a_mac: string | null;
  readonly b_mac: string | null;
  readonly pkts_ab: number;
  readonly pkts_ba: number;
  readonly bytes_ab: number;
  readonly bytes_ba: number;
  readonly payload_ab: number;
  readonly payload_ba: number;
}

export interface DocumentConversation {
  readonly proto: TransportProtocol;
  readonly a_ip: string;
  /** 0 if the row combines many ports (`limits.conversations_joined`); so for `b_port`. */
  readonly a_port: number;
  readonly b_ip: string;
  readonly b_port: number;
  readonly pkts_ab: number;
  readonly pkts_ba: number;
  readonly bytes_ab: number;
  readonly bytes_ba: number;
  readonly payload_ab: number;
  readonly payload_ba: number;
  readonly H_ab: number | null;
  readonly H_ba: number | null;
  readonly H: number | null;
  /** Mean of the packets' own entropies: what the paper's tool shows. */
  readonly H_packets_mean: number | null;
  readonly chi2: number | null;
  readonly printable_share: number | null;
  readonly service: string | null;
  readonly names: readonly SourcedName[];
  readonly country: string | null;
  readonly asn: number | null;
  readonly org: string | null;
  readonly provider: string | null;
  readonly verdict: Verdict;
  readonly verdict_reason: string;
  /** Expected of uniform bytes of this number. */
  readonly H_expected: number | null;
  readonly threshold7: Threshold7;
  readonly secure_port: boolean;
  readonly readable?: Readable | null;
  readonly payload_says: PayloadSays;
  readonly port_check: PortCheckResult;
  /** Null also where the packets of this end had several: see `by_mac`. */
  readonly a_mac: string | null;
  readonly b_mac: string | null;
  /** Where the packets had several MACs: what each pair exchanged. */
  readonly by_mac?: readonly ConversationShare[];
  /** Who opened it: sent the SYN, or is not at the port that names the service. */
  readonly client?: 'a' | 'b';
  readonly first_ts: string;
  readonly last_ts: string;
  /** Parts of the conversation separated by an hour of silence. */
  readonly sessions: number;
  /** Absent where no handshake of TLS, DTLS or QUIC was read. */
  readonly tls?: ConversationTls;
}

export interface DocumentDestination {
  readonly ip: string;
  readonly names: readonly SourcedName[];
  readonly country: string | null;
  readonly asn: number | null;
  readonly org: string | null;
  readonly provider: string | null;
  /** What somebody registered of its best name; null without a name. */
  readonly domain: string | null;
  /** Cloud region that a name states (`eu-west-1`) and its country: more reliable than a database, shown next to it. */
  readonly region: string | null;
  readonly region_country: string | null;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly devices: readonly string[];
  /** Whose service it is to each of these devices. */
  readonly parties?: readonly DestinationParty[];
  /** Shortest TCP handshake as the access point saw it; null without one. */
  readonly round_trip?: DocumentRoundTrip | null;
}

/** Nothing is faster than light: a short answer rules out countries that are farther away. */
export interface DocumentRoundTrip {
  readonly shortest_ms: number;
  readonly handshakes: number;
  readonly reach_km: number;
  /** Of the country that the database names, seen from the home country; `unknown` without either. */
  readonly claim: 'impossible' | 'possible' | 'unknown';
  readonly explanation: string;
  readonly evidence: readonly FindingEvidence[];
}

/** The paper's ports table: how often a port occurs as source and as destination, and between which addresses. */
export interface DocumentPort {
  readonly proto: TransportProtocol;
  readonly port: number;
  readonly service: string | null;
  readonly secure: boolean;
  /** Packets. */
  readonly as_source: number;
  readonly as_destination: number;
  /** Packets with this port on either side; a packet with it on both counts once. */
  readonly total: number;
  /** Most packets first, a few dozen at most. */
  readonly pairs: readonly PortPair[];
  readonly pairs_left_out: number;
}

export interface PortPair {
  readonly source: string;
  readonly destination: string;
  readonly packets: number;
}

export interface DocumentCountry {
  readonly devices: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  /** By the law of the European Union on transfers; absent where no country is known. */
  readonly jurisdiction?: CountryJurisdiction;
}

export interface DhcpClient {
  readonly hostname: readonly string[];
  readonly vendor_class: readonly string[];
  readonly param_request: readonly string[];
  /** Where the maker describes what the device may do (RFC 8520). */
  readonly mud_url?: readonly string[];
}

/**
 * Bytes of one minute; of one hour where it is older than eight days, of one day (UTC) where it is older than 92, counted
 * back from the newest. Of a device with an owner `out` is what it sent; of a whole file `out` goes to the Internet.
 */
export interface DocumentMinute {
  /** Its start, ISO 8601 UTC. */
  readonly minute: string;
  /** How long the row is: 1, 60 or 1440 minutes. */
  readonly minutes: 1 | 60 | 1440;
  readonly out_udp: number;
  readonly out_tcp: number;
  readonly out_http: number;
  readonly out_https: number;
  readonly in_udp: number;
  readonly in_tcp: number;
  readonly in_http: number;
  readonly in_https: number;
}

/** Who forwards for the home: no device of it. */
export interface DocumentRouter {
  readonly mac: string;
  readonly vendor: string | null;
  readonly ips: readonly string[];
  /** `said`: capture's access point or `--router`; `capture`: most devices leave the home through it. */
  readonly known_by: 'said' | 'capture';
  /** Findings of packets that would be about it. */
  readonly findings_left_out: number;
}

export interface AnalysisDocument extends CountedParts {
  readonly schema: 'weir.analysis/1';
  readonly tool: DocumentTool;
  readonly input: DocumentInput;
  readonly devices: readonly DocumentDevice[];
  /** Left out of devices, behaviour and findings. */
  readonly routers?: readonly DocumentRouter[];
  readonly conversations: readonly DocumentConversation[];
  readonly protocols: Counts;
  readonly ports: { readonly tcp: Counts; readonly udp: Counts };
  /** The busiest ports; `ports` counts them all. */
  readonly port_occurrences: readonly DocumentPort[];
  readonly dhcp: { readonly clients: Readonly<Record<string, DhcpClient>> };
  readonly destinations: readonly DocumentDestination[];
  readonly countries: Readonly<Record<string, DocumentCountry>>;
  /** Device to cloud, app to cloud, app to device, by place of capture; present where roles were said (`--registry`, `--with`). */
  readonly channels?: readonly DocumentChannels[];
  readonly findings: readonly DocumentFinding[];
  readonly traffic: readonly DocumentMinute[];
  readonly behaviour?: DocumentBehaviour;
  readonly limits: DocumentLimits;
}
