// A layer-2 address, the only identity that a captured device cannot borrow from a peer at the access point.
// Everything that names a device (file, topic, key) is derived here, so that only characters we generate reach them.

declare const macBrand: unique symbol;

/** Lower-case, zero-padded, colon-separated: `aa:bb:cc:00:01:02`. Only `parseMac` and `macFromBytes` make one. */
export type Mac = string & { readonly [macBrand]: true };

/** A capture folder that belongs to no single device. */
export const INFRA = '_infra';
export const OVERFLOW = '_overflow';
export type DeviceKey = Mac | typeof INFRA | typeof OVERFLOW;

const HEX = '0123456789abcdef';

/** In groups of two or of four digits: `192.168.100.200` has twelve as well, and is none. */
const DOTTED = /^(?:(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{2}\.){5}[0-9a-fA-F]{2})$/;

/** Accepts colons, dashes, dots or nothing between the digits, and unpadded groups (`0:a:b:1:2:3`). */
export function parseMac(text: string): Mac | undefined {
  if (text.length > 17) return undefined;
  const groups = text.includes(':') ? text.split(':') : text.includes('-') ? text.split('-') : undefined;
  if (groups !== undefined && groups.length !== 6) return undefined;
  const plain = DOTTED.test(text) ? text.replaceAll('.', '') : text;
  const digits = groups === undefined ? plain : groups.map((g) => g.padStart(2, '0')).join('');
  if (!/^[0-9a-fA-F]{12}$/.test(digits)) return undefined;
  return digits.toLowerCase().replace(/(..)(?=.)/g, '$1:') as Mac;
}

/** Reads six bytes; the caller has checked that they are there. */
export function macFromBytes(bytes: Uint8Array, offset: number): Mac {
  let text = '';
  for (let i = 0; i < 6; i++) {
    const byte = bytes[offset + i] ?? 0;
    text += (i > 0 ? ':' : '') + HEX[byte >> 4] + HEX[byte & 15];
  }
  return text as Mac;
}

/** The I/G bit (IEEE 802-2014 §8.2.2): broadcast and multicast, never a sender. */
export function isGroupMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** The U/L bit: chosen by software, so the vendor prefix means nothing (second digit 2, 6, a or e). */
export function isRandomisedMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 3) === 2;
}

/** For file names: `aa-bb-cc-00-01-02`; pseudo devices stay as they are. */
export function deviceFolder(device: DeviceKey): string {
  return device.replaceAll(':', '-');
}

/** For topics and keys: `aabbcc000102`; pseudo devices lose nothing, they hold no separator. */
export function deviceId(device: DeviceKey): string {
  return device.replaceAll(':', '');
}

/** The reverse of `deviceFolder` and `deviceId`. */
export function parseDevice(text: string): DeviceKey | undefined {
  if (text === INFRA || text === OVERFLOW) return text;
  return parseMac(text);
}
