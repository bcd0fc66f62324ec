// Whose copies a segment contains, and how many bytes they take: a device that is flooded by another does not pay for the flood.
// Filled by segment.ts with each block that holds any; reported in the sidecar.

import { type PcapFormat, RECORD_HEADER_BYTES, read32 } from '../../decode/files/pcap-record.ts';
import { type DeviceKey, OVERFLOW } from '../../model/mac.ts';
import type { Block } from './block.ts';
import type { SegmentServices } from './segment-services.ts';

/** Senders with less in a segment are not listed: their share is negligible. */
const TOLD_BYTES = 64 * 1024;
/** Senders counted by name; invented addresses beyond it are counted together. */
const MAX_SENDERS = 64;

export class SegmentCopies {
  readonly #bytes = new Map<DeviceKey, number>();

  /** Counts the copies among the records of the block up to the one at `last`. */
  count(services: SegmentServices, block: Block, last: number, device: DeviceKey, format: PcapFormat): void {
    const end = last + RECORD_HEADER_BYTES + read32(block.bytes, last + 8, format.bigEndian);
    services.eachCopy(block, end, device, format, (sender, bytes) => this.#add(sender, bytes));
  }

  #add(sender: DeviceKey, bytes: number): void {
    const isNamed = this.#bytes.has(sender) || this.#bytes.size < MAX_SENDERS;
    const name = isNamed ? sender : OVERFLOW;
    this.#bytes.set(name, (this.#bytes.get(name) ?? 0) + bytes);
  }

  /** For the sidecar. */
  reported(): Record<string, number> {
    return Object.fromEntries([...this.#bytes].filter(([, bytes]) => bytes >= TOLD_BYTES));
  }
}
