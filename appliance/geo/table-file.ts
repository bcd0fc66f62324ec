// The container of all compiled tables: magic, kind, version, date and a SHA-256 over the rest, then sections. Written
// by the table compiler, read whole at start; whatever is wrong with it is found before the first look-up.
//
//   0  magic "WEIRTBL\0"          24  date, 10 ASCII bytes (2026-06-01), 2 zero
//   8  u32 kind                   36  u32 number of sections
//  12  u32 version                40  SHA-256 of everything from byte 72
//  16  u64 length of the file     72  sections: u32 id, u32 offset, u32 length, u32 zero; then their bytes, 8-aligned

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { toError, WeirError } from '../model/errors.ts';

export type TableKind = 'geo' | 'oui';

const MAGIC = Buffer.from('WEIRTBL\0', 'latin1');
const KINDS: Readonly<Record<TableKind, number>> = { geo: 1, oui: 2 };
const HASH_AT = 40;
const HEADER_BYTES = 72;
const ENTRY_BYTES = 16;
const MOST_SECTIONS = 64;

export interface TableFile {
  /** Day of the data, `2026-06-01`. */
  readonly date: string;
  /** Of the file's content; goes into every analysis document. */
  readonly sha256: string;
  readonly sections: ReadonlyMap<string, Uint8Array>;
}

/** Little-endian, as every machine is that Weir runs on: sections are read in place as typed arrays. */
export function encodeTable(
  kind: TableKind,
  version: number,
  date: string,
  sections: ReadonlyMap<number, Uint8Array>,
): Buffer {
  const directory = HEADER_BYTES + sections.size * ENTRY_BYTES;
  let length = align(directory);
  for (const bytes of sections.values()) length = align(length + bytes.length);
  const file = Buffer.alloc(length);
  MAGIC.copy(file);
  file.writeUInt32LE(KINDS[kind], 8);
  file.writeUInt32LE(version, 12);
  file.writeBigUInt64LE(BigInt(length), 16);
  file.write(date.slice(0, 10), 24, 'latin1');
  file.writeUInt32LE(sections.size, 36);
  placeSections(file, align(directory), sections);
  createHash('sha256').update(file.subarray(HEADER_BYTES)).digest().copy(file, HASH_AT);
  return file;
}

function placeSections(file: Buffer, first: number, sections: ReadonlyMap<number, Uint8Array>): void {
  let entry = HEADER_BYTES;
  let offset = first;
  for (const [id, bytes] of sections) {
    file.writeUInt32LE(id, entry);
    file.writeUInt32LE(offset, entry + 4);
    file.writeUInt32LE(bytes.length, entry + 8);
    file.set(bytes, offset);
    entry += ENTRY_BYTES;
    offset = align(offset + bytes.length);
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

/** @throws WeirError TABLE_INVALID when the file is missing, cut, altered, of another kind or version. */
export function readTable(path: string, kind: TableKind, version: number): TableFile {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (thrown) {
    throw invalid(path, `cannot be read (${toError(thrown).message})`, thrown);
  }
  return decodeTable(file, path, kind, version);
}

/** `name` is for the message only. @throws WeirError TABLE_INVALID */
export function decodeTable(file: Uint8Array, name: string, kind: TableKind, version: number): TableFile {
  if (endianness() !== 'LE') throw invalid(name, 'is little-endian and this machine is not');
  if (file.length < HEADER_BYTES) throw invalid(name, `has ${file.length} bytes, less than a header`);
  // Typed arrays need an alignment that a pooled Buffer does not promise: then a copy of its own.
  const aligned = file.byteOffset === 0;
  const bytes = aligned ? Buffer.from(file.buffer, 0, file.length) : Buffer.from(new Uint8Array(file).buffer);
  if (!bytes.subarray(0, 8).equals(MAGIC)) throw invalid(name, 'is no table of Weir');
  if (bytes.readUInt32LE(8) !== KINDS[kind]) throw invalid(name, `is not a ${kind} table`);
  if (bytes.readUInt32LE(12) !== version) throw invalid(name, `has version ${bytes.readUInt32LE(12)}, not ${version}`);
  if (bytes.readBigUInt64LE(16) !== BigInt(bytes.length)) throw invalid(name, 'is cut short or has grown');
  const stated = bytes.subarray(HASH_AT, HEADER_BYTES).toString('hex');
  const sha256 = createHash('sha256').update(bytes.subarray(HEADER_BYTES)).digest('hex');
  if (stated !== sha256) throw invalid(name, 'does not match its checksum');
  return { date: readDate(bytes, name), sha256, sections: readSections(bytes, name) };
}

function readDate(bytes: Buffer, name: string): string {
  const date = bytes.toString('latin1', 24, 34);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw invalid(name, 'states no date');
  return date;
}

function readSections(bytes: Buffer, name: string): Map<string, Uint8Array> {
  const count = bytes.readUInt32LE(36);
  if (count > MOST_SECTIONS || HEADER_BYTES + count * ENTRY_BYTES > bytes.length) {
    throw invalid(name, `states ${count} sections`);
  }
  const sections = new Map<string, Uint8Array>();
  for (let entry = HEADER_BYTES; entry < HEADER_BYTES + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
    const offset = bytes.readUInt32LE(entry + 4);
    const length = bytes.readUInt32LE(entry + 8);
    if (offset % 8 !== 0 || offset + length > bytes.length) throw invalid(name, 'has a section outside itself');
    sections.set(String(bytes.readUInt32LE(entry)), new Uint8Array(bytes.buffer, offset, length));
  }
  return sections;
}

/** A section that must be there, in whole elements of `elementBytes`. @throws WeirError TABLE_INVALID */
export function section(table: TableFile, id: number, elementBytes: number, name: string): Uint8Array {
  const bytes = table.sections.get(String(id));
  if (bytes === undefined || bytes.length % elementBytes !== 0) throw invalid(name, `lacks section ${id}`);
  return bytes;
}

/** The section as 32-bit numbers, in place. */
export function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** The section as 16-bit numbers, in place. */
export function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

export function invalid(name: string, what: string, cause?: unknown): WeirError {
  return new WeirError('TABLE_INVALID', `table ${name} ${what}; \`npm run build:tables\` makes it anew`, { cause });
}
