// `weir geo update`: compiles databases that the operator supplies as CSV into a table next to that of the build, which
// stays as it is. What a file does not hold (say, AS numbers) is taken over from the table in use.

import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createGunzip } from 'node:zlib';
import { toError, WeirError } from '../model/errors.ts';
import { type AddressRange, rangeOfLine } from './csv-rows.ts';
import { GeoCompiler } from './geo-compile.ts';
import { GEO_SECTION, GEO_VERSION, GeoTable } from './geo-table.ts';
import { asStored, decodeTable, encodeTable, readTable, type TableFile } from './table-file.ts';

export interface GeoUpdate {
  /** CSV files, each of countries or of AS numbers, for IPv4 or IPv6 or both; `.gz` is unpacked. */
  readonly files: readonly string[];
  /** The table to write. */
  readonly target: string;
  /** Table from which the kinds that no file holds are taken over. */
  readonly base: string;
  /** Day of the data, `2026-11-20`. */
  readonly date: string;
}

export interface GeoUpdateReport {
  readonly target: string;
  readonly date: string;
  readonly sha256: string;
  readonly kinds: readonly GeoKind[];
  readonly ranges: number;
  /** Lines that are no range: headings, comments. */
  readonly skipped: number;
  /** Ranges without a country or AS number that we understand. */
  readonly unusable: number;
  readonly bytes: number;
}

type GeoKind = 'country' | 'asn';

/** Unpacked. The largest public country database has 60 MB, the largest city database 900 MB. */
const LARGEST_FILE = 1 << 30;
const LARGEST_LINE = 4096;
/** Fewer ranges are a fragment, not a database. */
const FEWEST_RANGES = 100;
/** Share of lines that may be no range or overlap the one before: headings, comments, a few errors of the publisher. */
const TOLERATED = 0.01;

/**
 * Nothing is replaced unless the new table has been read back.
 * @throws WeirError TABLE_INVALID when a file is no such database, FILE_UNREADABLE when it cannot be read
 */
export async function updateGeo(update: GeoUpdate): Promise<GeoUpdateReport> {
  const compiler = new GeoCompiler();
  const kinds = new Set<GeoKind>();
  let skipped = 0;
  for (const file of update.files) {
    const read = await readRanges(file, compiler);
    kinds.add(read.kind);
    skipped += read.skipped;
  }
  const { ranges, unusable } = compiler.counted;
  refuse(update.files.join(', '), ranges, skipped + compiler.overlaps);
  const compiled = decodeTable(compiler.finish(update.date), 'compiled', 'geo', GEO_VERSION);
  const bytes = takeOver(compiled, readTable(update.base, 'geo', GEO_VERSION), kinds, update.date);
  const { sha256, date } = new GeoTable(asStored(decodeTable(bytes, update.target, 'geo', GEO_VERSION)), update.target);
  replaceFile(update.target, bytes);
  return { target: update.target, date, sha256, kinds: [...kinds], ranges, skipped, unusable, bytes: bytes.length };
}

function refuse(files: string, ranges: number, odd: number): void {
  if (ranges < FEWEST_RANGES) throw notUsable(files, `only ${ranges} ranges were found`);
  if (odd > ranges * TOLERATED) {
    throw notUsable(files, `${odd} lines are no range, or out of order, next to ${ranges} valid ones`);
  }
}

function notUsable(files: string, why: string): WeirError {
  return new WeirError(
    'TABLE_INVALID',
    `${files} was not taken: ${why}. Expected are sorted lines of first address, last address (or network/bits), then country code or AS number. The table in use stays.`,
  );
}

/** Feeds one file to the compiler; the first range decides what kind it is. */
async function readRanges(file: string, compiler: GeoCompiler): Promise<{ kind: GeoKind; skipped: number }> {
  let kind: GeoKind | undefined;
  let skipped = 0;
  for await (const line of linesOf(file)) {
    const range = rangeOfLine(line, line.includes(':') ? 6 : versionOfNumbers(line));
    kind ??= range === undefined ? undefined : kindOf(range);
    if (range === undefined || kind === undefined) skipped++;
    else if (kind === 'country') compiler.addCountry(range);
    else compiler.addAsn(range);
  }
  if (kind === undefined) throw notUsable(file, 'it holds neither countries nor AS numbers');
  return { kind, skipped };
}

/** Bare decimal numbers above 2^32 can only be IPv6. */
function versionOfNumbers(line: string): 4 | 6 {
  return /^"?\d{11,39}"?,/.test(line) ? 6 : 4;
}

function kindOf(range: AddressRange): GeoKind | undefined {
  const first = range.fields[0] ?? '';
  if (/^[A-Z]{2}$/.test(first) || first === '-') return 'country';
  return /^(?:AS)?\d{1,10}$/.test(first) ? 'asn' : undefined;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const stream: AsyncIterable<Buffer> = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // A pipe does not carry the reader's error on.
  let failure: Error | undefined;
  raw.on('error', (error) => {
    failure = error;
    if (stream !== raw) (stream as ReturnType<typeof createGunzip>).destroy(error);
  });
  let rest = '';
  let total = 0;
  try {
    for await (const chunk of stream) {
      total += chunk.length;
      if (total > LARGEST_FILE) throw notUsable(file, `it has more than ${LARGEST_FILE} bytes`);
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LARGEST_LINE) throw notUsable(file, 'it has a line of more than 4096 characters');
      for (const line of lines) if (line.trim() !== '') yield toText(line);
    }
  } catch (thrown) {
    if (thrown instanceof WeirError) throw thrown;
    const { message } = failure ?? toError(thrown);
    throw new WeirError('FILE_UNREADABLE', `${file} cannot be read: ${message}`, { cause: thrown });
  }
  if (rest.trim() !== '') yield toText(rest);
}

/** Chunks end anywhere, so bytes are split as Latin-1 and read as UTF-8 a line at a time. */
function toText(line: string): string {
  return Buffer.from(line.endsWith('\r') ? line.slice(0, -1) : line, 'latin1').toString('utf8');
}

const COUNTRY_SECTIONS = [
  GEO_SECTION.countryStarts4,
  GEO_SECTION.countries4,
  GEO_SECTION.countryStarts6,
  GEO_SECTION.countries6,
] as const;

function takeOver(fresh: TableFile, base: TableFile, kinds: ReadonlySet<GeoKind>, date: string): Buffer {
  const sections = new Map<number, Uint8Array>();
  for (const id of Object.values(GEO_SECTION)) {
    const kind: GeoKind = COUNTRY_SECTIONS.some((country) => country === id) ? 'country' : 'asn';
    const section = (kinds.has(kind) ? fresh : base).sections.get(String(id));
    if (section !== undefined) sections.set(id, section);
  }
  return encodeTable('geo', GEO_VERSION, date, sections);
}

/** Whole or not at all, also over a power cut. */
function replaceFile(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  // Never through a link: the folder may be another user's.
  rmSync(`${path}.part`, { force: true });
  const file = openSync(`${path}.part`, 'wx');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Day of a file's last change, for databases that state none. @throws WeirError FILE_UNREADABLE */
export function dayOfFile(path: string): string {
  try {
    return statSync(path).mtime.toISOString().slice(0, 10);
  } catch (thrown) {
    throw new WeirError('FILE_UNREADABLE', `${path} cannot be read: ${toError(thrown).message}`, { cause: thrown });
  }
}
