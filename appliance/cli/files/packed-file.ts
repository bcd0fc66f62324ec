// Packed files by their first bytes: what this Node can unpack, and which program unpacks the rest. Used by capture-file.ts.

import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Command line that writes the unpacked file next to it. */
  readonly command: (path: string) => string;
}

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], command: (path) => `gzip -dk ${path}` },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], command: (path) => `zstd -d ${path}` },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], command: (path) => `xz -dk ${path}` },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], command: (path) => `bzip2 -dk ${path}` },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18], command: (path) => `lz4 -d ${path}` },
  { name: 'zip', magic: [0x50, 0x4b, 3, 4], command: (path) => `unzip ${path}` },
  { name: '7-Zip', magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], command: (path) => `7z x ${path}` },
];

/** Name of the packing that a file with these first bytes has; undefined for a file that is not packed. */
export function packingOf(first: Uint8Array): string | undefined {
  return PACKINGS.find(({ magic }) => magic.every((byte, i) => first[i] === byte))?.name;
}

/** Undefined where this Node cannot unpack it: zstd from 22.15, others never. */
export function unpacker(name: string): Transform | undefined {
  if (name === 'gzip') return zlib.createGunzip();
  if (name !== 'zstd') return undefined;
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress');
  return typeof make === 'function' ? (make() as Transform) : undefined;
}

/** What a person does with a packed file that is not read. */
export function adviceFor(path: string, name: string): string {
  const command = PACKINGS.find((packing) => packing.name === name)?.command(path) ?? '';
  return `${path} is packed with ${name}, which is not unpacked here: nothing was read from it. Unpack it with: ${command}`;
}
