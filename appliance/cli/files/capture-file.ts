// Reads one capture file from disk, once, in pieces of 1 MiB, into a sink. gzip (and zstd, where Node can) is unpacked on the
// way, with a limit; of other packed files the message names the program that unpacks them.

import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Transform } from 'node:stream';
import { borrowBuffer, returnBuffer } from '../../analysis/kernel/payload-kernel.ts';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import type { CaptureDamage, FurtherHeaders } from '../../model/analysis-document.ts';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { adviceFor, packingOf, unpacker } from './packed-file.ts';

export interface CaptureFile {
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
  readonly sha256: string | null;
  readonly format: 'pcap' | 'pcapng';
  readonly digits: number;
  readonly damage: CaptureDamage | null;
  /** Where files were joined end to end. */
  readonly further_headers?: FurtherHeaders;
}

export const CHUNK_BYTES = 1024 * 1024;
/** A packed file may unpack to so many times its size (plus one chunk): captures reach 20, bombs a thousand. */
const MAX_RATIO = 200;

/**
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE
 */
export async function readCaptureFile(path: string, sink: FrameSink, withHash = true): Promise<CaptureFile> {
  const file = open(path);
  const buffer = borrowBuffer(CHUNK_BYTES);
  try {
    const reader = new CaptureReader(sink, CHUNK_BYTES, buffer);
    const hash = withHash ? createHash('sha256') : undefined;
    const packing = readPacking(file);
    const unpacked = packing === undefined ? undefined : unpacker(packing);
    if (packing !== undefined && unpacked === undefined) throw new WeirError('NOT_A_CAPTURE', adviceFor(path, packing));
    const { size } = fstatSync(file);
    const cut =
      unpacked === undefined
        ? readPlain(path, file, reader, hash)
        : await unpack({ path, size, stream: unpacked, packing: packing ?? '' }, reader, hash);
    if (reader.format === undefined) throw new WeirError('NOT_A_CAPTURE', notACapture(path, size));
    const sha256 = hash?.digest('hex') ?? null;
    const { format, digits, furtherHeaders } = reader;
    const read = { path, bytes: size, sha256, format, digits, damage: cut ?? reader.finish() };
    return furtherHeaders === undefined ? read : { ...read, further_headers: furtherHeaders };
  } finally {
    returnBuffer(buffer);
    closeSync(file);
  }
}

/** Looked at before it is opened: opening a pipe waits for its other end. */
function open(path: string): number {
  try {
    const facts = statSync(path);
    if (facts.isFile()) return openSync(path, 'r');
    const kind = facts.isDirectory() ? 'a folder' : 'no ordinary file';
    throw new WeirError('FILE_UNREADABLE', `${path} is ${kind}, so it is not read. Name a capture file.`);
  } catch (thrown) {
    if (thrown instanceof WeirError) throw thrown;
    throw unreadable(path, thrown);
  }
}

/** An error of the system in the words of people. */
export function unreadable(path: string, cause: unknown): WeirError {
  const code = systemCode(cause);
  const reason = (code === undefined ? undefined : REASONS[code]) ?? toError(cause).message;
  return new WeirError('FILE_UNREADABLE', `${path} cannot be read: ${reason}.`, { cause });
}

/** What people call the usual errors of open(2) and read(2). */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'no permission',
  EIO: 'the disk reports an error (EIO)',
};

function readPacking(file: number): string | undefined {
  const magic = new Uint8Array(8);
  return packingOf(magic.subarray(0, readSync(file, magic, 0, 8, 0)));
}

export function notACapture(path: string, size: number): string {
  if (size === 0) return `${path} is empty: no capture was written to it.`;
  if (size < 24) return `${path} has only ${size} bytes: a capture's file header has 24.`;
  return `${path} is neither pcap nor pcapng: nothing was read from it.`;
}

function readPlain(path: string, file: number, reader: CaptureReader, hash: Hash | undefined): null {
  for (;;) {
    const space = reader.space();
    const bytes = readInto(path, file, space);
    if (bytes === 0) return null;
    hash?.update(space.subarray(0, bytes));
    reader.filled(bytes);
  }
}

function readInto(path: string, file: number, space: Uint8Array): number {
  try {
    return readSync(file, space, 0, space.length, null);
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly stream: Transform;
  readonly packing: string;
}

/** What was unpacked before an error or before the limit is analysed; the rest is damage. */
async function unpack(
  { path, size, stream, packing }: PackedFile,
  reader: CaptureReader,
  hash: Hash | undefined,
): Promise<CaptureDamage | null> {
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (hash !== undefined) source.on('data', (piece) => hash.update(piece));
  const plain = source.pipe(stream);
  source.on('error', (error) => plain.destroy(error));
  return await takeUnpacked(plain, packing, () => size, reader);
}

/** `packed`: bytes that it may have been unpacked from so far. */
export async function takeUnpacked(
  plain: Transform,
  packing: string,
  packed: () => number,
  reader: CaptureReader,
): Promise<CaptureDamage | null> {
  let unpacked = 0;
  try {
    for await (const piece of plain as AsyncIterable<Uint8Array>) {
      unpacked += piece.length;
      if (unpacked > packed() * MAX_RATIO + CHUNK_BYTES)
        return damage(reader, unpacked, `unpacks to more than ${MAX_RATIO} times its size`);
      reader.push(piece);
    }
    return null;
  } catch (thrown) {
    return damage(reader, unpacked, `${packing}: ${toError(thrown).message}`);
  }
}

function damage(reader: CaptureReader, offset: number, reason: string): CaptureDamage {
  return { offset, after_packet: reader.packets, reason };
}
