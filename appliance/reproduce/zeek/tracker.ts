// Frames to Zeek's logs: a fold with bounds. Connections end by FIN, RST or Zeek's inactivity time-outs; what applications say
// goes to app-logs.ts. Amar's figures and `weir export zeek` are made from its rows.

import { createHash } from 'node:crypto';
import { ipv4Text, ipv6Text } from '../../decode/address-text.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { macFromBytes } from '../../model/mac.ts';
import { AppLogs } from './app-logs.ts';
import { communityId, icmpAnswer } from './community-id.ts';
import { addHistory, type ConnRow } from './conn-row.ts';

/** Zeek's inactivity time-outs (tcp 5 min, udp and icmp 1 min), in microseconds. */
const TIMEOUT = { tcp: 300e6, udp: 60e6, icmp: 60e6, unknown_transport: 60e6 } as const;
/** Connections open at once; the longest silent is closed for a new one. */
const MAX_OPEN = 100_000;
/** Rows kept; later connections are counted in `leftOut`. */
const MAX_ROWS = 1_000_000;
/** Ports of servers: who sent the first packet from one is the responder (Zeek's likely_server_ports). */
const LIKELY_SERVERS: ReadonlySet<number> = new Set([
  21, 22, 23, 25, 53, 67, 80, 123, 143, 443, 993, 995, 1883, 3478, 5222, 8883,
]);

export class ConnTracker implements FrameSink {
  readonly apps = new AppLogs();
  leftOut = 0;
  readonly #rows: ConnRow[] = [];
  readonly #open = new Map<string, ConnRow>();
  readonly #walk = new Walk();
  #opened = 0;

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    _length: number,
    linkType: number,
  ): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    if (walk.ipVersion === 0 || walk.protocol < 0) return;
    const ts = seconds * 1e6 + Math.floor(nanoseconds / 1000);
    const packet = readPacket(walk, bytes);
    const { row, isOrig } = this.#rowOf(packet, ts);
    count(row, isOrig, packet, ts);
    if (packet.payload > 0) this.apps.packet(row, isOrig, bytes, walk.payloadStart, walk.payloadEnd, ts);
    if (row.state.origReset || row.state.respReset) this.#open.delete(keyOf(packet));
  }

  /** In the order in which they began. */
  rows(): readonly ConnRow[] {
    return this.#rows;
  }

  #rowOf(packet: Packet, ts: number): { row: ConnRow; isOrig: boolean } {
    const key = keyOf(packet);
    const known = this.#open.get(key);
    if (known !== undefined && !isOver(known, packet, ts)) {
      const isOrig = known.origHost === packet.source && known.origPort === origPortOf(packet, known);
      return { row: known, isOrig };
    }
    if (this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value ?? '');
    const { row, isOrig } = this.#begin(packet, ts);
    this.#open.delete(key);
    this.#open.set(key, row);
    if (this.#rows.length < MAX_ROWS) this.#rows.push(row);
    else this.leftOut++;
    return { row, isOrig };
  }

  #begin(packet: Packet, ts: number): { row: ConnRow; isOrig: boolean } {
    const flips = beginsWithResponder(packet);
    const [orig, resp] = flips ? [packet.to, packet.from] : [packet.from, packet.to];
    const row: ConnRow = {
      uid: uid(this.#opened++, ts, packet),
      ts,
      last: ts,
      origHost: orig.host,
      origPort: orig.port,
      respHost: resp.host,
      respPort: resp.port,
      proto: packet.proto,
      origMac: orig.mac,
      respMac: resp.mac,
      communityId: packet.communityId(),
      service: undefined,
      origBytes: 0,
      respBytes: 0,
      origPackets: 0,
      respPackets: 0,
      origIpBytes: 0,
      respIpBytes: 0,
      history: flips ? '^' : '',
      state: { origSyn: false, respSyn: false, origFin: false, respFin: false, origReset: false, respReset: false },
    };
    return { row, isOrig: !flips };
  }
}

interface End {
  readonly host: string;
  readonly port: number;
  readonly mac: string;
}

interface Packet {
  readonly proto: ConnRow['proto'];
  readonly source: string;
  readonly from: End;
  readonly to: End;
  readonly flags: number;
  /** Bytes on the wire. */
  readonly payload: number;
  readonly ipBytes: number;
  /** Of ICMP: what a message of the other side has for a type. */
  readonly answerType: number | undefined;
  communityId(): string;
}

const PROTOS: ReadonlyMap<number, ConnRow['proto']> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [1, 'icmp'],
  [58, 'icmp'],
]);

function readPacket(walk: Walk, bytes: Uint8Array): Packet {
  const proto = (walk.laterFragment ? undefined : PROTOS.get(walk.protocol)) ?? 'unknown_transport';
  const length = walk.ipVersion === 4 ? 4 : 16;
  const text = walk.ipVersion === 4 ? ipv4Text : ipv6Text;
  const [source, destination] = [text(bytes, walk.sourceIp), text(bytes, walk.destinationIp)];
  const isIcmp = proto === 'icmp';
  const [sourcePort, destinationPort] = isIcmp
    ? [bytes[walk.transportStart] ?? 0, bytes[walk.transportStart + 1] ?? 0]
    : [walk.hasPorts ? walk.sourcePort : 0, walk.hasPorts ? walk.destinationPort : 0];
  const answerType = isIcmp ? icmpAnswer(walk.protocol, sourcePort) : undefined;
  const mac = (at: number): string => (at < 0 ? '' : macFromBytes(bytes, at));
  const ends = {
    protocol: walk.protocol,
    source: bytes.slice(walk.sourceIp, walk.sourceIp + length),
    destination: bytes.slice(walk.destinationIp, walk.destinationIp + length),
    sourcePort,
    destinationPort,
  };
  return {
    proto,
    source,
    from: { host: source, port: sourcePort, mac: mac(walk.sourceMac) },
    to: { host: destination, port: answerType ?? destinationPort, mac: mac(walk.destinationMac) },
    flags: proto === 'tcp' ? walk.tcpFlags : 0,
    payload: isIcmp
      ? Math.max(0, walk.ipEnd - walk.transportStart - 8)
      : walk.payloadEnd - walk.payloadStart + walk.payloadMissing,
    ipBytes: walk.ipEnd - walk.networkStart,
    answerType,
    communityId: () => communityId(ends),
  };
}

/** The same for both directions. */
function keyOf({ proto, from, to }: Packet): string {
  const [a, b] = [`${from.host} ${from.port}`, `${to.host} ${to.port}`];
  return a <= b ? `${proto} ${a} ${b}` : `${proto} ${b} ${a}`;
}

function origPortOf(packet: Packet, known: ConnRow): number {
  return packet.source === known.origHost && packet.from.host !== packet.to.host ? known.origPort : packet.from.port;
}

/** Silent for too long, or a new SYN after the end of the old connection. */
function isOver(row: ConnRow, { proto, flags }: Packet, ts: number): boolean {
  if (ts - row.last > TIMEOUT[proto]) return true;
  const ended = (row.state.origFin && row.state.respFin) || row.state.origReset || row.state.respReset;
  return ended && (flags & 0x12) === 2;
}

function beginsWithResponder({ proto, flags, from, to, answerType }: Packet): boolean {
  if (proto === 'icmp') return answerType !== undefined && (from.port === 0 || from.port === 129);
  if (proto === 'tcp' && (flags & 2) !== 0) return (flags & 16) !== 0;
  return LIKELY_SERVERS.has(from.port) && !LIKELY_SERVERS.has(to.port);
}

function count(row: ConnRow, isOrig: boolean, { flags, payload, ipBytes }: Packet, ts: number): void {
  row.last = Math.max(row.last, ts);
  if (isOrig) {
    row.origPackets++;
    row.origBytes += payload;
    row.origIpBytes += ipBytes;
  } else {
    row.respPackets++;
    row.respBytes += payload;
    row.respIpBytes += ipBytes;
  }
  addHistory(row, isOrig, flags, payload);
  const { state } = row;
  if ((flags & 2) !== 0) state[isOrig ? 'origSyn' : 'respSyn'] = true;
  if ((flags & 1) !== 0) state[isOrig ? 'origFin' : 'respFin'] = true;
  if ((flags & 4) !== 0) state[isOrig ? 'origReset' : 'respReset'] = true;
}

/** Like Zeek's: `C` and letters and digits; made of the packet, so that the same capture gives the same. */
function uid(number: number, ts: number, { from, to }: Packet): string {
  const hash = createHash('sha256').update(`${number} ${ts} ${from.host} ${from.port} ${to.host} ${to.port}`);
  return `C${hash
    .digest('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 17)}`;
}
