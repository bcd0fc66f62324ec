// LIFX LAN protocol (UDP 56700, lan.developer.lifx.com "Packet contents"): nothing is encrypted.
import { type Mac, macFromBytes } from '../../../model/mac.ts';
import { textAt, u16le } from '../../octets.ts';

export interface LifxFacts {
  readonly type: number;
  /** The bulb addressed or answering; `undefined` for all. */
  readonly target: Mac | undefined;
  /** Name of bulb, group or location, where the message holds one. */
  readonly label: string | undefined;
}

const HEADER = 36;
const PROTOCOL = 1024;

/** Where a label of 32 bytes lies in the payload, by message type: StateLabel, SetLabel, LightState, StateLocation, StateGroup. */
const LABEL_AT: ReadonlyMap<string, number> = new Map([
  ['24', 0],
  ['25', 0],
  ['107', 12],
  ['50', 16],
  ['53', 16],
]);

/** `undefined` where size or protocol number do not fit. */
export function decodeLifx(bytes: Uint8Array, start: number, end: number): LifxFacts | undefined {
  if (end - start < HEADER || u16le(bytes, start) !== end - start) return undefined;
  const frame = u16le(bytes, start + 2);
  if ((frame & 0x0fff) !== PROTOCOL || (frame & 0x1000) === 0) return undefined;
  const type = u16le(bytes, start + 32);
  const target = macFromBytes(bytes, start + 8);
  const labelAt = LABEL_AT.get(String(type));
  const from = start + HEADER + (labelAt ?? 0);
  const hasLabel = labelAt !== undefined && from + 32 <= end;
  return {
    type,
    target: target === '00:00:00:00:00:00' ? undefined : target,
    label: hasLabel ? textAt(bytes, from, from + 32).replaceAll('\0', '') : undefined,
  };
}
