// The counting of the IoT Network Analyzer as published (github.com/Dyvels/IoTAnalyzer, IoTNetworkAnalyzer/IoTAnalyzer.py),
// over scapy 2.5.0's layers. Every quirk is kept and named where it is; the right answer is the analysis document.
// A fold over frames with bounds: answers.ts shows it.

import type { FrameSink } from '../../decode/files/records.ts';
import { Layers, type PortPair } from './layers.ts';
import { codePoints, decodeUtf8, strip, wordCharacters } from './python-text.ts';

export interface ConnectionCount {
  readonly source: string;
  readonly destination: string;
  packets: number;
  secure: number;
  insecure: number;
}

export interface EntropyCount {
  readonly source: string;
  readonly destination: string;
  /** Sum of the packets' entropies, bits per character or byte. */
  sum: number;
  /** The same of the payload's bytes, nothing removed: the right sum. */
  byteSum: number;
  packets: number;
}

export interface CleartextCount {
  readonly source: string;
  readonly destination: string;
  /** Code points, as Python counts. */
  characters: number;
  /** The beginning of the text, TEXT_KEPT characters at most. */
  text: string;
}

/** The program's own names. */
export interface PacketOverview {
  totalAmountPackets: number;
  amountNoRaw: number;
  amountByteBased: number;
  amountDoneUtf: number;
  amountDoneUtfExcluded: number;
  amountExcludedPackets: number;
  amountExcludedServices: number;
}

/** Pairs of addresses of one kind that are kept; more are counted in `pairsLeftOut`. */
const MAX_PAIRS = 100_000;
/** Characters of clear text kept of one pair. */
export const TEXT_KEPT = 65_536;
/** `flags == "A"` and so on: exactly these, so that a segment with PSH is none. A, S, FA, SA, RA. */
const HANDSHAKE_FLAGS: ReadonlySet<number> = new Set([0x10, 0x02, 0x11, 0x12, 0x14]);

export class AnalyzerCounts implements FrameSink {
  readonly ips = new Set<string>();
  readonly connections = new Map<string, ConnectionCount>();
  /** One table for TCP and UDP. */
  readonly ports = new Map<number, number>();
  readonly entropies = new Map<string, EntropyCount>();
  readonly cleartext = new Map<string, CleartextCount>();
  readonly packets: PacketOverview = {
    totalAmountPackets: 0,
    amountNoRaw: 0,
    amountByteBased: 0,
    amountDoneUtf: 0,
    amountDoneUtfExcluded: 0,
    amountExcludedPackets: 0,
    amountExcludedServices: 0,
  };
  /** Frames of pairs beyond the bound. */
  pairsLeftOut = 0;
  readonly #secure: ReadonlySet<number>;
  /** The program's variable `layer` keeps the value of the packet before. */
  #hadTransport = false;
  /** So do its variables `oriIp` and `destIp` of the entropies. */
  #lastPair: readonly [string, string] | undefined;

  constructor(securePorts: readonly number[]) {
    this.#secure = new Set(securePorts);
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    _seconds: number,
    _nanoseconds: number,
    _length: number,
    linkType: number,
  ): void {
    const layers = new Layers(bytes);
    layers.link(linkType, start, end);
    this.#countConnection(layers);
    this.#countCleartext(layers, bytes);
    this.#countKinds(layers);
    this.#countEntropy(layers, bytes);
  }

  /** buildConnectionSet: DNS, DHCP, NTP, ICMP and whatever has no IPv4 header are left out, of the addresses too. */
  #countConnection({ ip, tcp, udp, dns, dhcp, ntp, icmp }: Layers): void {
    if (ip === undefined || dns || dhcp || ntp || icmp) return;
    if (this.ips.size < MAX_PAIRS) this.ips.add(ip.destination).add(ip.source);
    const ports = tcp ?? udp;
    if (ports !== undefined) this.#hadTransport = true;
    const toMany = isMulticast(ip.source) || isMulticast(ip.destination);
    // Neither TCP nor UDP nor multicast: it looks for the layer of the packet before, and fails where there was none.
    if (ports === undefined && !toMany && !this.#hadTransport) return;
    const fresh = { source: ip.source, destination: ip.destination, packets: 0, secure: 0, insecure: 0 };
    const row = this.#row(this.connections, fresh);
    if (row === undefined) return;
    row.packets++;
    if (ports !== undefined) this.#countPorts(row, ports);
  }

  /** Secure if either port is listed, regardless of which side serves; a port counts once as source and once as destination. */
  #countPorts(row: ConnectionCount, { source, destination }: PortPair): void {
    if (this.#secure.has(source) || this.#secure.has(destination)) row.secure++;
    else row.insecure++;
    for (const port of [source, destination]) this.ports.set(port, (this.ports.get(port) ?? 0) + 1);
  }

  /** buildCleartextDict: whatever decodes as UTF-8, ciphertext by chance and empty text too; joined by "; ". IPv4 only. */
  #countCleartext({ raw, eapol, ip }: Layers, bytes: Uint8Array): void {
    if (raw === undefined || eapol || ip === undefined) return;
    const decoded = decodeUtf8(bytes.subarray(raw[0], raw[1]));
    if (decoded === undefined) return;
    const text = strip(decoded);
    const key = pairKey(ip.source, ip.destination);
    const known = this.cleartext.get(key);
    const fresh = { source: ip.source, destination: ip.destination, characters: 0, text: '' };
    const row = this.#row(this.cleartext, fresh);
    if (row === undefined) return;
    row.characters += codePoints(text) + (known === undefined ? 0 : 2);
    if (row.text.length < TEXT_KEPT)
      row.text = `${row.text}${known === undefined ? '' : '; '}${text}`.slice(0, TEXT_KEPT);
  }

  #countKinds({ tcp, arp, dns, dhcp }: Layers): void {
    this.packets.totalAmountPackets++;
    if (tcp !== undefined && HANDSHAKE_FLAGS.has(tcp.flags)) this.packets.amountExcludedPackets++;
    if (arp || dns || dhcp) this.packets.amountExcludedServices++;
  }

  /** buildEntropyDict: of a packet, not of a session; IPv6 too; without address it counts for the pair of the packet before. */
  #countEntropy({ raw, eapol, llc, ip, ip6 }: Layers, bytes: Uint8Array): void {
    const counts = this.packets;
    if (raw === undefined || eapol || llc) {
      counts.amountNoRaw++;
      return;
    }
    const pair = ip ?? ip6;
    if (pair !== undefined) this.#lastPair = [pair.source, pair.destination];
    const payload = bytes.subarray(raw[0], raw[1]);
    const ofBytes = byteEntropy(payload);
    // The limits are 0 and 9, both exclusive: a payload of one repeated byte is left out.
    if (!(ofBytes > 0 && ofBytes < 9)) {
      counts.amountDoneUtfExcluded++;
      return;
    }
    const text = decodeUtf8(payload);
    if (text === undefined) {
      counts.amountByteBased++;
      this.#addEntropy(ofBytes, ofBytes);
      return;
    }
    counts.amountDoneUtf++;
    // No address yet: the program's exception handler counts the packet once more, as bytes.
    if (this.#lastPair === undefined) counts.amountByteBased++;
    // Of characters, after everything but letters and digits was removed; nothing left counts 0.
    this.#addEntropy(characterEntropy(wordCharacters(text)), ofBytes);
  }

  #addEntropy(entropy: number, ofBytes: number): void {
    if (this.#lastPair === undefined) return;
    const [source, destination] = this.#lastPair;
    const row = this.#row(this.entropies, { source, destination, sum: 0, byteSum: 0, packets: 0 });
    if (row === undefined) return;
    row.sum += entropy;
    row.byteSum += ofBytes;
    row.packets++;
  }

  #row<T extends { readonly source: string; readonly destination: string }>(
    table: Map<string, T>,
    fresh: T,
  ): T | undefined {
    const key = pairKey(fresh.source, fresh.destination);
    const known = table.get(key);
    if (known !== undefined) return known;
    if (table.size >= MAX_PAIRS) {
      this.pairsLeftOut++;
      return undefined;
    }
    table.set(key, fresh);
    return fresh;
  }
}

function pairKey(source: string, destination: string): string {
  return `${source}>${destination}`;
}

/** `^224\.` to `^239\.`; asked only of what has neither TCP nor UDP. */
function isMulticast(address: string): boolean {
  return /^2(?:2[4-9]|3\d)\./.test(address);
}

/** Bits per byte. */
function byteEntropy(bytes: Uint8Array): number {
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return entropyOf(counts, bytes.length);
}

/** Bits per character; 0 of an empty text. */
function characterEntropy(text: string): number {
  const counts = new Map<string, number>();
  let length = 0;
  for (const character of text) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
    length++;
  }
  return entropyOf(counts, length);
}

/** In the order of first appearance, as the program's Counter: the last digits depend on it. */
function entropyOf(counts: ReadonlyMap<unknown, number>, length: number): number {
  let entropy = 0;
  for (const count of counts.values()) {
    const share = count / length;
    entropy += -share * Math.log2(share);
  }
  return entropy;
}
