// What the soak's stream is made of: a source gives one pcap record after the other in the order of its own time. Devices, scans
// and floods are sources; home-stream.ts merges them.

import { RECORD_HEADER_BYTES } from '../../appliance/decode/files/pcap-record.ts';

/** The longest frame that a source may give: jumbo frames and what offloading makes of several. */
export const MAX_FRAME_BYTES = 65_600;

export interface FrameSource {
  /** Time of the record that comes next, microseconds since 1970; Infinity where there is none any more. */
  readonly nextUs: number;
  /** Writes that record (header and frame) at `at` and goes on to the one after it. Returns the position behind it. */
  write(target: Buffer, at: number): number;
}

/** The header of a little-endian nanosecond record. Returns where the frame begins. */
export function writeRecordHeader(target: Buffer, at: number, us: number, captured: number, length: number): number {
  target.writeUInt32LE(Math.floor(us / 1_000_000), at);
  target.writeUInt32LE(Math.floor(us % 1_000_000) * 1000, at + 4);
  target.writeUInt32LE(captured, at + 8);
  target.writeUInt32LE(length, at + 12);
  return at + RECORD_HEADER_BYTES;
}
