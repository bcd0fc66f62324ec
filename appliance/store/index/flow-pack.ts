// Blocks of flow rows as they are stored and sent between threads: rows without their field names, packed.

import { type FlowBlock, type FlowRow, type FlowScope, NO_BLOCK } from './flow-row.ts';
import { type PackedText, packText, unpackText } from './packed-text.ts';

type StoredRow = readonly [
  scope: FlowScope,
  address: string,
  name: string,
  protocol: string,
  service: string,
  protection: string,
  country: string,
  joined: number,
  packetsUp: number,
  bytesUp: number,
  packetsDown: number,
  bytesDown: number,
  /** Rows of a version before this have none. */
  content?: string,
];

/** Equal blocks, equal bytes. */
export function packBlock({ rows, without }: FlowBlock): PackedText {
  const stored = rows.map(storedRow);
  return packText(JSON.stringify({ rows: stored, without: [without.conversations, without.packets, without.bytes] }));
}

function storedRow(row: FlowRow): StoredRow {
  const { scope, address, name, protocol, service, protection, content, country, joined } = row;
  const { packets_up, bytes_up, packets_down, bytes_down } = row;
  const words = [scope, address, name, protocol, service, protection, country, joined] as const;
  const sums = [packets_up, bytes_up, packets_down, bytes_down] as const;
  return content === '' ? [...words, ...sums] : [...words, ...sums, content];
}

/** @throws where the bytes are not what `packBlock` made. */
export function unpackBlock(packed: PackedText): FlowBlock {
  if (packed.length === 0) return NO_BLOCK;
  const { rows, without } = JSON.parse(unpackText(packed)) as {
    rows: readonly StoredRow[];
    without: readonly [number, number, number];
  };
  const [conversations, packets, bytes] = without;
  return { rows: rows.map(readRow), without: { conversations, packets, bytes } };
}

function readRow(stored: StoredRow): FlowRow {
  const [scope, address, name, protocol, service, protection, country, joined, ...sums] = stored;
  const [packets_up, bytes_up, packets_down, bytes_down, content = ''] = sums;
  return {
    scope,
    address,
    name,
    protocol,
    service,
    protection,
    content,
    country,
    joined,
    packets_up,
    bytes_up,
    packets_down,
    bytes_down,
  };
}
