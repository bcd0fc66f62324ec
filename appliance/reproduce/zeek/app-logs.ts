// What applications say, packet by packet: rows of dns.log, http.log, ssl.log and dhcp.log, and the service of a connection.
// Messages are read where they begin in a packet; nothing is joined across packets.

import { type DhcpFacts, decodeDhcp } from '../../decode/protocols/dhcp.ts';
import { type DnsFacts, decodeDns } from '../../decode/protocols/dns.ts';
import { decodeHttp, fieldValue } from '../../decode/protocols/http.ts';
import { decodeTls } from '../../decode/protocols/tls.ts';
import type { ConnRow } from './conn-row.ts';

export interface DnsRow {
  readonly conn: ConnRow;
  readonly ts: number;
  readonly id: number;
  readonly query: string;
  readonly class: number;
  readonly type: number;
  /** Microseconds; undefined where no answer was seen. */
  rtt: number | undefined;
  rcode: number | undefined;
  answers: readonly string[];
  ttls: readonly number[];
}

export interface HttpRow {
  readonly conn: ConnRow;
  readonly ts: number;
  readonly depth: number;
  readonly method: string;
  readonly host: string | undefined;
  readonly uri: string;
  readonly referrer: string | undefined;
  readonly userAgent: string | undefined;
  readonly version: string;
  readonly requestLength: number;
  responseLength: number;
  status: number | undefined;
  responseType: string | undefined;
}

export interface SslRow {
  readonly conn: ConnRow;
  readonly ts: number;
  version: number | undefined;
  cipher: number | undefined;
  serverName: string | undefined;
  nextProtocol: string | undefined;
  established: boolean;
}

export interface DhcpRow {
  readonly ts: number;
  last: number;
  readonly uids: string[];
  readonly mac: string;
  clientIp: string | undefined;
  serverIp: string | undefined;
  hostName: string | undefined;
  fqdn: string | undefined;
  requested: string | undefined;
  assigned: string | undefined;
  lease: number | undefined;
  readonly types: string[];
}

/** Where a device says it can be described (SSDP LOCATION), and who says so. */
export interface LocationRow {
  readonly mac: string;
  readonly url: string;
  count: number;
}

/** Rows of each log; later ones are counted. */
const MAX_ROWS = 500_000;
/** Of DNS, HTTP, TLS and DHCP each; the oldest row is completed no more. Further URLs of SSDP are dropped. */
const MAX_WAITING = 10_000;

export class AppLogs {
  readonly dns: DnsRow[] = [];
  readonly http: HttpRow[] = [];
  readonly ssl: SslRow[] = [];
  readonly dhcp: DhcpRow[] = [];
  readonly locations = new Map<string, LocationRow>();
  leftOut = 0;
  readonly #queries = new Map<string, DnsRow[]>();
  readonly #requests = new Map<string, HttpRow[]>();
  readonly #hellos = new Map<string, SslRow>();
  readonly #leases = new Map<string, DhcpRow>();

  packet(row: ConnRow, isOrig: boolean, bytes: Uint8Array, start: number, end: number, ts: number): void {
    if (row.proto === 'tcp') this.#stream(row, isOrig, bytes, start, end, ts);
    else if (row.proto === 'udp') this.#datagram(row, isOrig, bytes, start, end, ts);
  }

  #datagram(row: ConnRow, isOrig: boolean, bytes: Uint8Array, start: number, end: number, ts: number): void {
    const ports = [row.origPort, row.respPort];
    if (ports.some((port) => DNS_PORTS.has(port))) this.#dns(row, bytes, start, end, ts);
    else if (ports.includes(67) || ports.includes(68)) this.#dhcp(row, bytes, start, end, ts);
    else if (ports.includes(1900)) this.#ssdp(isOrig ? row.origMac : row.respMac, bytes, start, end);
    row.service ??= UDP_SERVICES.get(row.respPort) ?? UDP_SERVICES.get(row.origPort);
  }

  #stream(row: ConnRow, isOrig: boolean, bytes: Uint8Array, start: number, end: number, ts: number): void {
    const isDns = row.respPort === 53 && end - start > 14;
    if (isDns) this.#dns(row, bytes, start + 2, end, ts);
    else if (this.#http(row, isOrig, bytes, start, end, ts)) row.service ??= 'http';
    else if (this.#tls(row, bytes, start, end, ts)) row.service ??= 'ssl';
    if (row.service === undefined && bytes[start] === 0x53 && bytes[start + 1] === 0x53 && bytes[start + 2] === 0x48)
      row.service = 'ssh';
    if (row.respPort === 1883) row.service ??= 'mqtt';
  }

  #dns(row: ConnRow, bytes: Uint8Array, start: number, end: number, ts: number): void {
    const facts = decodeDns(bytes, start, end);
    if (facts === undefined) return;
    row.service ??= 'dns';
    const key = `${row.uid} ${facts.id}`;
    if (facts.response) this.#answer(row, key, facts, ts);
    else
      for (const question of facts.questions)
        this.#query(key, {
          conn: row,
          ts,
          id: facts.id,
          query: question.name,
          class: question.class & 0x7fff,
          type: question.type,
          rtt: undefined,
          rcode: undefined,
          answers: [],
          ttls: [],
        });
  }

  #query(key: string, row: DnsRow): void {
    if (!this.#add(this.dns, row)) return;
    if (this.#queries.size >= MAX_WAITING) this.#queries.delete(this.#queries.keys().next().value ?? '');
    this.#queries.set(key, [...(this.#queries.get(key) ?? []).slice(-20), row]);
  }

  /** An answer without its query is a row as well: mDNS announces, and a capture may begin between the two. */
  #answer(conn: ConnRow, key: string, facts: DnsFacts, ts: number): void {
    const records = facts.records.filter(({ section }) => section === 'answer');
    const filled = {
      rcode: facts.rcode,
      answers: records.map(({ value }) => value),
      ttls: records.map(({ ttl }) => ttl),
    };
    const waiting = this.#queries.get(key);
    const query = waiting?.shift();
    if (query !== undefined) {
      Object.assign(query, filled, { rtt: Math.max(0, ts - query.ts) });
      return;
    }
    const [question] = facts.questions;
    if (question === undefined) return;
    this.#add(this.dns, {
      conn,
      ts,
      id: facts.id,
      query: question.name,
      class: question.class & 0x7fff,
      type: question.type,
      rtt: undefined,
      ...filled,
    });
  }

  #http(conn: ConnRow, isOrig: boolean, bytes: Uint8Array, start: number, end: number, ts: number): boolean {
    const head = decodeHttp(bytes, start, end);
    if (head === undefined) return false;
    const requests = this.#requests.get(conn.uid) ?? [];
    const length = Number(fieldValue(head, 'content-length') ?? 0) || 0;
    if (head.kind === 'response') {
      const request = requests.find(({ status }) => status === undefined);
      if (request !== undefined) {
        request.status = head.status;
        request.responseLength = length;
        request.responseType = fieldValue(head, 'content-type');
      }
      return true;
    }
    if (!isOrig && requests.length === 0 && conn.origPackets > 1) return false;
    const row: HttpRow = {
      conn,
      ts,
      depth: (requests.at(-1)?.depth ?? 0) + 1,
      method: head.method,
      host: fieldValue(head, 'host'),
      uri: head.target,
      referrer: fieldValue(head, 'referer'),
      userAgent: fieldValue(head, 'user-agent'),
      version: head.version.replace('HTTP/', ''),
      requestLength: length,
      responseLength: 0,
      status: undefined,
      responseType: undefined,
    };
    if (this.#add(this.http, row)) {
      if (this.#requests.size >= MAX_WAITING) this.#requests.delete(this.#requests.keys().next().value ?? '');
      this.#requests.set(conn.uid, [...requests.slice(-20), row]);
    }
    return true;
  }

  #tls(conn: ConnRow, bytes: Uint8Array, start: number, end: number, ts: number): boolean {
    const facts = decodeTls(bytes, start, end);
    if (facts === undefined) return false;
    const { clientHello, serverHello } = facts;
    let row = this.#hellos.get(conn.uid);
    if (row === undefined && (clientHello !== undefined || serverHello !== undefined)) {
      row = {
        conn,
        ts,
        version: undefined,
        cipher: undefined,
        serverName: undefined,
        nextProtocol: undefined,
        established: false,
      };
      if (this.#hellos.size >= MAX_WAITING) this.#hellos.delete(this.#hellos.keys().next().value ?? '');
      if (this.#add(this.ssl, row)) this.#hellos.set(conn.uid, row);
    }
    if (row === undefined) return true;
    if (clientHello !== undefined) row.serverName ??= clientHello.serverName;
    if (serverHello !== undefined) {
      row.version = serverHello.version;
      row.cipher = serverHello.cipher;
      row.nextProtocol ??= serverHello.alpn;
    }
    if (facts.applicationData && row.version !== undefined) row.established = true;
    return true;
  }

  #dhcp(conn: ConnRow, bytes: Uint8Array, start: number, end: number, ts: number): void {
    const facts = decodeDhcp(bytes, start, end);
    if (facts === undefined) return;
    const key = `${facts.clientMac} ${facts.transaction}`;
    let row = this.#leases.get(key);
    if (row === undefined) {
      row = {
        ts,
        last: ts,
        uids: [],
        mac: facts.clientMac,
        clientIp: undefined,
        serverIp: undefined,
        hostName: undefined,
        fqdn: undefined,
        requested: undefined,
        assigned: undefined,
        lease: undefined,
        types: [],
      };
      if (this.#leases.size >= MAX_WAITING) this.#leases.delete(this.#leases.keys().next().value ?? '');
      if (this.#add(this.dhcp, row)) this.#leases.set(key, row);
    }
    fillLease(row, facts, conn, ts);
  }

  #ssdp(mac: string, bytes: Uint8Array, start: number, end: number): void {
    const head = decodeHttp(bytes, start, end);
    const url = head === undefined ? undefined : fieldValue(head, 'location');
    if (url === undefined) return;
    const key = `${mac} ${url}`;
    const known = this.locations.get(key);
    if (known !== undefined) known.count++;
    else if (this.locations.size < MAX_WAITING) this.locations.set(key, { mac, url, count: 1 });
  }

  #add<T>(list: T[], row: T): boolean {
    if (list.length >= MAX_ROWS) {
      this.leftOut++;
      return false;
    }
    list.push(row);
    return true;
  }
}

function fillLease(row: DhcpRow, facts: DhcpFacts, conn: ConnRow, ts: number): void {
  row.last = ts;
  if (!row.uids.includes(conn.uid) && row.uids.length < 20) row.uids.push(conn.uid);
  if (row.types.length < 20) row.types.push(facts.message.toUpperCase());
  row.hostName ??= facts.hostname;
  row.fqdn ??= facts.fqdn;
  row.requested ??= facts.requestedIp;
  row.clientIp ??= facts.clientIp;
  row.serverIp ??= facts.serverId;
  row.assigned ??= facts.fromClient ? undefined : facts.yourIp;
  row.lease ??= facts.leaseSeconds;
}

const DNS_PORTS: ReadonlySet<number> = new Set([53, 5353, 5355, 137]);
/** By the responder's port, under Zeek's names. */
const UDP_SERVICES: ReadonlyMap<number, string> = new Map([
  [67, 'dhcp'],
  [123, 'ntp'],
  [161, 'snmp'],
]);
