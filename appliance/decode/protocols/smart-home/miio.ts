// miIO, Xiaomi's local protocol (UDP 54321; also seen to the cloud on 8053 and as 3121): a header in the clear, a body under
// a key made from the device's token (github.com/OpenMiHome/mihome-binary-protocol).
import { hexAt, u16, u32 } from '../../octets.ts';

export interface MiioFacts {
  readonly magic: '2131' | '3121';
  /** 32 bits that never change: the device's number. Hexadecimal; empty in a hello. */
  readonly deviceId: string;
  readonly hello: boolean;
  /** A hello's answer of a device not yet set up: the field holds the token, with which everything can be read. */
  readonly tokenShown: boolean;
}

const MAGICS: ReadonlyMap<string, MiioFacts['magic']> = new Map([
  ['2131', '2131'],
  ['3121', '3121'],
]);
const HEADER = 32;

/** `undefined` where magic or length do not fit. */
export function decodeMiio(bytes: Uint8Array, start: number, end: number): MiioFacts | undefined {
  const magic = MAGICS.get(u16(bytes, start).toString(16));
  const length = u16(bytes, start + 2);
  if (magic === undefined || end - start < HEADER || length !== end - start) return undefined;
  const deviceId = u32(bytes, start + 8);
  const hello = length === HEADER;
  const checksum = hexAt(bytes, start + 16, start + 32);
  const blank = checksum === 'f'.repeat(32) || checksum === '0'.repeat(32);
  return {
    magic,
    deviceId: deviceId === 0xffffffff ? '' : deviceId.toString(16).padStart(8, '0'),
    hello,
    tokenShown: hello && deviceId !== 0xffffffff && !blank && magic === '2131',
  };
}
