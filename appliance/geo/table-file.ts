// The container of all compiled tables: magic, kind, version, date and a SHA-256 over the rest, then sections. Written
// by the table compiler and checked whole at start: whatever is wrong with it is found before the first look-up. A small one
// stays in memory, a large one is looked up where it lies (table-section.ts).
//
//   0  magic "WEIRTBL\0"          24  date, 10 ASCII bytes (2026-06-01), 2 zero
//   8  u32 kind                   36  u32 number of sections
//  12  u32 version                40  SHA-256 of everything from byte 72
//  16  u64 length of the file     72  sections: u32 id, u32 offset, u32 length, u32 zero; then their bytes, 8-aligned

import { createHash } from 'node:crypto';
import { fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { toError, WeirError } from '../model/errors.ts';
import { Section } from './table-section.ts';

export type TableKind = 'geo' | 'oui';

const MAGIC = Buffer.from('WEIRTBL\0', 'latin1');
const KINDS: Readonly<Record<TableKind, number>> = { geo: 1, oui: 2 };
const HASH_AT = 40;
const HEADER_BYTES = 72;
const ENTRY_BYTES = 16;
/** Sections of one compiled table; a file that states more is refused. */
const MAX_SECTIONS = 64;

export interface TableFile {
  /** Day of the data, `2026-06-01`. */
  readonly date: string;
  /** Of the file's content; goes into every analysis document. */
  readonly sha256: string;
  readonly sections: ReadonlyMap<string, Uint8Array>;
}

/** The same, with sections that stay in the file. */
export interface StoredTable extends Pick<TableFile, 'date' | 'sha256'> {
  readonly sections: ReadonlyMap<string, Section>;
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

const CHECKED_AT_ONCE = 256 * 1024;

/** The file stays open. @throws WeirError TABLE_INVALID as `readTable` */
export function openTable(path: string, kind: TableKind, version: number): StoredTable {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    throw invalid(path, `cannot be read (${toError(thrown).message})`, thrown);
  }
  const { size } = fstatSync(file);
  const read = (at: number, length: number): Uint8Array => readInto(file, at, new Uint8Array(length), path);
  const header = Buffer.from(read(0, Math.min(size, HEADER_BYTES + MAX_SECTIONS * ENTRY_BYTES)));
  const { date, sha256, places } = checkTable(header, size, contentOf(file, size, path), path, kind, version);
  const sections = new Map<string, Section>();
  for (const [id, place] of places) {
    sections.set(id, new Section(place.length, (at, length) => read(place.offset + at, length)));
  }
  return { date, sha256, sections };
}

/** Through one piece of memory: fresh memory costs ten times as much as reading and hashing. */
function contentOf(file: number, size: number, name: string): string {
  const hash = createHash('sha256');
  const piece = new Uint8Array(CHECKED_AT_ONCE);
  for (let at = HEADER_BYTES; at < size; at += piece.length) {
    hash.update(readInto(file, at, piece.subarray(0, Math.min(piece.length, size - at)), name));
  }
  return hash.digest('hex');
}

function readInto(file: number, at: number, bytes: Uint8Array, name: string): Uint8Array {
  try {
    if (readSync(file, bytes, 0, bytes.length, at) === bytes.length) return bytes;
  } catch (thrown) {
    throw invalid(name, `cannot be read (${toError(thrown).message})`, thrown);
  }
  throw invalid(name, 'is cut short');
}

/** A table in memory where one is looked up. */
export function asStored({ date, sha256, sections }: TableFile): StoredTable {
  const stored = [...sections].map(
    ([id, bytes]) => [id, new Section(bytes.length, (at, length) => bytes.subarray(at, at + length))] as const,
  );
  return { date, sha256, sections: new Map(stored) };
}

/** `name` is for the message only. @throws WeirError TABLE_INVALID */
export function decodeTable(file: Uint8Array, name: string, kind: TableKind, version: number): TableFile {
  if (endianness() !== 'LE') throw invalid(name, 'is little-endian and this machine is not');
  // Typed arrays need an alignment that a pooled Buffer does not promise: then a copy of its own.
  const aligned = file.byteOffset === 0;
  const bytes = aligned ? Buffer.from(file.buffer, 0, file.length) : Buffer.from(new Uint8Array(file).buffer);
  const content = createHash('sha256').update(bytes.subarray(HEADER_BYTES)).digest('hex');
  const { date, sha256, places } = checkTable(bytes, bytes.length, content, name, kind, version);
  const sections = new Map<string, Uint8Array>();
  for (const [id, { offset, length }] of places) sections.set(id, new Uint8Array(bytes.buffer, offset, length));
  return { date, sha256, sections };
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** `header`: at least the header and the directory of a file of `size` bytes; `content`: digest of what follows the header. */
function checkTable(header: Buffer, size: number, content: string, name: string, kind: TableKind, version: number) {
  if (size < HEADER_BYTES) throw invalid(name, `has ${size} bytes, less than a header`);
  if (!header.subarray(0, 8).equals(MAGIC)) throw invalid(name, 'is no table of Weir');
  if (header.readUInt32LE(8) !== KINDS[kind]) throw invalid(name, `is not a ${kind} table`);
  if (header.readUInt32LE(12) !== version) {
    throw invalid(name, `has version ${header.readUInt32LE(12)}, not ${version}`);
  }
  if (header.readBigUInt64LE(16) !== BigInt(size)) throw invalid(name, 'is cut short or has grown');
  if (header.subarray(HASH_AT, HEADER_BYTES).toString('hex') !== content) {
    throw invalid(name, 'does not match its checksum');
  }
  return { date: readDate(header, name), sha256: content, places: readPlaces(header, size, name) };
}

function readDate(bytes: Buffer, name: string): string {
  const date = bytes.toString('latin1', 24, 34);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw invalid(name, 'states no date');
  return date;
}

function readPlaces(header: Buffer, size: number, name: string): Map<string, Place> {
  const count = header.readUInt32LE(36);
  if (count > MAX_SECTIONS || HEADER_BYTES + count * ENTRY_BYTES > size)
    throw invalid(name, `states ${count} sections`);
  const places = new Map<string, Place>();
  for (let entry = HEADER_BYTES; entry < HEADER_BYTES + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
    const offset = header.readUInt32LE(entry + 4);
    const length = header.readUInt32LE(entry + 8);
    if (offset % 8 !== 0 || offset + length > size) throw invalid(name, 'has a section outside itself');
    places.set(String(header.readUInt32LE(entry)), { offset, length });
  }
  return places;
}

/** A section that must be there, in whole elements of `elementBytes`. @throws WeirError TABLE_INVALID */
export function section<T extends Uint8Array | Section>(
  table: { readonly sections: ReadonlyMap<string, T> },
  id: number,
  elementBytes: number,
  name: string,
): T {
  const bytes = table.sections.get(String(id));
  if (bytes === undefined || bytes.length % elementBytes !== 0) throw invalid(name, `lacks section ${id}`);
  return bytes;
}

/** The section as 32-bit numbers, in place. */
export function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

export function invalid(name: string, what: string, cause?: unknown): WeirError {
  return new WeirError('TABLE_INVALID', `table ${name} ${what}; \`npm run build:tables\` rebuilds it`, { cause });
}
