// Packets and bytes by layer-2 address, and the IP addresses each was seen to send from. On a link without such addresses (raw IP,
// as phones' apps and tunnels write it) the IP addresses of the home replace them. Called by the analyzer per packet.

import { type MacRecord, type Table, table } from '../summary/summary.ts';
import { addressText, macText, word } from './addresses.ts';
import { grow, KeyTable } from './key-table.ts';

const SENT = 0;
const SENT_BYTES = 1;
const RECEIVED = 2;
const RECEIVED_BYTES = 3;
/** Columns per part. */
const COLUMNS = 4;
const PARTS = 2;

/** Beyond these a new address is counted as dropped, not kept. */
const MAX_MACS = 4096;

export class MacTable {
  readonly #macs = new KeyTable(2, MAX_MACS, 16);
  /** IP version, four words; their rows follow those that MACs can have. Made where a link has no MACs. */
  #hosts: KeyTable | undefined;
  #counts = new Float64Array(0);
  /** Row of the MAC, IP version, four words. */
  readonly #addresses: KeyTable;
  #addressCounts = new Float64Array(0);
  /** By row, made when first asked for. */
  readonly #texts: string[] = [];
  readonly dropped = [0, 0];
  /** What `sentFrom` found last: a MAC with one address. -1: no room. */
  sender = -1;

  /** `addresses`: of all MACs together. */
  constructor(addresses: number) {
    this.#addresses = new KeyTable(6, addresses, 16);
  }

  /** Row of the six bytes at `at`; -1 when the table is full. */
  row(bytes: Uint8Array, at: number): number {
    const { key } = this.#macs;
    key[0] = word(bytes, at);
    key[1] = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    return this.#ready(this.#macs.insert());
  }

  /** Row of the host with the IP address at `at`, on a link without MACs; -1 when the table is full. */
  hostRow(bytes: Uint8Array, at: number, version: number): number {
    const hosts = (this.#hosts ??= new KeyTable(5, MAX_MACS, 16));
    hosts.key[0] = version;
    for (let i = 0; i < 3; i++) hosts.key[1 + i] = version === 6 ? word(bytes, at + i * 4) : 0;
    hosts.key[4] = word(bytes, version === 6 ? at + 12 : at);
    const row = hosts.insert();
    return this.#ready(row < 0 ? row : MAX_MACS + row);
  }

  #ready(row: number): number {
    if (row * PARTS * COLUMNS >= this.#counts.length) this.#counts = grow(this.#counts, (row + 1) * PARTS * COLUMNS);
    return row;
  }

  sent(row: number, part: number, bytes: number, packets = 1): void {
    const at = (row * PARTS + part) * COLUMNS;
    this.#counts[at + SENT]! += packets;
    this.#counts[at + SENT_BYTES]! += bytes;
  }

  received(row: number, part: number, bytes: number, packets = 1): void {
    const at = (row * PARTS + part) * COLUMNS;
    this.#counts[at + RECEIVED]! += packets;
    this.#counts[at + RECEIVED_BYTES]! += bytes;
  }

  /** The MAC sent a packet from the address at `at`. */
  sentFrom(row: number, part: number, bytes: Uint8Array, at: number, version: number): void {
    const { key } = this.#addresses;
    key[0] = row;
    key[1] = version;
    for (let i = 0; i < 3; i++) key[2 + i] = version === 6 ? word(bytes, at + i * 4) : 0;
    key[5] = word(bytes, version === 6 ? at + 12 : at);
    this.sender = this.#addresses.insert();
    this.sentFromRow(this.sender, part, 1);
  }

  /** Packets from the address of `sender`. */
  sentFromRow(address: number, part: number, packets: number): void {
    if (address < 0) {
      this.dropped[part]! += packets;
      return;
    }
    if (address * PARTS >= this.#addressCounts.length) {
      this.#addressCounts = grow(this.#addressCounts, (address + 1) * PARTS);
    }
    this.#addressCounts[address * PARTS + part]! += packets;
  }

  /** Multicast and broadcast: the lowest bit of the first byte (IEEE 802). */
  isGroup(row: number): boolean {
    return row < MAX_MACS && (this.#macs.words[row * 2]! & 0x01000000) !== 0;
  }

  /** Packets sent, bytes sent, packets received, bytes received: a view that changes with the next packet. */
  counts(row: number, part: number): Float64Array {
    const at = (row * PARTS + part) * COLUMNS;
    return this.#counts.subarray(at, at + COLUMNS);
  }

  text(row: number): string {
    return (this.#texts[row] ??= this.#makeText(row));
  }

  #makeText(row: number): string {
    const hosts = this.#hosts;
    if (row < MAX_MACS || hosts === undefined)
      return macText(this.#macs.words[row * 2]!, this.#macs.words[row * 2 + 1]!);
    const at = (row - MAX_MACS) * 5;
    return addressText(hosts.words, at + 1, hosts.words[at]!);
  }

  records(part: number): Table<MacRecord> {
    const records = table<MacRecord>();
    for (const row of this.#rows()) {
      const [sent = 0, sentBytes = 0, received = 0, receivedBytes = 0] = this.#counts.subarray(
        (row * PARTS + part) * COLUMNS,
      );
      if (sent + received === 0) continue;
      records[this.text(row)] = {
        packets_sent: sent,
        bytes_sent: sentBytes,
        packets_received: received,
        bytes_received: receivedBytes,
        ips: table(),
      };
    }
    this.#addIps(records, part);
    return records;
  }

  *#rows(): Generator<number> {
    for (let row = 0; row < this.#macs.rows; row++) yield row;
    for (let row = 0; row < (this.#hosts?.rows ?? 0); row++) yield MAX_MACS + row;
  }

  #addIps(records: Table<MacRecord>, part: number): void {
    const words = this.#addresses.words;
    for (let row = 0; row < this.#addresses.rows; row++) {
      const packets = this.#addressCounts[row * PARTS + part]!;
      const record = records[this.text(words[row * 6]!)];
      if (packets === 0 || record === undefined) continue;
      record.ips[addressText(words, row * 6 + 2, words[row * 6 + 1]!)] = packets;
    }
  }
}
