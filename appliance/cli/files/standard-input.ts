// A capture on standard input, plain or packed as its first bytes say, into a sink: read once, as it comes, and kept nowhere.

import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import type { CaptureDamage } from '../../model/analysis-document.ts';
import { WeirError } from '../../model/errors.ts';
import { type CaptureFile, CHUNK_BYTES, notACapture, takeUnpacked, unreadable } from './capture-file.ts';
import { adviceFor, packingOf, unpacker } from './packed-file.ts';

/** Named in the place of a file. */
export const STANDARD_INPUT = '-';
const NAME = 'standard input';
/** First bytes by which packed files are known. */
const MAGIC_BYTES = 8;

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE */
export async function readStandardInput(
  sink: FrameSink,
  withHash: boolean,
  stream: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<CaptureFile> {
  if (stream.isTTY === true)
    throw new WeirError('FILE_UNREADABLE', 'standard input is a terminal: pipe a capture into it, or name a file.');
  const reader = new CaptureReader(sink, CHUNK_BYTES);
  const input = new Input(stream, withHash ? createHash('sha256') : undefined);
  const cut = await takeAll(input, reader);
  if (reader.format === undefined) throw new WeirError('NOT_A_CAPTURE', notACapture(NAME, input.bytes));
  const { format, digits, furtherHeaders } = reader;
  const sha256 = input.hash?.digest('hex') ?? null;
  const read = { path: STANDARD_INPUT, bytes: input.bytes, sha256, format, digits, damage: cut ?? reader.finish() };
  return furtherHeaders === undefined ? read : { ...read, further_headers: furtherHeaders };
}

async function takeAll(input: Input, reader: CaptureReader): Promise<CaptureDamage | null> {
  const packing = packingOf(await input.magic());
  if (packing === undefined) {
    for await (const piece of input.pieces()) reader.push(piece);
    return null;
  }
  const unpacked = unpacker(packing);
  if (unpacked === undefined) throw new WeirError('NOT_A_CAPTURE', adviceFor(NAME, packing));
  const source = Readable.from(input.pieces(), { objectMode: false });
  source.on('error', (error) => unpacked.destroy(error));
  return await takeUnpacked(source.pipe(unpacked), packing, () => input.bytes, reader);
}

/** Counts and hashes what comes. */
class Input {
  readonly hash: Hash | undefined;
  readonly #source: AsyncIterator<Uint8Array>;
  /** Read to see what it is, and not handed on yet. */
  #first: Uint8Array = new Uint8Array(0);
  bytes = 0;

  constructor(stream: Readable, hash: Hash | undefined) {
    this.#source = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    this.hash = hash;
  }

  /** Fewer where it is shorter. */
  async magic(): Promise<Uint8Array> {
    while (this.#first.length < MAGIC_BYTES) {
      const piece = await this.#next();
      if (piece === undefined) break;
      this.#first = Buffer.concat([this.#first, piece]);
    }
    return this.#first.subarray(0, MAGIC_BYTES);
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    yield this.#first;
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) yield piece;
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#source.next();
      if (done === true) return undefined;
      this.bytes += value.length;
      this.hash?.update(value);
      return value;
    } catch (thrown) {
      throw unreadable(NAME, thrown);
    }
  }
}
