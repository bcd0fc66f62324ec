// The layout of the index, all of it. LevelDB keeps keys in byte order, so every list the page wants is one range.
//
//   sublevel   key                                   value (JSON behind a checksum, index-value.ts)
//   meta       head                                  IndexHead: number of indexed segments, and where in the ledger
//   segment    <seq, 12 digits>                      StoredSegment: what was analysed of it, without its summary
//   device     <device id>                           StoredDevice: the position of its analysis, and the pieces of its sums
//   hour       <device id>!<yyyymmddThh>!<phase>     HourRow: figures of that hour
//   revision   <device id>!<yyyymmddThh>!<phase>     number: what an earlier index counted of that hour (revision-floors.ts)
//   flow       <device id>!<phase>!<level>!<label>   rows of the flow matrix, packed, Base64 (flow-index.ts)
//   setting    <name>                                small documents of the appliance: MQTT topics
//
// A device id is twelve hexadecimal digits, `_infra` or `_overflow`; `!` (0x21) sorts before all of their characters.
// Sums and carries are in files next to the database (piece-files.ts), which StoredDevice names.
// Nothing in a key comes from a packet but the MAC.

import { type DeviceKey, deviceId } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';

const SUBLEVELS = ['meta', 'segment', 'device', 'hour', 'revision', 'flow', 'setting'] as const;
export type SublevelName = (typeof SUBLEVELS)[number];

export const HEAD_KEY = 'head';

export function segmentKey(seq: number): string {
  return String(seq).padStart(12, '0');
}

/** `all`: every segment, in the order of capture; it is not the sum of the phases' sums, which lost that order. */
export type TotalScope = Phase | 'all';

/** `hour` is `20261120T12`. */
export function hourKey(device: DeviceKey, hour: string, phase: Phase): string {
  return `${deviceId(device)}!${hour}!${phase}`;
}

/** All keys of one device in `hour`, `revision` and `flow`. */
export function deviceRange(device: DeviceKey): { gte: string; lt: string } {
  return { gte: `${deviceId(device)}!`, lt: `${deviceId(device)}"` };
}

/** Of `flow`: an hour `20261120T12`, a day `20261120`, a month `202611`, and which hour of the phase was over last. */
export type FlowLevel = 'hour' | 'day' | 'month' | 'last';

export function flowKey(device: DeviceKey, phase: Phase, level: FlowLevel, label: string): string {
  return `${deviceId(device)}!${phase}!${level}!${label}`;
}

/** Keys whose label begins with `prefix`. */
export function flowRange(
  device: DeviceKey,
  phase: Phase,
  level: FlowLevel,
  prefix: string,
): { gte: string; lt: string } {
  const gte = flowKey(device, phase, level, prefix);
  return { gte, lt: `${gte}~` };
}
