// The layout of the index, all of it. LevelDB keeps keys in byte order, so every list the page wants is one range.
//
//   sublevel   key                                   value (JSON behind a checksum, index-value.ts)
//   meta       head                                  IndexHead: how many segments stand here, and where in the ledger
//   segment    <seq, 12 digits>                      StoredSegment: what was analysed of it, without its summary
//   part       <device id>!<yyyymmddThh>!<phase>!<seq>  sum of the device's last hour up to that segment, of which its figures
//                                                    are made; older ones are in the sums and can be had from the captures
//   carry      <device id>                           StoredCarry: what analysis of the next segment starts from
//   total      <device id>!<phase|all>               StoredTotal: the sum of the device's segments, of a phase and of all
//   hour       <device id>!<yyyymmddThh>!<phase>     HourRow: figures of that hour
//   setting    <name>                                small documents of the appliance: MQTT topics
//
// A device id is twelve hexadecimal digits, `_infra` or `_overflow`; `!` (0x21) sorts before all of their characters.
// Nothing in a key comes from a packet but the MAC.

import { type DeviceKey, deviceId, parseDevice } from '../model/mac.ts';
import { isPhase, type Phase } from '../model/phase.ts';

export const SUBLEVELS = ['meta', 'segment', 'part', 'carry', 'total', 'hour', 'setting'] as const;
export type SublevelName = (typeof SUBLEVELS)[number];

export const HEAD_KEY = 'head';

export function segmentKey(seq: number): string {
  return String(seq).padStart(12, '0');
}

/** `all`: every segment, in the order of capture; it is not the sum of the phases' sums, which lost that order. */
export type TotalScope = Phase | 'all';

export function totalKey(device: DeviceKey, phase: TotalScope): string {
  return `${deviceId(device)}!${phase}`;
}

export function parseTotalKey(key: string): { device: DeviceKey; scope: TotalScope } | undefined {
  const [id = '', scope = ''] = key.split('!');
  const device = parseDevice(id);
  return device === undefined || !(scope === 'all' || isPhase(scope)) ? undefined : { device, scope };
}

/** `hour` is `20261120T12`. */
export function hourKey(device: DeviceKey, hour: string, phase: Phase): string {
  return `${deviceId(device)}!${hour}!${phase}`;
}

export function partKey(device: DeviceKey, hour: string, phase: Phase, seq: number): string {
  return `${hourKey(device, hour, phase)}!${segmentKey(seq)}`;
}

/** The parts of one hour and phase. */
export function partRange(device: DeviceKey, hour: string, phase: Phase): { gte: string; lt: string } {
  return { gte: `${hourKey(device, hour, phase)}!`, lt: `${hourKey(device, hour, phase)}"` };
}

/** Parts of earlier hours. */
export function olderParts(device: DeviceKey, hour: string): { gte: string; lt: string } {
  return { gte: `${deviceId(device)}!`, lt: `${deviceId(device)}!${hour}` };
}

/** All keys of one device in `total` or `hour`. */
export function deviceRange(device: DeviceKey): { gte: string; lt: string } {
  return { gte: `${deviceId(device)}!`, lt: `${deviceId(device)}"` };
}
