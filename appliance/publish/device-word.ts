// Which device a person means: an address in any form, an IP address, a name. One answer for API, broker and command line. Pure.

import { embeddedIpv4, parseAddress } from '../geo/address.ts';
import { WeirError } from '../model/errors.ts';
import { type DeviceKey, parseDevice } from '../model/mac.ts';
import { printable } from '../model/text.ts';
import { DEVICE_WORD, type DeviceRow } from './schemas/devices.ts';

/** Devices that an answer names. */
const MAX_CANDIDATES = 8;

type Candidate = Pick<DeviceRow, 'id' | 'mac' | 'name' | 'ips'>;

/**
 * An address in hardware form is taken as it is, also of a device that was never seen. An IP address and a name are those of
 * the rows, letters of either case, `.local` or not.
 * @throws WeirError DEVICE_UNKNOWN; DEVICE_AMBIGUOUS, which lists whom the word fits.
 */
export function meantDevice(word: string, rows: () => readonly Candidate[]): DeviceKey {
  const text = word.trim();
  const key = text.length > DEVICE_WORD ? undefined : parseDevice(text.toLowerCase());
  if (key !== undefined) return key;
  const found = text === '' || text.length > DEVICE_WORD ? [] : rows().filter(matcher(text));
  const [only] = found;
  const device = found.length === 1 ? parseDevice(only?.id ?? '') : undefined;
  if (device !== undefined) return device;
  const shown = printable(text, 64);
  if (found.length === 0) {
    const how = 'Name it by its MAC (any form), an IP address it has, or its name.';
    throw new WeirError('DEVICE_UNKNOWN', `No device ${shown} was seen; nothing was done. ${how}`);
  }
  throw new WeirError(
    'DEVICE_AMBIGUOUS',
    `${shown} may be ${candidates(found)}; nothing was done. Name one of them by its MAC.`,
  );
}

function matcher(text: string): (row: Candidate) => boolean {
  const address = addressKey(text);
  if (address !== undefined) return ({ ips }) => ips.some((ip) => addressKey(ip) === address);
  const name = nameKey(text);
  return (row) => row.name !== '' && nameKey(row.name) === name;
}

/** The same text for all ways to write an address, with or without zone or brackets; undefined for what is none. */
function addressKey(text: string): string | undefined {
  const bare = /^\[(.+)\]$/.exec(text)?.[1] ?? text;
  const address = parseAddress(bare.replace(/%[\w.-]{1,16}$/, ''));
  return address === undefined ? undefined : String(embeddedIpv4(address));
}

function nameKey(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\.local$/, '');
}

function candidates(found: readonly Candidate[]): string {
  const some = found.slice(0, MAX_CANDIDATES).map(({ id, mac, name }) => `${mac ?? id} (${printable(name, 40)})`);
  const more = found.length - some.length;
  return `${some.join(', ')}${more > 0 ? ` or ${more} others` : ''}`;
}
